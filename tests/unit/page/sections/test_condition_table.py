"""The locked threshold under other conditions: asked, found, and which films chose it."""

from typing import Any

from tasks.evaluate.contract.conditions import CHANGES
from tasks.page.sections.condition_table import CONDITION_TITLES
from tasks.page.sections.home_sections import operating_point_section
from tests.evaluation_cases import inputs_of
from tests.report_inputs import THRESHOLD_ON


def section_with(choice: dict[str, Any]) -> Any:
    inputs = inputs_of()
    point = inputs.evaluation["operating_point"] | {"threshold_on": choice}
    return operating_point_section(
        inputs_of(evaluation={**inputs.evaluation, "operating_point": point})
    )


def test_each_condition_is_a_row_with_its_intervals() -> None:
    found = section_with(THRESHOLD_ON)
    points, conditions = found.tables
    assert points.label == "All operating points"
    assert [row[0] for row in conditions.rows] == [
        *("as they are", "darker (gamma 1.4)", "brighter (gamma 1/1.4)"),
    ]
    assert conditions.rows[1][1:] == [
        THRESHOLD_ON["conditions"][1]["sensitivity"],
        THRESHOLD_ON["conditions"][1]["specificity"],
    ]
    assert "The interval counts patients" in found.notes[0]


def test_the_sentence_says_what_was_asked_and_found_and_what_calibrates() -> None:
    (_, sentence) = section_with(THRESHOLD_ON).sentences
    assert sentence == (
        "The rules looked at the mean over 3 conditions of the validation films. Sensitivity: "
        "asked 0.97, found between 0.93 and 0.99 over these conditions. "
        "Specificity: found between 0.88 and 0.94. Whatever chooses the threshold, the "
        "probabilities are calibrated on the validation films as they are."
    )
    worst = section_with(THRESHOLD_ON | {"rule": "conditions_worst"}).sentences[1]
    assert "the worst of 3 conditions" in worst


def test_without_other_conditions_there_is_a_sentence_and_no_table() -> None:
    alone = {"rule": "validation", "conditions": THRESHOLD_ON["conditions"][:1]}
    found = section_with(alone)
    assert len(found.tables) == 1
    assert len(found.notes) == 1
    assert found.sentences[1].startswith(
        "The rules looked at the validation films as they are. Other conditions of the films were"
        " not tried: evaluate.threshold_on"
    )


def test_every_change_has_a_title() -> None:
    assert set(CONDITION_TITLES) == {"unchanged", *CHANGES}
