"""`cohort.json` says whether a cohort can be judged, and what weakens its numbers."""

from typing import Any

import pandas as pd
import pytest

from tasks.core.tables import EXCLUDED_SCHEMA, SAMPLES_SCHEMA
from tasks.resample.external.cohort_summary import UNJUDGEABLE, summarise_cohort
from tasks.resample.external.external_films import ChosenFilms
from tasks.validate.suite import build_suite
from tests.cohorts import squares_cohort
from tests.films import ROOT

TABLE: dict[str, str | None] = {"NORMAL": "NORMAL", "COVID": "PNEUMONIA"}
SAMPLES = squares_cohort({"external": 40})  # 40 films of each class
NOTHING = pd.DataFrame(columns=EXCLUDED_SCHEMA.names)


def expectation(name: str, passed: bool = False, severity: str = "error") -> dict[str, Any]:
    words = {"title": f"title of {name}", "observed": "7 %", "threshold": "at most 5 %"}
    return {"name": name, "passed": passed, "severity": severity, **words}


def summary(
    samples: pd.DataFrame = SAMPLES,
    table: dict[str, str | None] = TABLE,
    broken: tuple[str, ...] = (),
    fault: dict[str, str] | None = None,
    excluded: pd.DataFrame = NOTHING,
    n_in_test: int = 0,
) -> dict[str, Any]:
    manifest = pd.DataFrame({"status": ["ok"] * (len(samples) + len(excluded)), "reason": None})
    chosen = ChosenFilms(samples, excluded, n_in_test)
    validation = {"expectations": [expectation(name) for name in broken]}
    return summarise_cohort("clinic", manifest, chosen, table, validation, fault)


def test_a_sound_cohort_is_judged_without_notes() -> None:
    found = summary()
    assert (found["status"], found["gap"], found["notes"]) == ("judged", None, [])
    assert found["counts"]["chosen_by_class"] == {"NORMAL": 40, "PNEUMONIA": 40}
    assert found["counts"]["patients"] == 40


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"broken": ("few_rejected",)}, "few_rejected: 7 %, accepted: at most 5 %"),
        ({"table": {"TB": None, "HERNIA": None}}, "none of the classes TB, HERNIA; next: map them"),
        (
            {"fault": {"rule": "films must be there", "found": "none", "next_step": "add"}},
            "films must be there; found: none; next: add",
        ),
    ],
)
def test_what_no_metric_survives_is_a_gap(changes: dict[str, Any], words: str) -> None:
    found = summary(**changes)
    assert found["status"] == "gap"
    assert words in found["gap"]


def test_a_cohort_of_which_no_film_is_left_is_a_gap_with_the_reasons() -> None:
    excluded = pd.DataFrame({"path": ["a", "b"], "reason": ["also_in_training", "duplicate"]})
    found = summary(pd.DataFrame(columns=SAMPLES_SCHEMA.names), excluded=excluded)
    assert found["gap"] == "no film is left to judge: also_in_training 1, duplicate 1"


def test_what_weakens_the_numbers_is_a_note() -> None:
    one_class = SAMPLES[SAMPLES["label"] == "NORMAL"].head(6)
    found = summary(one_class, TABLE | {"TB": None}, broken=("two_classes",), n_in_test=3)
    assert found["status"] == "judged"
    assert found["broken"] == ["two_classes"]
    first, *notes = found["notes"]
    assert first == "Not met: title of two_classes (found two_classes: 7 %, accepted: at most 5 %)"
    assert [note.split(":")[0] for note in notes] == [
        "The model has no class for TB",
        "All films are NORMAL",
        "Fewer than 30 films",
        "3 films are in the test split at home too",
    ]


def test_the_faults_are_names_of_the_gate() -> None:
    from tasks.core.params import load_params

    rules = build_suite(load_params(ROOT / "params.yaml").validate_, min_side_px=64)
    assert {rule.name for rule in rules if rule.severity == "error"} >= UNJUDGEABLE
