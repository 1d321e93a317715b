"""`evaluate.negative_class` is read in one form, as the layouts form the labels."""

import json
from pathlib import Path

import pytest

from tasks.core.params import load_params
from tests.unit.core.params.shipped import changed, fault_of


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("NORMAL", "NORMAL"),
        ("Normal", "NORMAL"),
        ("no_finding ", "NO FINDING"),
        (0, "0"),
        ("0", "0"),
        (None, None),  # no class means "no finding"
    ],
)
def test_any_form_of_the_name_is_read(tmp_path: Path, written: object, form: str | None) -> None:
    params = load_params(changed(tmp_path, "evaluate.negative_class", written))
    assert params.evaluate.negative_class == form


@pytest.mark.parametrize("written", [False, 0.0, ["NORMAL"], "", " _ "])
def test_what_is_no_name_is_a_fault(tmp_path: Path, written: object) -> None:
    fault = fault_of(changed(tmp_path, "evaluate.negative_class", written))
    assert fault.startswith("evaluate.negative_class: ")


def test_a_class_of_a_cohort_cannot_be_mapped_twice(tmp_path: Path) -> None:
    two_forms = {"Covid_19": "PNEUMONIA", "COVID 19": None}
    path = changed(tmp_path, "evaluate.external", {"clinic": "films"})
    text = path.read_text("utf-8").replace(
        "external_classes: {}", f"external_classes: {{clinic: {json.dumps(two_forms)}}}"
    )
    path.write_text(text, "utf-8")
    assert "COVID 19 stands twice, in two forms of its name" in fault_of(path)


@pytest.mark.parametrize("cost", [float("inf"), 1e308])
def test_the_cost_of_a_missed_finding_can_be_added_up(tmp_path: Path, cost: float) -> None:
    fault = fault_of(changed(tmp_path, "evaluate.missed_finding_cost", cost))
    assert "less than or equal to 1000000" in fault
