"""Select the films to explain: for each outcome the most confident and the least confident ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tasks.core.errors import TableError
from tasks.core.tables import OUTCOMES, read_table

_COLUMNS = pa.schema(  # columns of data/predictions/<model>.parquet that are used here
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
class SelectedFilm:
    """One film to explain.

    outcome: TP, TN, FP or FN; of a model without a negative class, `right` or `wrong`.
    prob_positive: probability of a finding; None without a negative class.
    called_class, prob_called: most probable class with its probability; None where not read.
    why: the rule that selected the film.
    """

    image_id: str
    path: str
    patient_id: str
    outcome: str
    label: str
    prob_positive: float | None
    called_class: str | None
    prob_called: float | None
    why: str


Ranking = tuple[str, pd.DataFrame]  # name of a rule, and the films in its order


def read_test_predictions(path: Path, evaluation: dict[str, Any]) -> pd.DataFrame:
    """Read the test rows of a predictions table and compare them with the evaluation.

    Args:
        path: `data/predictions/<model>.parquet`.
        evaluation: Content of `reports/<model>/evaluation.json`.

    Returns:
        The test rows, sorted by image id.

    Raises:
        TableError: A column is missing, there is no test film, an outcome does not follow from
            the threshold, or the counts of outcomes differ from the confusion matrix.
    """
    table = read_table(_COLUMNS, path)
    test = table[table["split"] == "test"].sort_values("image_id", ignore_index=True)
    if test.empty:
        raise mismatch("no test film", path)
    threshold = evaluation["operating_point"]["threshold"]
    expected = _expected_outcomes(test, threshold)
    wrong = np.flatnonzero(test["outcome"].to_numpy() != expected)
    if len(wrong):
        row = test.iloc[wrong[0]]
        raise mismatch(
            f"{len(wrong)} films, first {row['path']}: outcome {row['outcome']}, but with "
            f"probability {row['prob_positive']:.6g} and threshold {threshold:.6g} it must be "
            f"{expected[wrong[0]]}",
            path,
        )
    counted = {name.lower(): int((test["outcome"] == name).sum()) for name in OUTCOMES}
    stated = {name: evaluation["test"]["confusion"][name] for name in counted}
    if counted != stated:
        raise mismatch(f"outcomes {counted}, but evaluation.json counts {stated}", path)
    return test


def select_films(test: pd.DataFrame, threshold: float, n_per_outcome: int) -> list[SelectedFilm]:
    """Select films of each outcome, in turn the most confident and the nearest to the threshold.

    A patient is shown a second time only if no other patient is left. The outcome with the fewest
    patients is served first. Ties go to the smaller image id.

    Args:
        test: Test rows of the predictions, from `read_test_predictions`.
        threshold: Probability from which a film is called positive.
        n_per_outcome: Number of films per outcome; fewer if the outcome has fewer.

    Returns:
        Films in the order TP, TN, FP, FN; within an outcome in the order of selection.
    """
    return take_in_turn(
        test, OUTCOMES, n_per_outcome, lambda films, name: _rankings(films, name, threshold)
    )


def take_in_turn(
    test: pd.DataFrame,
    outcomes: Sequence[str],
    n_per_outcome: int,
    rankings_of: Callable[[pd.DataFrame, str], Sequence[Ranking]],
) -> list[SelectedFilm]:
    """Take films of each outcome, in turn from each of its rankings; see `select_films`.

    Args:
        test: Test rows of the predictions, with `outcome`.
        outcomes: Values of `outcome`, in the order of the result.
        n_per_outcome: Number of films per outcome; fewer if the outcome has fewer.
        rankings_of: Gives the rankings of the films of one outcome.
    """
    groups = {outcome: test[test["outcome"] == outcome] for outcome in outcomes}
    patients_shown: set[str] = set()
    chosen: dict[str, list[SelectedFilm]] = {}
    for outcome in sorted(outcomes, key=lambda name: groups[name]["patient_id"].nunique()):
        rankings = rankings_of(groups[outcome], outcome)
        chosen[outcome] = []
        for turn in range(min(n_per_outcome, len(groups[outcome]))):
            rule, ranking = rankings[turn % len(rankings)]
            film = _take(ranking, rule, patients_shown, chosen[outcome])
            chosen[outcome].append(film)
            patients_shown.add(film.patient_id)
    return [film for outcome in outcomes for film in chosen[outcome]]


def _rankings(films: pd.DataFrame, outcome: str, threshold: float) -> list[Ranking]:
    """The two rankings to select from, each with its name."""
    called_positive = outcome in {"TP", "FP"}
    extreme = "highest" if called_positive else "lowest"
    by_confidence = films.sort_values(
        ["prob_positive", "image_id"], ascending=[not called_positive, True]
    )
    distance = (films["prob_positive"] - threshold).abs()
    by_distance = films.assign(distance=distance).sort_values(["distance", "image_id"])
    return [(f"{extreme} probability", by_confidence), ("nearest the threshold", by_distance)]


def _take(
    ranking: pd.DataFrame, rule: str, patients_shown: set[str], chosen: list[SelectedFilm]
) -> SelectedFilm:
    """The first film of a new patient; if every patient was shown, the first film not chosen."""
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
    return SelectedFilm(
        image_id=str(row["image_id"]),
        path=str(row["path"]),
        patient_id=str(row["patient_id"]),
        outcome=str(row["outcome"]),
        label=str(row["label"]),
        prob_positive=_number(row, "prob_positive"),
        called_class=row.get("called_class"),
        prob_called=_number(row, "prob_called"),
        why=why,
    )


def _number(row: pd.Series, column: str) -> float | None:
    value = row.get(column)
    return None if value is None or pd.isna(value) else float(value)


def _expected_outcomes(test: pd.DataFrame, threshold: float) -> NDArray[np.str_]:
    called = test["prob_positive"].to_numpy() >= threshold
    positive = test["positive"].to_numpy(dtype=bool)
    if_called = np.where(positive, "TP", "FP")
    if_not_called = np.where(positive, "FN", "TN")
    return np.where(called, if_called, if_not_called)


def mismatch(found: str, path: Path) -> TableError:
    """The error of two files of one model that come from different runs."""
    return TableError(
        "the predictions and evaluation.json of a model must come from the same run",
        found=found,
        where=str(path),
        next_step="run `dvc repro`, which writes both again",
    )
