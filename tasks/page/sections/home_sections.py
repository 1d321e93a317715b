"""Sections on two sides of the home films: any finding against none, thresholds, patients."""

from collections.abc import Sequence

from tasks.core.html.number_format import format_number, format_percent
from tasks.page.figure_text import Finding, estimate_of
from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import finding_name, normal_name, point_text
from tasks.page.sections.call_section import side_matrix
from tasks.page.sections.condition_table import (
    choice_sentences,
    condition_notes,
    condition_tables,
)
from tasks.page.sections.curve_plots import plot_decision_curve
from tasks.page.sections.page_section import (
    Cell,
    DataTable,
    PageSection,
    Plot,
    PlotData,
    metric_row,
    missing_section,
)
from tasks.page.weakness_rules.number_rules import METRIC_TITLES

POINT_TITLES = {
    "half": "probability of one half",
    "youden": "Youden: highest sensitivity + specificity",
    "target_sensitivity": "target sensitivity",
    "target_specificity": "target specificity",
    "cost_weighted": "lowest cost",
}
_EVERY_TENTH = slice(9, None, 10)  # thresholds in the table of the decision curve
_ON_VALIDATION = ("sensitivity", "specificity")
_ON_TEST = ("sensitivity", "specificity", "ppv", "npv", "accuracy", "f1")
_POINT_HEAD = (
    *("Rule", "Threshold", "Sensitivity, validation", "Specificity, validation"),
    *("Sensitivity, test", "Specificity, test", "PPV, test", "NPV, test", "Accuracy, test"),
    "F1, test",
)
_NO_NEGATIVE = (
    "No class means “no finding” (evaluate.negative_class is null), so there is no two-sided "
    "view, no operating point and no outcome such as a false alarm."
)


def finding_section(inputs: PageInputs) -> PageSection:
    """Any finding against none, at the chosen operating point: its metrics."""
    evaluation = inputs.evaluation
    title = "Any finding against none"
    if evaluation["negative_class"] is None:
        return missing_section("finding", title, _NO_NEGATIVE)
    finding, normal = finding_name(evaluation), normal_name(evaluation)
    point = evaluation["operating_point"]
    threshold = format_number(point["threshold"], 3)
    return PageSection(
        "finding",
        title,
        (
            f"Positive means {finding}, negative means {normal}. A film is called positive if its "
            f"probability is {threshold} or more. {point_text(point)}",
        ),
        side_matrix(evaluation) if len(evaluation["classes"]) > 2 else None,
        (_metric_table(evaluation),),
        notes=evaluation["test"].get("gaps", ()),
    )


def _metric_table(evaluation: Finding) -> DataTable:
    test, validation = evaluation["test"], evaluation["validation"]
    rows: list[list[Cell]] = [
        ["Films", test["n_images"], validation["n_images"]],
        ["Patients", test["n_patients"], validation["n_patients"]],
        ["Films with a finding", test["n_positive"], validation["n_positive"]],
    ]
    rows += [
        [name[0].upper() + name[1:], estimate_of(test, key), estimate_of(validation, key)]
        for key, name in METRIC_TITLES.items()
        if key in test
    ]
    return DataTable("Metrics at the operating point", ("Metric", "Test", "Validation"), rows)


def operating_point_section(inputs: PageInputs) -> PageSection:
    """All operating points; the one that calls the films is marked."""
    points, point = inputs.evaluation["operating_points"], inputs.evaluation["operating_point"]
    chosen = [number for number, point in enumerate(points.values()) if point["chosen"]]
    rows = [_point_row(name, point) for name, point in points.items()]
    return PageSection(
        "operating-points",
        "Operating points",
        (
            "Every threshold was chosen on the validation films and written to the contract of "
            "the model; only then did it judge test films. The marked row calls the films.",
            *choice_sentences(point),
        ),
        tables=(
            DataTable("All operating points", _POINT_HEAD, rows, chosen[0]),
            *condition_tables(point),
        ),
        notes=(*condition_notes(point), f"SHA-256 of the contract: {inputs.contract_sha256}"),
    )


def _point_row(name: str, point: Finding) -> list[Cell]:
    return [
        _point_name(name, point),
        point["threshold"],
        *metric_row("", point["validation"], _ON_VALIDATION)[1:],
        *metric_row("", point["test"], _ON_TEST)[1:],
    ]


def _point_name(name: str, point: Finding) -> str:
    title = POINT_TITLES.get(name, name)
    return f"{title} (chosen)" if point["chosen"] else title


def patient_section(inputs: PageInputs) -> PageSection:
    """The same network judged by patient, not by film."""
    views = inputs.evaluation["per_patient"]
    metrics = ("auroc", "sensitivity", "specificity", "accuracy")
    rows: list[Sequence[Cell]] = [
        [split, view["n_patients"], view["n_positive"], *metric_row("", view, metrics)[1:]]
        for split, view in views.items()
    ]
    head = (
        "Split",
        "Patients",
        "With a finding",
        "AUROC",
        "Sensitivity",
        "Specificity",
        "Accuracy",
    )
    rule = views["test"]["rule"]
    return PageSection(
        "patients",
        "By patient",
        (rule,),
        tables=(DataTable("Metrics by patient", head, rows),),
    )


def prevalence_section(inputs: PageInputs) -> PageSection:
    """What a call is worth where fewer or more films have a finding."""
    rows = [
        [format_percent(row["prevalence"]), row["ppv"], row["npv"]]
        for row in inputs.evaluation["prevalences"]
    ]
    curve = inputs.evaluation["decision_curve"]
    return PageSection(
        "prevalences",
        "Where the finding is rarer or more frequent",
        (
            "Sensitivity and specificity of the test films, with another share of films with a "
            "finding. PPV: share of the films called positive that have it. NPV: share of the "
            "films called negative that do not.",
        ),
        tables=(DataTable("Predictive values", ("Share with a finding", "PPV", "NPV"), rows),),
        plots=(_decision_plot(curve),) if curve else (),
    )


def _decision_plot(curve: Sequence[Finding]) -> Plot:
    rows = [
        [format_number(one["threshold"]), one["net_benefit"], one["treat_all"]]
        for one in curve[_EVERY_TENTH]
    ]
    return Plot(
        plot_decision_curve(curve),
        "Decision curve.",
        "Net benefit of following the network, against calling every film positive and none. "
        "Right: false alarms cost more against a missed finding.",
        PlotData(("Threshold probability", "The network", "Call every film positive"), rows),
    )
