"""Section on every class by itself: matrix, metrics of each class, means, confusions."""

from tasks.page.evaluation.page_section import CallMatrix, Cell, DataTable, PageSection, metric_row
from tasks.page.evaluation.statement import Finding, estimate_of

_CLASS_METRICS = ("precision", "recall", "f1", "auroc")


def class_section(evaluation: Finding) -> PageSection:
    """Every class by itself: matrix, metrics of each class, means, confusions.

    Args:
        evaluation: Content of `reports/<model>/evaluation.json`.
    """
    view = evaluation["classes_view"]["test"]
    return PageSection(
        "classes",
        "Every class by itself",
        (
            "A film is called its most probable class here, whatever the operating point. Test "
            "films, one-versus-rest AUROC, 95 % intervals.",
        ),
        CallMatrix(view["labels"], view["matrix"]),
        (_class_table(view), _whole_table(evaluation["classes_view"]), _confusions(view)),
    )


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


def _confusions(view: Finding) -> DataTable:
    rows = [
        [f"{one['truth']} called {one['called']}", one["n_images"], one["share"]]
        for one in view["top_confusions"]
    ]
    return DataTable(
        "The most frequent confusions", ("Confusion", "Films", "Share of the class"), rows
    )
