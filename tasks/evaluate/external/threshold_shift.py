"""How far the operating point would have to move at another place. It chooses nothing."""

from typing import Any

import numpy as np
import pandas as pd

from tasks.core.decision.decision import Decision
from tasks.core.statistics.arrays import Bools, Floats

ORACLE = "an oracle for orientation: it reads the labels of the cohort, and chooses nothing"
BY_QUANTILE = "reads no label; right only if both places have the same share of findings"
_LEAST = float(np.finfo(np.float64).eps)  # a probability of 0 or 1 counts as this far from it


def threshold_shift(
    films: pd.DataFrame, validation: pd.DataFrame, decision: Decision
) -> dict[str, Any] | None:
    """Compare the threshold fixed at home with two others on the films of a cohort.

    `oracle`: the highest threshold with which the cohort has the sensitivity that the operating
    point had on validation. `same_share`: the threshold that calls the same share of films positive
    as on validation.

    Args:
        films: Predictions of the cohort; `positive` may be null.
        validation: Predictions of the validation films at home.
        decision: What validation decided.

    Returns:
        `home`, `oracle` and `same_share`, each with `threshold`, `logit`, `distance` (logit minus
        that of `home`; below 0: the threshold must fall), `sensitivity` and `specificity` on the
        cohort; `wanted_sensitivity`, `called_share` and `sentence`. Numbers that need a label, or
        a film, are None. None without a negative class.
    """
    point = next((p for p in decision.operating_points if p.name == decision.operating_point), None)
    if point is None:
        return None
    prob = films["prob_positive"].to_numpy(dtype=np.float64)
    known = films["positive"].notna().to_numpy()
    positive = films["positive"].fillna(False).to_numpy(dtype=bool)
    called_share = float((validation["prob_positive"] >= point.threshold).mean())
    thresholds = {
        "home": point.threshold,
        "oracle": threshold_for_share(prob[known & positive], point.sensitivity),
        "same_share": threshold_for_share(prob, called_share),
    }
    found: dict[str, dict[str, Any]] = {
        name: {
            **_place(threshold, point.threshold),
            **rates_at(threshold, prob[known], positive[known]),
        }
        for name, threshold in thresholds.items()
    }
    found["oracle"]["note"], found["same_share"]["note"] = ORACLE, BY_QUANTILE
    return {
        "wanted_sensitivity": point.sensitivity,
        "called_share": called_share,
        **found,
        "sentence": _sentence(point.sensitivity, found["home"], found["oracle"]),
    }


def threshold_for_share(prob: Floats, share: float) -> float | None:
    """Highest threshold that at least this share of films reaches; None without films.

    Args:
        prob: (n,) float64 in [0, 1].
        share: In [0, 1]; 0 gives a threshold above all films.

    Example:
        >>> threshold_for_share(np.array([0.9, 0.7, 0.6, 0.2]), share=0.75)
        0.6
    """
    if len(prob) == 0:
        return None
    falling = np.sort(prob)[::-1]
    if share <= 0:
        return float(np.nextafter(falling[0], np.inf))
    reached = np.arange(1, len(falling) + 1) / len(falling)
    return float(falling[np.searchsorted(reached, share)])


def rates_at(threshold: float | None, prob: Floats, positive: Bools) -> dict[str, float | None]:
    """Sensitivity and specificity at a threshold; None without films of that side.

    Example:
        >>> rates_at(0.5, np.array([0.9, 0.1]), np.array([True, True]))
        {'sensitivity': 0.5, 'specificity': None}
    """
    if threshold is None:
        return {"sensitivity": None, "specificity": None}
    called = prob >= threshold
    return {
        "sensitivity": float(called[positive].mean()) if positive.any() else None,
        "specificity": float((~called[~positive]).mean()) if (~positive).any() else None,
    }


def _place(threshold: float | None, home: float) -> dict[str, float | None]:
    if threshold is None:
        return {"threshold": None, "logit": None, "distance": None}
    logit = _logit(threshold)
    return {"threshold": threshold, "logit": logit, "distance": logit - _logit(home)}


def _logit(prob: float) -> float:
    inside = min(max(prob, _LEAST), 1.0 - _LEAST)
    return float(np.log(inside) - np.log1p(-inside))


def _sentence(wanted: float, home: dict[str, Any], oracle: dict[str, Any]) -> str:
    if oracle["distance"] is None:
        return (
            "Without films that are known to have a finding, nobody can say how far the threshold"
            " would move."
        )
    reached = f"The threshold that found {wanted:.1%} of the findings at home finds "
    reached += f"{home['sensitivity']:.1%} here"
    cost = ""
    if oracle["specificity"] is not None:
        cost = f": the specificity is then {oracle['specificity']:.2f}"
        cost += f" instead of {home['specificity']:.2f}"
    move = "fall" if oracle["distance"] < 0 else "rise"
    steps = f"{abs(oracle['distance']):.1f} logits"
    text = f"{reached}. For {wanted:.1%} here it would have to {move} by {steps}{cost}."
    return text.replace("%", " %")
