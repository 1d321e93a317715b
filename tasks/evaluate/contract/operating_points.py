"""The operating points: probabilities of a finding from which on a film is called positive."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.decision.decision import OperatingPoint
from tasks.core.decision.threshold_choice import ON_VALIDATION
from tasks.core.errors import EvaluationError
from tasks.core.statistics.arrays import Bools, Floats

HALF = 0.5
# A film may have another probability by rounding, when other films are in its batch or on another
# machine. A threshold lies below its film by this much, so that rounding turns no call
ROUNDING = 1e-6

Merge = Callable[[NDArray[np.int64]], NDArray[np.int64]]
MERGES: dict[str, Merge] = {  # by `evaluate.threshold_on`: how the conditions count together
    ON_VALIDATION: partial(np.sum, axis=0),  # one condition
    "conditions_mean": partial(np.sum, axis=0),
    "conditions_worst": partial(np.max, axis=0),
}


@dataclass(frozen=True)
class Rates:
    """Sensitivity and specificity at each threshold that tells two validation films apart.

    thresholds: (m,), rising: just below each distinct probability, then just above the highest.
    sensitivity, specificity: (m,) in [0, 1]. n_missed, n_false: (m,) positive films that are not
    called, and negative films that are: over all conditions with `conditions_mean`, in the worst
    one with `conditions_worst`.
    """

    thresholds: Floats
    sensitivity: Floats
    specificity: Floats
    n_missed: NDArray[np.int64]
    n_false: NDArray[np.int64]


def choose_operating_points(
    prob_positive: Floats,
    positive: Bools,
    *,
    threshold_on: str,
    target_sensitivity: float,
    target_specificity: float,
    missed_finding_cost: float,
) -> tuple[OperatingPoint, ...]:
    """Choose a threshold by each rule.

    With `conditions_mean` a rule looks at the mean sensitivity and specificity over the conditions
    of the films, which are those of all the changed films together. With `conditions_worst` it
    looks at the lowest sensitivity and the lowest specificity of a condition. What a point reaches
    is always that of the films as they are.

    Where several thresholds are equally good, the lowest one is chosen, which misses the fewest
    findings; `target_sensitivity` takes the highest by its rule. Thresholds lie just below the
    probability of a validation film, see `ROUNDING`.

    Args:
        prob_positive: (C, n) float64 in [0, 1], calibrated, of validation films in each condition;
            the first is the films as they are.
        positive: (n,) bool, the truth.
        threshold_on: `validation` (the films as they are), `conditions_mean` or
            `conditions_worst`.
        target_sensitivity: In (0, 1).
        target_specificity: In (0, 1).
        missed_finding_cost: Cost of a missed finding above 0, if a false alarm costs 1.

    Raises:
        EvaluationError: All films are positive, or all are negative.

    Example:
        Nine films; the two sides overlap at 0.4 and 0.5.

        >>> aims = {"target_sensitivity": 0.97, "target_specificity": 0.9}
        >>> aims["threshold_on"] = "validation"
        >>> prob = np.array([[0.1, 0.2, 0.3, 0.5, 0.4, 0.6, 0.7, 0.8, 0.9]])
        >>> positive = np.array([False] * 4 + [True] * 5)
        >>> for point in choose_operating_points(
        ...     prob, positive, missed_finding_cost=5, **aims
        ... ):
        ...     print(f"{point.name} {point.threshold:.2f}", point.sensitivity, point.specificity)
        half 0.50 0.8 0.75
        youden 0.60 0.8 1.0
        target_sensitivity 0.40 1.0 0.75
        target_specificity 0.60 0.8 1.0
        cost_weighted 0.40 1.0 0.75

    Source:
        Youden, Cancer 3:32-35, 1950 (sensitivity + specificity - 1). Metz, Semin. Nucl. Med.
        8:283-298, 1978 (costs of the two errors).
    """
    films = prob_positive[:1] if threshold_on == ON_VALIDATION else prob_positive
    rates = rates_by_threshold(films, positive, MERGES[threshold_on])
    n_positive, n_negative = rates.n_missed[-1], rates.n_false[0]
    cost = missed_finding_cost * rates.n_missed + rates.n_false
    chosen = {  # whole numbers for Youden, so that equal sums are equal
        "youden": np.argmin(rates.n_missed * n_negative + rates.n_false * n_positive),
        "target_sensitivity": np.flatnonzero(rates.sensitivity >= target_sensitivity)[-1],
        "target_specificity": np.flatnonzero(rates.specificity >= target_specificity)[0],
        "cost_weighted": np.argmin(cost),
    }
    rules = {
        "youden": "highest sum of sensitivity and specificity",
        "target_sensitivity": f"highest threshold with a sensitivity of {target_sensitivity:g}",
        "target_specificity": f"lowest threshold with a specificity of {target_specificity:g}",
        "cost_weighted": f"lowest cost, where a missed finding costs {missed_finding_cost:g} and"
        " a false alarm 1",
    }
    where = words_of_rule(threshold_on, len(prob_positive))
    thresholds = {name: float(rates.thresholds[index]) for name, index in chosen.items()}
    return _point("half", HALF, "fixed at 0.5", prob_positive[0], positive), *(
        _point(name, threshold, rules[name] + where, prob_positive[0], positive)
        for name, threshold in thresholds.items()
    )


def words_of_rule(threshold_on: str, n_conditions: int) -> str:
    """What follows a rule such as "highest threshold with a sensitivity of 0.97".

    Args:
        threshold_on: As in `choose_operating_points`.
        n_conditions: Conditions of the films, with the films as they are.

    Example:
        >>> words_of_rule("conditions_mean", 9)
        ', on average over 9 conditions of the films'
    """
    return {
        ON_VALIDATION: "",
        "conditions_mean": f", on average over {n_conditions} conditions of the films",
        "conditions_worst": f", in the worst of {n_conditions} conditions of the films",
    }[threshold_on]


def rates_by_threshold(prob_positive: Floats, positive: Bools, merge: Merge) -> Rates:
    """Sensitivity and specificity at each threshold that changes a call.

    Args:
        prob_positive: (C, n) float64 in [0, 1], of the n films in each condition.
        positive: (n,) bool, the truth.
        merge: (C, m) counts of wrong calls in each condition -> (m,): their sum or the largest.

    Raises:
        EvaluationError: All films are positive, or all are negative.
    """
    n_positive, n_negative = int(positive.sum()), int((~positive).sum())
    if not n_positive or not n_negative:
        raise EvaluationError(
            "the validation split must have positive and negative films: they decide the operating"
            " points",
            found=f"{n_positive} positive of {len(positive)}",
            where=f"{paths.SAMPLES}, split val",
            next_step="raise resample.val_share, or add patients of the class that is missing",
        )
    distinct = np.unique(prob_positive)
    half_gaps = np.diff(distinct, prepend=-np.inf) / 2
    thresholds = np.append(distinct - np.minimum(half_gaps, ROUNDING), distinct[-1] + ROUNDING)
    n_missed = merge(_n_below(thresholds, prob_positive[:, positive]))
    n_false = merge(n_negative - _n_below(thresholds, prob_positive[:, ~positive]))
    return Rates(
        thresholds=thresholds,
        sensitivity=(n_missed[-1] - n_missed) / n_missed[-1],
        specificity=(n_false[0] - n_false) / n_false[0],
        n_missed=n_missed,
        n_false=n_false,
    )


def _n_below(thresholds: Floats, prob: Floats) -> NDArray[np.int64]:
    """Films below each threshold: (m,), and (C, k) probabilities -> (C, m)."""
    return np.stack([np.searchsorted(np.sort(films), thresholds) for films in prob])


def _point(
    name: str, threshold: float, rule: str, prob_positive: Floats, positive: Bools
) -> OperatingPoint:
    """A point with what it reaches on (n,) films."""
    sensitivity, specificity = rates_of_films(threshold, prob_positive, positive)
    return OperatingPoint(name, threshold, rule, sensitivity, specificity)


def rates_of_films(threshold: float, prob_positive: Floats, positive: Bools) -> tuple[float, float]:
    """Sensitivity and specificity of (n,) films, called positive from a threshold on."""
    return (
        float(np.mean(prob_positive[positive] >= threshold)),
        float(np.mean(prob_positive[~positive] < threshold)),
    )
