"""What the locked threshold reaches on the validation films as other machines would show them."""

from collections.abc import Sequence

from tasks.core.threshold_words import asked_and_found, choosing_films
from tasks.page.figure_text import Finding, estimate_of
from tasks.page.sections.page_section import Cell, DataTable

CONDITION_TITLES = {
    "unchanged": "as they are",
    "halved": "with half of the pixels of each side",
    "sharpened": "sharpened by 50 %",
    "compressed": "as JPEG of quality 15",
    "noisy": "with noise of 8 grey levels",
    "darker": "darker (gamma 1.4)",
    "lighter": "brighter (gamma 1/1.4)",
    "closer": "closer: the inner 85 % of each side",
    "farther": "farther: 85 % of each side, black around",
}
_NOT_TRIED = (
    "Other conditions of the films were not tried: evaluate.threshold_on in params.yaml is "
    "validation."
)
_CALIBRATED = (
    "Whatever chooses the threshold, the probabilities are calibrated on the validation films as "
    "they are."
)
_IN_SAMPLE = (
    "A condition is one change of all validation films, as if one other machine had made them. "
    "The interval counts patients. The same films chose the threshold, and real machines differ "
    "in more ways: the external cohorts show that."
)


def choice_sentences(point: Finding) -> Sequence[str]:
    """Which films chose the thresholds, and what was asked and found."""
    found = asked_and_found(point) or _NOT_TRIED
    return (f"The rules looked at {choosing_films(point)}. {found} {_CALIBRATED}",)


def condition_tables(point: Finding) -> Sequence[DataTable]:
    """One row for each condition; no table where only the films as they are were tried."""
    conditions = point["threshold_on"]["conditions"]
    if len(conditions) < 2:
        return ()
    rows: list[Sequence[Cell]] = [
        [
            CONDITION_TITLES.get(one["name"], one["name"]),
            estimate_of(one, "sensitivity"),
            estimate_of(one, "specificity"),
        ]
        for one in conditions
    ]
    head = ("Validation films", "Sensitivity", "Specificity")
    return (DataTable("The chosen threshold under other conditions", head, rows),)


def condition_notes(point: Finding) -> Sequence[str]:
    """What the table cannot show; nothing without a table."""
    return (_IN_SAMPLE,) if condition_tables(point) else ()
