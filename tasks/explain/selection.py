"""Select the test films to explain: some that every network explains, then some of each outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, zip_longest

import numpy as np
import pandas as pd

WHY_SHARED = "one of the films that every network explains"


_OUTCOME_WORDS = {
    "TP": "films found",
    "FN": "films missed",
    "FP": "false alarms",
    "TN": "films correctly passed",
}


@dataclass(frozen=True)
class SelectedFilm:
    """One film to explain.

    outcome: TP, TN, FP or FN; of a model without a negative class, `right` or `wrong`.
    called_class: the class that the film is called, see `read_called_films`.
    probabilities, logits: of each class, calibrated probabilities in [0, 1] and raw logits.
    why: the rule that selected the film.
    is_shared: every network explains it.
    """

    image_id: str
    path: str
    patient_id: str
    outcome: str
    label: str
    called_class: str
    probabilities: Mapping[str, float]
    logits: Mapping[str, float]
    why: str
    is_shared: bool


@dataclass(frozen=True)
class _Ranking:
    """Films in an order. name: of the rule; films: rows."""

    name: str
    films: pd.DataFrame


@dataclass
class _Choice:
    """Rows chosen so far. why: the reason of each image id. patients: shown already."""

    why: dict[str, str] = field(default_factory=dict)
    patients: set[str] = field(default_factory=set)

    def add(self, row: pd.Series, why: str) -> None:
        self.why[row["image_id"]] = why
        self.patients.add(row["patient_id"])


def select_films(
    test: pd.DataFrame,
    classes: Sequence[str],
    outcomes: Sequence[str],
    threshold: float | None,
    n_shared: int,
    n_per_outcome: int,
) -> list[SelectedFilm]:
    """Select the films to explain. No film is selected twice.

    The shared films depend on the test films and their labels only, not on the network: of each
    class in turn the smallest image id, which is a hash of the film. Then come films of each
    outcome: in turn the most confident one and the nearest to the threshold; without a negative
    class, the most and the least confident one. A patient is shown a second time only if no other
    patient is left. The outcome with the fewest patients is served first. Ties go to the smaller
    image id.

    Args:
        test: From `read_called_films`.
        classes: Names of all classes, in the order of the logits.
        outcomes: Values of `outcome`, in the order of the result.
        threshold: Probability from which a film is called positive; None without a negative class.
        n_shared: Number of shared films; fewer if there are fewer test films.
        n_per_outcome: Number of films per outcome; fewer if the outcome has fewer.

    Returns:
        The shared films, then those of each outcome in the order of selection.
    """
    choice = _choose_shared(test, classes, n_shared)
    shared = list(choice.why)
    left = test[~test["image_id"].isin(shared)]
    groups = {outcome: left[left["outcome"] == outcome] for outcome in outcomes}
    order = {outcome: list[str]() for outcome in outcomes}
    for outcome in sorted(outcomes, key=lambda name: groups[name]["patient_id"].nunique()):
        rankings = _rankings(groups[outcome], outcome, threshold)
        for turn in range(min(n_per_outcome, len(groups[outcome]))):
            order[outcome].append(_take(rankings[turn % len(rankings)], outcome, choice))
    chosen = test.set_index("image_id", drop=False).loc[[*shared, *chain(*order.values())]]
    return [
        _selected(row, classes, choice.why[row["image_id"]], is_shared=row["image_id"] in shared)
        for _, row in chosen.iterrows()
    ]


def _choose_shared(test: pd.DataFrame, classes: Sequence[str], n_shared: int) -> _Choice:
    """Of each class in turn the smallest image id; first one film of each patient."""
    ordered = test.sort_values("image_id")
    again = ordered.groupby(["label", "patient_id"]).cumcount()
    ordered = ordered.assign(again=again).sort_values(["again", "image_id"])
    by_class = [ordered.loc[ordered["label"] == name, "image_id"] for name in classes]
    in_turn = [one for turn in zip_longest(*by_class) for one in turn if one is not None]
    choice = _Choice()
    for image_id in in_turn[:n_shared]:
        choice.add(ordered[ordered["image_id"] == image_id].iloc[0], WHY_SHARED)
    return choice


def _rankings(films: pd.DataFrame, outcome: str, threshold: float | None) -> list[_Ranking]:
    """The two rankings to select from."""
    if threshold is None:
        names = {"highest probability": False, "lowest probability": True}
        return [_by_probability(films, name, is_rising) for name, is_rising in names.items()]
    is_low = outcome not in {"TP", "FP"}
    extreme = f"{'lowest' if is_low else 'highest'} probability"
    distance = (films["prob_called"] - threshold).abs()
    nearest = films.assign(distance=distance).sort_values(["distance", "image_id"])
    return [_by_probability(films, extreme, is_low), _Ranking("nearest the threshold", nearest)]


def _by_probability(films: pd.DataFrame, name: str, is_rising: bool) -> _Ranking:
    order = films.sort_values(["prob_called", "image_id"], ascending=[is_rising, True])
    return _Ranking(name, order)


def _take(ranking: _Ranking, outcome: str, choice: _Choice) -> str:
    """The first film of a new patient; if every patient was shown, the first film not chosen."""
    films = ranking.films
    left = np.flatnonzero(~films["image_id"].isin(list(choice.why)).to_numpy())
    unseen = ~films["patient_id"].isin(choice.patients).to_numpy()
    position = int(next((row for row in left if unseen[row]), left[0]))
    why = f"{ranking.name} among {_OUTCOME_WORDS.get(outcome, outcome)}"
    if position:
        why += (
            f", number {position + 1} of {len(films)}: "
            "those before it, or their patients, are shown already"
        )
    row = films.iloc[position]
    choice.add(row, why)
    return str(row["image_id"])


def _selected(row: pd.Series, classes: Sequence[str], why: str, *, is_shared: bool) -> SelectedFilm:
    return SelectedFilm(
        image_id=str(row["image_id"]),
        path=str(row["path"]),
        patient_id=str(row["patient_id"]),
        outcome=str(row["outcome"]),
        label=str(row["label"]),
        called_class=str(row["call"]),
        probabilities={name: float(row[f"prob_{name}"]) for name in classes},
        logits={name: float(row[f"logit_{name}"]) for name in classes},
        why=why,
        is_shared=is_shared,
    )
