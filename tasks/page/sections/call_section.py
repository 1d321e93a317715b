"""Section on the calls: every film by its truth and its call; each cell leads to its films."""

from collections.abc import Sequence

from tasks.core.html.number_format import EstimateJson, format_number
from tasks.page.figure_text import Finding, bounds_of, estimate_of
from tasks.page.page_inputs import PageInputs
from tasks.page.page_text import finding_name, normal_name
from tasks.page.sections.page_section import CallMatrix, DataTable, MatrixCell, PageSection

_CAPTION = (
    "Test films by true class (row) and called class (column). Share of the row, 95 % interval."
)


def call_section(inputs: PageInputs) -> PageSection:
    """The matrix: two-sided with two classes and a negative one, else by the likeliest class."""
    evaluation = inputs.evaluation
    if evaluation["negative_class"] is not None and len(evaluation["classes"]) == 2:
        threshold = format_number(evaluation["operating_point"]["threshold"], 3)
        sentence = f"Calls at the operating point: {threshold} or more is called positive."
        return PageSection("calls", "Its calls", (sentence,), side_matrix(evaluation))
    view = evaluation["classes_view"]["test"]
    sentence = "A film is called its most probable class."
    if evaluation["negative_class"] is not None:
        sentence = "A film is called its most probable class here, whatever the operating point."
    return PageSection("calls", "Its calls", (sentence,), _class_matrix(view), (_confusions(view),))


def side_matrix(evaluation: Finding) -> CallMatrix:
    """Any finding against none, at the operating point."""
    test, c = evaluation["test"], evaluation["test"]["confusion"]
    sensitivity, specificity = estimate_of(test, "sensitivity"), estimate_of(test, "specificity")
    cells = {
        "TP": MatrixCell(c["tp"], sensitivity, {"outcome": "TP"}),
        "FN": MatrixCell(c["fn"], _rest_of(sensitivity), {"outcome": "FN"}),
        "FP": MatrixCell(c["fp"], _rest_of(specificity), {"outcome": "FP"}),
        "TN": MatrixCell(c["tn"], specificity, {"outcome": "TN"}),
    }
    return CallMatrix(
        (finding_name(evaluation), normal_name(evaluation)),
        ((cells["TP"], cells["FN"]), (cells["FP"], cells["TN"])),
        (c["tp"] + c["fn"], c["fp"] + c["tn"]),
        _CAPTION,
    )


def _rest_of(share: EstimateJson) -> EstimateJson:
    """1 less a share, with its interval."""
    ends, value = bounds_of(share), share["value"]
    low, high = (None, None) if ends is None else (1 - ends[1], 1 - ends[0])
    return {"value": None if value is None else 1 - value, "low": low, "high": high}


def _class_matrix(view: Finding) -> CallMatrix:
    labels: Sequence[str] = view["labels"]
    rows = [
        [
            MatrixCell(n, _share(view, k, j), {"truth": truth, "called": labels[j]})
            for j, n in enumerate(view["matrix"][k])
        ]
        for k, truth in enumerate(labels)
    ]
    return CallMatrix(labels, rows, [sum(row) for row in view["matrix"]], _CAPTION)


def _share(view: Finding, row: int, column: int) -> EstimateJson:
    share: EstimateJson = view["shares"][row][column]
    return share


def _confusions(view: Finding) -> DataTable:
    rows = [
        [f"{one['truth']} called {one['called']}", one["n_images"], one["share"]]
        for one in view["top_confusions"]
    ]
    return DataTable(
        "The most frequent confusions", ("Confusion", "Films", "Share of the class"), rows
    )
