"""`evaluate.negative_class` is read in one form, as the layouts form the labels."""

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
    ],
)
def test_any_form_of_the_name_is_read(tmp_path: Path, written: object, form: str) -> None:
    params = load_params(changed(tmp_path, "evaluate.negative_class", written))
    assert params.evaluate.negative_class == form


@pytest.mark.parametrize("written", [False, 0.0, None, ["NORMAL"], "", " _ "])
def test_what_is_no_name_is_a_fault(tmp_path: Path, written: object) -> None:
    fault = fault_of(changed(tmp_path, "evaluate.negative_class", written))
    assert fault.startswith("evaluate.negative_class: ")
