"""Two networks on the same films: each measure of both, their difference, and p values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.auroc import auroc_interval, weighted_auroc
from tasks.core.statistics.bootstrap import percentile_interval, resample_patients
from tasks.core.statistics.delong import auroc_difference, difference_interval, two_sided_p
from tasks.core.statistics.intervals import Estimate, wilson_interval
from tasks.core.statistics.mcnemar import mcnemar_p
from tasks.core.statistics.paired_shares import PairedResamples, resample_pairs, share_difference
from tasks.gate.film_answers import FilmAnswers

AUROC, SENSITIVITY, SPECIFICITY, ACCURACY = "AUROC", "Sensitivity", "Specificity", "Accuracy"


@dataclass(frozen=True)
class Measure:
    """A measure of the new network, and of the one in use.

    champion, difference: None without a network in use. difference: new less in use; its ends are
    None where the films do not show how much it varies. p_better, p_worse: one-sided p values of
    "it is not better" and "it is not worse"; None if not tested.
    """

    name: str
    challenger: Estimate
    champion: Estimate | None = None
    difference: float | None = None
    interval: tuple[float, float] | None = None
    p_better: float | None = None
    p_worse: float | None = None


@dataclass(frozen=True, eq=False)
class JudgedTruth:
    """The truth about n films.

    class_index: (n,) position in the classes. negative: that of the class without a finding, or
    None. groups: (n,) patient of each film. n_bootstrap, seed: of the intervals.
    """

    class_index: NDArray[np.int64]
    negative: int | None
    groups: pd.Series
    n_bootstrap: int
    seed: int

    @property
    def positive(self) -> Bools | None:
        """(n,) whether a film shows a finding; None if no class means "no finding"."""
        return None if self.negative is None else self.class_index != self.negative

    @cached_property
    def resamples(self) -> Floats:
        """(R, n) from `resample_patients`; the same for every measure of every network."""
        return resample_patients(self.groups, self.n_bootstrap, self.seed)

    @cached_property
    def pairs(self) -> PairedResamples:
        """From `resample_pairs`."""
        return resample_pairs(self.groups, self.n_bootstrap, self.seed)

    def has_one_side(self) -> bool:
        """Whether all films are of one class, or of one side, so that nothing can be ranked."""
        return len(np.unique(self.class_index if self.positive is None else self.positive)) < 2


def measure_pair(
    truth: JudgedTruth, challenger: FilmAnswers, champion: FilmAnswers | None
) -> dict[str, Measure]:
    """Every measure, by name: AUROC first, then shares of right calls.

    Without a negative class AUROC is the mean of each class against the rest, and has no paired
    test; the only other measure is accuracy.

    Args:
        truth: With films of two sides.
        challenger: Answers of the new network.
        champion: Those of the network in use; None if there is none.
    """
    measures = [_ranking(truth, challenger, champion)]
    of_champion = {} if champion is None else dict(_rights(truth, champion))
    for name, (right, among) in _rights(truth, challenger):
        other = of_champion[name][0] if of_champion else None
        measures.append(_share(name, (right, other), among, truth))
    return {one.name: one for one in measures}


def _rights(truth: JudgedTruth, answers: FilmAnswers) -> Iterator[tuple[str, tuple[Bools, Bools]]]:
    """Which films are called rightly, and which films a measure is about."""
    positive, everything = truth.positive, np.ones(len(truth.class_index), dtype=bool)
    if positive is None or answers.called is None:
        right = (answers.called_class == truth.class_index) & ~answers.is_refused
    else:
        right = answers.called == positive
        yield SENSITIVITY, (right, positive)
        yield SPECIFICITY, (right, ~positive)
    yield ACCURACY, (right, everything)


def _share(
    name: str, rights: tuple[Bools, Bools | None], among: Bools, truth: JudgedTruth
) -> Measure:
    right, other = (None if one is None else one[among] for one in rights)
    groups, weights = truth.groups[among], truth.resamples[:, among]
    assert right is not None  # noqa: S101 - the new network has answered
    of_new = _share_estimate(right, groups, weights)
    if other is None:
        return Measure(name, of_new)
    found = share_difference(right, other, truth.pairs.among(among))
    better, worse = _one_sided(mcnemar_p(right, other, groups), found.value)
    return Measure(
        name,
        challenger=of_new,
        champion=_share_estimate(other, groups, weights),
        difference=found.value,
        interval=(found.low, found.high),
        p_better=better,
        p_worse=worse,
    )


def _share_estimate(right: Bools, groups: pd.Series, weights: Floats) -> Estimate:
    """As in the evaluation: by bootstrap, at 0 and 1 Wilson's interval of the patients."""
    value, totals = float(right.mean()), weights.sum(axis=1)
    drawn = totals > 0
    low, high = percentile_interval((weights @ right)[drawn] / totals[drawn])
    if low == high:
        n_patients = int(groups.nunique())
        return wilson_interval(round(value * n_patients), n_patients)
    return Estimate(value, low, high)


def _ranking(truth: JudgedTruth, challenger: FilmAnswers, champion: FilmAnswers | None) -> Measure:
    of_new = _auroc_estimate(truth, challenger)
    if champion is None:
        return Measure(AUROC, of_new)
    of_used = _auroc_estimate(truth, champion)
    positive = truth.positive
    if positive is None or challenger.prob_finding is None or champion.prob_finding is None:
        return Measure(AUROC, of_new, of_used, of_new.value - of_used.value)
    difference, error = auroc_difference(
        challenger.prob_finding, champion.prob_finding, positive, truth.groups
    )
    if difference is None or error is None:
        return Measure(AUROC, of_new, of_used, difference)
    better, worse = _one_sided(two_sided_p(difference, error), difference)
    ends = difference_interval(difference, error) if error > 0 else None
    return Measure(AUROC, of_new, of_used, difference, ends, better, worse)


def _auroc_estimate(truth: JudgedTruth, answers: FilmAnswers) -> Estimate:
    """As in the evaluation: by bootstrap, at 0 and 1 by Newcombe's formula."""
    sides = list(_ranked_sides(truth, answers))
    ones = np.ones((1, len(truth.groups)))
    value = float(np.mean([weighted_auroc(score, side, ones)[0] for score, side in sides]))
    drawn = np.mean([weighted_auroc(score, side, truth.resamples) for score, side in sides], axis=0)
    low, high = percentile_interval(drawn[~np.isnan(drawn)])
    if low == high:
        n_patients = [
            [int(truth.groups[part].nunique()) for part in (side, ~side)] for _, side in sides
        ]
        return auroc_interval(value, *min(n_patients, key=min))
    return Estimate(value, low, high)


def _ranked_sides(truth: JudgedTruth, answers: FilmAnswers) -> Iterator[tuple[Floats, Bools]]:
    """The scores that rank the films, and the films that should score high."""
    if truth.positive is not None and answers.prob_finding is not None:
        yield answers.prob_finding, truth.positive
        return
    for index in np.unique(truth.class_index).tolist():
        score = np.where(answers.is_refused, 0.0, answers.probabilities[:, index])
        yield score, truth.class_index == index


def _one_sided(p: float | None, difference: float) -> tuple[float | None, float | None]:
    """One-sided p values of a symmetric two-sided test: of "not better", and of "not worse"."""
    if p is None:
        return None, None
    toward, away = p / 2, 1 - p / 2
    return (toward, away) if difference > 0 else (away, toward) if difference < 0 else (0.5, 0.5)


def estimate_json(estimate: Estimate | None) -> dict[str, float] | None:
    """An estimate for gate.json."""
    if estimate is None:
        return None
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def difference_rows(name: str, measures: Mapping[str, Measure]) -> Iterator[dict[str, object]]:
    """Rows of gate.json of one set of films.

    Args:
        name: `test`, or that of an external cohort.
        measures: From `measure_pair`.
    """
    for one in measures.values():
        yield {
            "name": one.name,
            "films": name,
            "champion": None if one.champion is None else one.champion.value,
            "challenger": one.challenger.value,
            "difference": one.difference,
            "interval": None if one.interval is None else list(one.interval),
            "champion_estimate": estimate_json(one.champion),
            "challenger_estimate": estimate_json(one.challenger),
            "p_better": one.p_better,
            "p_worse": one.p_worse,
        }
