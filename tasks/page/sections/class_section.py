"""Section on every class by itself: metrics of each class, and their means."""

from tasks.page.figure_text import Finding, estimate_of
from tasks.page.page_inputs import PageInputs
from tasks.page.sections.page_section import Cell, DataTable, PageSection, metric_row

_CLASS_METRICS = ("precision", "recall", "f1", "auroc")


def class_section(inputs: PageInputs) -> PageSection:
    """Every class by itself: metrics of each class against the rest, and their means."""
    views = inputs.evaluation["classes_view"]
    sentences = [
        "Each class against all others. A film is called its most probable class; 95 % intervals "
        "by patient."
    ]
    if inputs.evaluation["negative_class"] is not None:
        sentences.append(
            "With two classes that is a threshold of one half, so these numbers differ from those "
            "at the operating point."
            if len(views["test"]["labels"]) == 2
            else "So these numbers differ from those at the operating point."
        )
    tables = (_class_table(views["test"]), _whole_table(views))
    return PageSection("classes", "Every class by itself", sentences, tables=tables)


def _class_table(view: Finding) -> DataTable:
    rows: list[list[Cell]] = [
        [row["name"], row["n_images"], row["n_patients"], *metric_row("", row, _CLASS_METRICS)[1:]]
        for row in view["per_class"]
    ]
    n_films = sum(row["n_images"] for row in view["per_class"])
    for name, key in (
        ("mean of the classes (macro)", "macro"),
        ("mean by films (weighted)", "weighted"),
    ):
        rows.append([name, n_films, "", *metric_row("", view.get(key), _CLASS_METRICS)[1:]])
    head = ("Class", "Films", "Patients", "Precision", "Recall", "F1", "AUROC")
    return DataTable("Metrics of each class on test", head, rows)


def _whole_table(views: Finding) -> DataTable:
    rows: list[list[Cell]] = [
        [title, *(estimate_of(views.get(split), key) for split in ("test", "validation"))]
        for title, key in (("Accuracy", "accuracy"), ("Balanced accuracy", "balanced_accuracy"))
    ]
    return DataTable("All classes together", ("Metric", "Test", "Validation"), rows)
