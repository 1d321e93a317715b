"""What is said of a cohort whose source is wrong names its own key, and no path of this machine."""

from pathlib import Path

import pytest

from tasks.core.errors import ParamsError, SourceError
from tasks.core.external_cohort import cohort_error, fault_in_words, fault_of, source_of
from tests.cohorts import evaluate_params


def error_at(place: str) -> SourceError:
    return SourceError(
        "ingest.source must exist",
        found=f"no such file, {place}",
        where=place,
        next_step=f"set ingest.source, not {place}",
    )


def test_a_fault_names_the_key_of_the_cohort_in_place_of_paths() -> None:
    place = str(Path.cwd().parent / "clinic.zip")
    fault = fault_of(error_at(place), "clinic", place)
    assert fault == {
        "rule": "evaluate.external.clinic must exist",
        "found": "no such file, evaluate.external.clinic",
        "next_step": "set evaluate.external.clinic, not evaluate.external.clinic",
    }
    assert fault_in_words(fault).startswith("evaluate.external.clinic must exist; found: no such")


def test_the_current_folder_is_taken_out_too() -> None:
    fault = fault_of(error_at(f"{Path.cwd()}/films"), "clinic", "films")
    assert fault["found"] == "no such file, ./films"


def test_an_error_states_where_the_cohort_is_named() -> None:
    error = cohort_error(error_at("films"), "clinic")
    assert error.rule == "evaluate.external.clinic must exist"
    assert error.where == "films (evaluate.external.clinic)"


def test_an_unknown_cohort_is_an_error_that_lists_the_known_ones() -> None:
    params = evaluate_params(external={"clinic": "films", "other": "o"})
    assert source_of(params, "other") == "o"
    with pytest.raises(ParamsError, match="third; the keys are clinic, other"):
        source_of(params, "third")
