"""Which films are explained: for each outcome the clearest and the closest calls."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tasks.core.errors import TableError
from tasks.core.tables import read_table

OUTCOMES = ("TP", "TN", "FP", "FN")

_COLUMNS = pa.schema(  # those of data/predictions/<model>.parquet that are used here
    [
        ("image_id", pa.string()),
        ("path", pa.string()),
        ("split", pa.string()),
        ("label", pa.string()),
        ("patient_id", pa.string()),
        ("positive", pa.bool_()),
        ("prob_positive", pa.float64()),
        ("outcome", pa.string()),
    ]
)


@dataclass(frozen=True)
class Film:
    """One film to explain. `why` says by which rule it was chosen."""

    image_id: str
    path: str
    patient_id: str
    outcome: str
    label: str
    prob_positive: float
    why: str


def read_test_predictions(path: Path, metrics: dict[str, Any]) -> pd.DataFrame:
    """Read the test rows of a predictions table and hold them against the metrics of the model.

    Args:
        path: `data/predictions/<model>.parquet`.
        metrics: Content of the model's `metrics.json`.

    Returns:
        The test rows, sorted by image id.

    Raises:
        TableError: A column is missing, there is no test film, an outcome does not follow from
            the threshold of the metrics, or the counts of outcomes differ from their confusion.
    """
    table = read_table(_COLUMNS, path)
    test = table[table["split"] == "test"].sort_values("image_id", ignore_index=True)
    if test.empty:
        raise _disagreement("no test film", path)
    threshold = metrics["operating_point"]["threshold"]
    expected = _outcomes(test, threshold)
    wrong = np.flatnonzero(test["outcome"].to_numpy() != expected)
    if len(wrong):
        row = test.iloc[wrong[0]]
        raise _disagreement(
            f"{len(wrong)} films, first {row['path']}: outcome {row['outcome']}, but with "
            f"probability {row['prob_positive']:.6g} and threshold {threshold:.6g} it is "
            f"{expected[wrong[0]]}",
            path,
        )
    counted = {name.lower(): int((test["outcome"] == name).sum()) for name in OUTCOMES}
    stated = {name: metrics["test"]["confusion"][name] for name in counted}
    if counted != stated:
        raise _disagreement(f"outcomes {counted}, but metrics.json counts {stated}", path)
    return test


def choose_films(test: pd.DataFrame, threshold: float, n_per_outcome: int) -> list[Film]:
    """Choose films of each outcome, in turn the most confident and the nearest the threshold.

    A patient is shown once while others are left. Outcomes with few patients choose first, so
    that a common outcome does not take theirs. Ties go to the smaller image id.

    Args:
        test: Test rows of the predictions, from `read_test_predictions`.
        threshold: Operating point: a film is called positive from this probability on.
        n_per_outcome: Films per outcome; fewer where there are fewer.

    Returns:
        Films in the order TP, TN, FP, FN, each outcome in the order chosen.
    """
    groups = {outcome: test[test["outcome"] == outcome] for outcome in OUTCOMES}
    patients_shown: set[str] = set()
    chosen: dict[str, list[Film]] = {}
    for outcome in sorted(OUTCOMES, key=lambda name: groups[name]["patient_id"].nunique()):
        rankings = _rankings(groups[outcome], outcome, threshold)
        chosen[outcome] = []
        for turn in range(min(n_per_outcome, len(groups[outcome]))):
            rule, ranking = rankings[turn % len(rankings)]
            film = _take(ranking, rule, patients_shown, chosen[outcome])
            chosen[outcome].append(film)
            patients_shown.add(film.patient_id)
    return [film for outcome in OUTCOMES for film in chosen[outcome]]


def _rankings(
    films: pd.DataFrame, outcome: str, threshold: float
) -> tuple[tuple[str, pd.DataFrame], tuple[str, pd.DataFrame]]:
    """The two orders to choose from, each with its name."""
    called_positive = outcome in {"TP", "FP"}
    extreme = "highest" if called_positive else "lowest"
    by_confidence = films.sort_values(
        ["prob_positive", "image_id"], ascending=[not called_positive, True]
    )
    distance = (films["prob_positive"] - threshold).abs()
    by_distance = films.assign(distance=distance).sort_values(["distance", "image_id"])
    return (f"{extreme} probability", by_confidence), ("nearest the threshold", by_distance)


def _take(ranking: pd.DataFrame, rule: str, patients_shown: set[str], chosen: list[Film]) -> Film:
    """The first film of a new patient or, if every patient was shown, the first not chosen."""
    already = {film.image_id for film in chosen}
    left = np.flatnonzero(~ranking["image_id"].isin(already).to_numpy())
    unseen = ~ranking["patient_id"].isin(patients_shown).to_numpy()
    position = int(next((row for row in left if unseen[row]), left[0]))
    row = ranking.iloc[position]
    why = f"{rule} among {row['outcome']}"
    if position:
        why += (
            f", number {position + 1} of {len(ranking)}: "
            "those before it, or their patients, are shown already"
        )
    return Film(
        image_id=str(row["image_id"]),
        path=str(row["path"]),
        patient_id=str(row["patient_id"]),
        outcome=str(row["outcome"]),
        label=str(row["label"]),
        prob_positive=float(row["prob_positive"]),
        why=why,
    )


def _outcomes(test: pd.DataFrame, threshold: float) -> "np.ndarray[tuple[int], np.dtype[np.str_]]":
    called = test["prob_positive"].to_numpy() >= threshold
    positive = test["positive"].to_numpy(dtype=bool)
    if_called = np.where(positive, "TP", "FP")
    if_not_called = np.where(positive, "FN", "TN")
    return np.where(called, if_called, if_not_called)


def _disagreement(found: str, path: Path) -> TableError:
    return TableError(
        "the predictions hold test films whose outcomes follow from the model's metrics.json",
        found=found,
        where=str(path),
        next_step="run `dvc repro evaluate`, which writes both anew",
    )
