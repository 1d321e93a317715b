"""Sections on test films that were changed: without lungs, and disturbed."""

from tasks.core.html.number_format import format_number
from tasks.page.figure_text import NOT_COMPUTABLE, Finding, estimate_of
from tasks.page.page_inputs import PageInputs
from tasks.page.sections.page_section import Cell, DataTable, PageSection
from tasks.page.weakness_rules.travel_rules import CONTROL_TITLES

FLOOR_TITLES = {
    "min_auroc": "lowest AUROC at strength 1 and 2",
    "max_auroc_loss": "largest loss of AUROC at strength 1 and 2",
    "max_auroc_without_lungs": "AUROC with the lungs blanked",
}


def control_section(inputs: PageInputs) -> PageSection:
    """What is left of the AUROC when the lungs are taken away."""
    found = inputs.robustness
    home = estimate_of(found, "home", "auroc")
    rows: list[list[Cell]] = [["whole films", "everything", home]]
    rows += [
        [CONTROL_TITLES[one["name"]], one["what_is_left"], estimate_of(one, "auroc")]
        for one in found["controls"]
    ]
    return PageSection(
        "controls",
        "Without the lungs",
        (
            "The same network on changed test films. With the lungs blanked, or on the border "
            "only, no lung is left: a score that is left there does not come from the lungs. "
            "Shuffled patches and thumbnails still hold the lungs, without anatomy or detail. "
            "An AUROC of 0.5 is guessing.",
        ),
        tables=(DataTable("Negative controls", ("Films", "What is left", "AUROC"), rows),),
    )


def robustness_section(inputs: PageInputs) -> PageSection:
    """AUROC under each disturbance at five strengths, and the floors."""
    found = inputs.robustness
    by_name: dict[str, list[Finding]] = {}
    for one in found["grid"]:
        by_name.setdefault(one["disturbance"], []).append(one)
    strengths = sorted({one["strength"] for one in found["grid"]})
    rows = [[name, *_strength_cells(cells, strengths)] for name, cells in by_name.items()]
    head = ("Disturbance", *(f"Strength {strength}" for strength in strengths))
    floors = [
        [FLOOR_TITLES[one["name"]], one["limit"], one["found"], "yes" if one["passed"] else "no"]
        for one in found["floors"]
        if one["limit"] is not None
    ]
    tables = [DataTable("AUROC on disturbed test films, and its change (in brackets)", head, rows)]
    note = "No limit is set (evaluate.robustness in params.yaml)."
    if floors:
        tables.append(DataTable("Limits", ("Limit", "Set", "Found", "Kept"), floors))
    return PageSection(
        "robustness", "Disturbed films", tables=tables, notes=() if floors else (note,)
    )


def _strength_cells(cells: list[Finding], strengths: list[int]) -> list[Cell]:
    texts = {one["strength"]: _loss_text(one) for one in cells}
    return [texts.get(strength) for strength in strengths]


def _loss_text(one: Finding) -> str | None:
    auroc, loss = estimate_of(one, "auroc")["value"], estimate_of(one, "loss")["value"]
    if auroc is None:
        return None
    change = NOT_COMPUTABLE if loss is None else _change_text(-loss)
    return f"{format_number(auroc)} ({change})"


def _change_text(change: float) -> str:
    """A change with its sign and three digits.

    Example:
        >>> _change_text(0.0124), _change_text(-0.00004)
        ('+0.012', '0.000')
    """
    text = f"{change:+.3f}"
    return "0.000" if float(text) == 0 else text.replace("-", "\N{MINUS SIGN}")
