"""The section in which a reader moves the threshold."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.page_data import page_data
from tasks.core.statistics.arrays import Bools, Floats
from tasks.page.page_inputs import JsonObject
from tasks.page.page_text import finding_name, normal_name
from tasks.page.threshold_drawing import draw_bars, draw_precision, draw_roc

_POINT_TITLES = {
    "half": "One half",
    "youden": "Youden",
    "target_sensitivity": "Target sensitivity",
    "target_specificity": "Target specificity",
    "cost_weighted": "Lowest cost",
}
_TABLE_THRESHOLDS = np.linspace(0, 1, 21)  # rows of the table below the plots


def threshold_section(evaluation: JsonObject, films: pd.DataFrame) -> dict[str, Any] | None:
    """All that the template `threshold.html.j2` and its script show.

    Args:
        evaluation: Content of `evaluation.json`.
        films: Predictions of the test films, columns `positive` and `prob_positive`.

    Returns:
        None without a negative class: no single threshold calls the films. Else `points` (the
        operating points of the contract), `start` and `rows` (calls and shares at the chosen
        point and at 21 thresholds), the drawings, and `data`, the JSON of the script.
    """
    if evaluation["negative_class"] is None:
        return None
    prob = films["prob_positive"].to_numpy(dtype=np.float64)
    positive = films["positive"].to_numpy(dtype=bool)
    points = operating_points_on_page(evaluation)
    names = {"finding": finding_name(evaluation), "normal": normal_name(evaluation)}
    start = next(point for point in points if point["is_chosen"])
    return {
        **names,
        "points": points,
        "start": start | calls_at(start["threshold"], prob, positive),
        "n_films": len(films),
        "prevalence": float(positive.mean()) if len(films) else None,
        "rows": [
            {"threshold": float(threshold), **calls_at(float(threshold), prob, positive)}
            for threshold in _TABLE_THRESHOLDS
        ],
        "roc": draw_roc(prob, positive),
        "precision": draw_precision(prob, positive),
        "bars": draw_bars(prob, positive),
        "data": page_data(
            {
                **names,
                "positive": np.sort(prob[positive]).tolist(),
                "negative": np.sort(prob[~positive]).tolist(),
                "points": points,
            }
        ),
    }


def operating_points_on_page(evaluation: JsonObject) -> list[dict[str, Any]]:
    """Name, title, threshold and rule of each operating point, and whether it calls the films.

    An evaluation that lists no operating points has one: the point that calls the films.
    """
    chosen = evaluation["operating_point"]
    listed = evaluation.get("operating_points") or {chosen["name"]: chosen}
    return [
        {
            "name": name,
            "title": _POINT_TITLES.get(name, name),
            "threshold": point["threshold"],
            "rule": point["rule"],
            "is_chosen": name == chosen["name"],
        }
        for name, point in listed.items()
    ]


def calls_at(threshold: float, prob: Floats, positive: Bools) -> dict[str, Any]:
    """Calls of the films at a threshold: a film is called if its probability is that or more.

    Args:
        threshold: In [0, 1].
        prob: (n,) float64 in [0, 1], calibrated probability of a finding.
        positive: (n,) bool, true where the film has a finding.

    Returns:
        Counts `tp`, `fn`, `fp`, `tn`; shares `sensitivity`, `specificity`, `ppv`, `npv` and
        `accuracy`, None where no film counts.

    Example:
        >>> found = calls_at(0.5, np.array([0.2, 0.5, 0.9]), np.array([False, True, True]))
        >>> found["tp"], found["fp"], found["specificity"]
        (2, 0, 1.0)

    Source: Altman and Bland, BMJ 308:1552 and 309:102, 1994.
    """
    called = prob >= threshold
    tp, fn = int((called & positive).sum()), int((~called & positive).sum())
    fp, tn = int((called & ~positive).sum()), int((~called & ~positive).sum())
    return {
        **{"tp": tp, "fn": fn, "fp": fp, "tn": tn},
        "sensitivity": _share(tp, (tp, fn)),
        "specificity": _share(tn, (tn, fp)),
        "ppv": _share(tp, (tp, fp)),
        "npv": _share(tn, (tn, fn)),
        "accuracy": _share(tp + tn, (tp, fn, fp, tn)),
    }


def _share(count: int, parts: Sequence[int]) -> float | None:
    return count / sum(parts) if sum(parts) else None
