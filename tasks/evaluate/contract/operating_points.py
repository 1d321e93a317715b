"""The operating points: probabilities of a finding from which on a film is called positive."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.decision.decision import OperatingPoint
from tasks.core.errors import EvaluationError
from tasks.core.statistics.arrays import Bools, Floats

HALF = 0.5
# A film may have another probability by rounding, when other films are in its batch or on another
# machine. A threshold lies below its film by this much, so that rounding turns no call
ROUNDING = 1e-6


@dataclass(frozen=True)
class Rates:
    """Sensitivity and specificity at each threshold that tells two validation films apart.

    thresholds: (m,), rising: just below each distinct probability, then just above the highest.
    sensitivity, specificity: (m,) in [0, 1]. n_missed, n_false: (m,) positive films that are not
    called, and negative films that are.
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
    target_sensitivity: float,
    target_specificity: float,
    missed_finding_cost: float,
) -> tuple[OperatingPoint, ...]:
    """Choose a threshold by each rule.

    Where several thresholds are equally good, the lowest one is chosen, which misses the fewest
    findings; `target_sensitivity` takes the highest by its rule. Thresholds lie just below the
    probability of a validation film, see `ROUNDING`.

    Args:
        prob_positive: (n,) float64 in [0, 1], calibrated, of validation films.
        positive: (n,) bool, the truth.
        target_sensitivity: In (0, 1).
        target_specificity: In (0, 1).
        missed_finding_cost: Cost of a missed finding above 0, if a false alarm costs 1.

    Raises:
        EvaluationError: All films are positive, or all are negative.

    Example:
        Nine films; the two sides overlap at 0.4 and 0.5.

        >>> aims = {"target_sensitivity": 0.97, "target_specificity": 0.9}
        >>> prob = np.array([0.1, 0.2, 0.3, 0.5, 0.4, 0.6, 0.7, 0.8, 0.9])
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
    rates = rates_by_threshold(prob_positive, positive)
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
    half = OperatingPoint(
        name="half",
        threshold=HALF,
        rule="fixed at 0.5",
        sensitivity=float(np.mean(prob_positive[positive] >= HALF)),
        specificity=float(np.mean(prob_positive[~positive] < HALF)),
    )
    return half, *(_point(name, rules[name], rates, int(index)) for name, index in chosen.items())


def rates_by_threshold(prob_positive: Floats, positive: Bools) -> Rates:
    """Sensitivity and specificity at each threshold that changes a call.

    Args:
        prob_positive: (n,) float64 in [0, 1].
        positive: (n,) bool, the truth.

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
    n_missed = np.searchsorted(np.sort(prob_positive[positive]), thresholds)
    n_right = np.searchsorted(np.sort(prob_positive[~positive]), thresholds)
    return Rates(
        thresholds=thresholds,
        sensitivity=(n_positive - n_missed) / n_positive,
        specificity=n_right / n_negative,
        n_missed=n_missed,
        n_false=n_negative - n_right,
    )


def _point(name: str, rule: str, rates: Rates, index: int) -> OperatingPoint:
    return OperatingPoint(
        name=name,
        threshold=float(rates.thresholds[index]),
        rule=rule,
        sensitivity=float(rates.sensitivity[index]),
        specificity=float(rates.specificity[index]),
    )
