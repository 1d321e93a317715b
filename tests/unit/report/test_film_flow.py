from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from tasks.core.errors import TableError
from tasks.report.film_flow import FilmCount, check_gate, check_models, flow_steps, follow_films

Tables = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]


def tables() -> Tables:
    """Seven files: one broken, one duplicate, five in the cohort; p1 has two films."""
    manifest = pd.DataFrame(
        {
            "path": list("abcdefg"),
            "status": ["ok"] * 6 + ["rejected"],
            "reason": [None] * 6 + ["unreadable"],
            "layout": "class_folders",
            "is_synthetic": True,
        }
    )
    samples = pd.DataFrame(
        {
            "path": list("abcde"),
            "label": ["NORMAL", "NORMAL", "PNEUMONIA", "PNEUMONIA", "NORMAL"],
            "patient_id": ["p1", "p1", "p2", "p3", "p4"],
            "group_id": ["p1", "p1", "p2", "p3", "p4"],
            "split": ["train", "train", "train", "val", "test"],
        }
    )
    return manifest, samples, pd.DataFrame({"path": ["f"], "reason": ["duplicate"]})


def test_counts_of_seven_files_by_hand() -> None:
    flow = follow_films(*tables())
    assert (flow.n_found, flow.n_usable, flow.n_cohort) == (7, 6, 5)
    assert flow.rejected == {"unreadable": 1}
    assert flow.excluded == {"duplicate": 1}
    assert flow.by_class["NORMAL"]["train"] == FilmCount(2, 1)
    assert flow.by_class["PNEUMONIA"]["test"] == FilmCount(0, 0)
    assert flow.totals["total"] == FilmCount(5, 4)


def test_patients_with_near_duplicates_count_as_one() -> None:
    manifest, samples, excluded = tables()
    samples.loc[2, "group_id"] = "p1"
    assert follow_films(manifest, samples, excluded).totals["train"] == FilmCount(3, 1)


def test_bars_cover_the_films_found() -> None:
    steps = {step.label: step for step in flow_steps(follow_films(*tables()))}
    assert steps["rejected: unreadable"].start == pytest.approx(6 / 7)
    assert steps["excluded: duplicate"].start == pytest.approx(5 / 7)
    assert (steps["training"].start, steps["training"].length) == (0, pytest.approx(3 / 7))
    assert steps["test"].start == pytest.approx(4 / 7)


def lose_a_film(manifest: pd.DataFrame, samples: pd.DataFrame, excluded: pd.DataFrame) -> Tables:
    return manifest, samples.iloc[1:], excluded


def list_twice(manifest: pd.DataFrame, samples: pd.DataFrame, excluded: pd.DataFrame) -> Tables:
    again = pd.DataFrame({"path": ["a"], "reason": ["duplicate"]})
    return manifest, samples, pd.concat([excluded, again])


def use_rejected(manifest: pd.DataFrame, samples: pd.DataFrame, excluded: pd.DataFrame) -> Tables:
    return manifest, samples.replace({"path": {"a": "g"}}), excluded


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lose_a_film, "1 lost, 0 not in the manifest; first: a"),
        (list_twice, "a film is listed twice"),
        (use_rejected, "1 lost, 1 not in the manifest"),
    ],
)
def test_films_that_do_not_add_up_are_refused(change: Callable[..., Tables], message: str) -> None:
    with pytest.raises(TableError, match=message):
        follow_films(*change(*tables()))


@pytest.mark.parametrize("column", ["patient_id", "group_id"])
def test_patient_or_group_in_two_splits_is_refused(column: str) -> None:
    manifest, samples, excluded = tables()
    samples.loc[4, column] = "p1"
    with pytest.raises(TableError, match=r"in two splits: \['p1'\]"):
        follow_films(manifest, samples, excluded)


def test_unknown_split_is_refused() -> None:
    manifest, samples, excluded = tables()
    samples.loc[4, "split"] = "holdout"
    with pytest.raises(TableError, match="holdout"):
        follow_films(manifest, samples, excluded)


def test_gate_with_other_counts_is_refused() -> None:
    flow = follow_films(*tables())
    gate = {"n_rows": 7, "n_usable": 6, "rejected": {"unreadable": 1}}
    check_gate(flow, gate)
    with pytest.raises(TableError, match="the data gate and the manifest must count"):
        check_gate(flow, gate | {"rejected": {"too_small": 1}})


def summary(**test: Any) -> dict[str, Any]:
    counts = {"n_images": 1, "n_patients": 1, "confusion": {"tp": 0, "fp": 0, "tn": 1, "fn": 0}}
    evaluation = {"negative_class": "NORMAL", "validation": counts, "test": counts | test}
    return {"model": "m", "evaluation": evaluation}


@pytest.mark.parametrize(
    "change", [{"n_images": 2}, {"n_patients": 2}, {"confusion": {"tp": 1, "tn": 1}}]
)
def test_model_evaluated_on_other_films_is_refused(change: dict[str, Any]) -> None:
    flow = follow_films(*tables())
    check_models(flow, [summary()])
    with pytest.raises(TableError, match="test films of m"):
        check_models(flow, [summary(**change)])
