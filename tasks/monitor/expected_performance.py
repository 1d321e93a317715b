"""How well the network can be expected to do on films without labels, by its own confidence.

Both methods hold only while a probability means for the new films what it meant for validation: of
the films with 0.8, eight of ten have the finding. Where the films themselves have changed, or the
disease looks another way, they are too hopeful, and no method without labels can tell.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.decision.judgement import FilmCalls
from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.bootstrap import percentile_interval

_N_DRAWS = 2000
_FEWEST = 20  # films; the interval of fewer says nothing
_FEWEST_OF_KIND = 10  # expected films with the finding, or without it, for a rate among them
_SEED = 0

ExpectedRate = dict[str, float | None]  # value, low, high


@dataclass(frozen=True)
class ExpectedPerformance:
    """Expected accuracy, sensitivity and specificity of the calls; an interval with each.

    n_films: answered films behind them. by_confidence: accuracy, and with a negative class also
    sensitivity and specificity, None where fewer than 10 such films are expected.
    by_threshold: accuracy by the second method. at_validation: the true accuracy of the validation
    films behind it.
    """

    n_films: int
    by_confidence: dict[str, ExpectedRate]
    by_threshold: float
    at_validation: float


def expect_performance(
    calls: FilmCalls, validation: FilmCalls, truth: NDArray[np.int64], negative: int | None
) -> ExpectedPerformance | None:
    """Expected performance of the films that the network answered.

    Args:
        calls: Of the new films.
        validation: Of validation films.
        truth: (n,) class of each validation film.
        negative: Number of the negative class.

    Returns:
        None with fewer than 20 answered films on a side.

    Source:
        By confidence: Kivimaeki, Bialek and Kuberski, "Performance Estimation in Binary
        Classification Using Calibrated Confidence", arXiv 2505.05295, 2025. By threshold (average
        thresholded confidence): Garg et al., "Leveraging Unlabeled Data to Predict
        Out-of-Distribution Performance", ICLR 2022.
    """
    answered, known = ~calls.is_refused, ~validation.is_refused
    if min(answered.sum(), known.sum()) < _FEWEST:
        return None
    confidence, positive, prob = _confidence(calls, negative)
    confidence_then, positive_then, _ = _confidence(validation, negative)
    is_right = _is_right(validation, positive_then, truth, negative)[known]
    return ExpectedPerformance(
        n_films=int(answered.sum()),
        by_confidence=_by_confidence(confidence[answered], positive[answered], prob[answered])
        if negative is not None
        else {"accuracy": _share_drawn(confidence[answered])},
        by_threshold=thresholded_accuracy(confidence_then[known], is_right, confidence[answered]),
        at_validation=float(is_right.mean()),
    )


def thresholded_accuracy(confidence_then: Floats, is_right: Bools, confidence: Floats) -> float:
    """Share of new films above the confidence that as many validation films exceed as are right.

    Args:
        confidence_then: (n,) of validation films.
        is_right: (n,) whether their calls are right.
        confidence: (m,) of new films.

    Example:
        >>> then, right = np.array([0.6, 0.7, 0.8, 0.9]), np.array([False, True, True, True])
        >>> thresholded_accuracy(then, right, np.array([0.55, 0.65, 0.95, 0.95]))
        0.5
    """
    n_wrong = int((~is_right).sum())
    ranked = np.sort(confidence_then)
    threshold = ranked[n_wrong] if n_wrong < len(ranked) else np.inf
    return float((confidence >= threshold).mean())


def _confidence(calls: FilmCalls, negative: int | None) -> tuple[Floats, Bools, Floats]:
    """Probability of the call of each film, whether it is positive, and that of a finding."""
    if negative is None or calls.called_positive is None or calls.prob_finding is None:
        best = calls.probabilities.max(axis=1)
        return best, np.ones(len(best), dtype=bool), best
    prob = calls.prob_finding
    return np.where(calls.called_positive, prob, 1 - prob), calls.called_positive, prob


def _is_right(
    calls: FilmCalls, positive: Bools, truth: NDArray[np.int64], negative: int | None
) -> Bools:
    right: Bools = calls.called_class == truth
    if negative is not None:
        right = positive == (truth != negative)
    return right


def _by_confidence(confidence: Floats, positive: Bools, prob: Floats) -> dict[str, ExpectedRate]:
    """Draw the unknown labels from their probabilities, and the films with replacement."""
    rng = np.random.default_rng(_SEED)
    rates = []
    for _ in range(_N_DRAWS):
        drawn = rng.integers(0, len(prob), len(prob))
        has_finding, called = rng.random(len(prob)) < prob[drawn], positive[drawn]
        rates.append(_rates(has_finding, called))
    table = np.array(rates)
    expected = {
        "accuracy": float(confidence.mean()),
        "sensitivity": _ratio(prob[positive].sum(), prob.sum()),
        "specificity": _ratio((1 - prob)[~positive].sum(), (1 - prob).sum()),
    }
    return {
        name: _estimate(value, table[:, place])
        for place, (name, value) in enumerate(expected.items())
    }


def _rates(has_finding: Bools, called: Bools) -> tuple[float, float, float]:
    is_right = has_finding == called
    return (
        float(is_right.mean()),
        float(called[has_finding].mean()) if has_finding.any() else np.nan,
        float((~called[~has_finding]).mean()) if not has_finding.all() else np.nan,
    )


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole >= _FEWEST_OF_KIND else None


def _estimate(value: float | None, draws: Floats) -> ExpectedRate:
    known = draws[np.isfinite(draws)]
    if value is None:
        return {"value": None, "low": None, "high": None}
    low, high = percentile_interval(known)
    return {"value": value, "low": low, "high": high}


def _share_drawn(confidence: Floats) -> ExpectedRate:
    rng = np.random.default_rng(_SEED)
    drawn = rng.choice(confidence, (_N_DRAWS, len(confidence)))
    is_right = rng.random(drawn.shape) < drawn
    return _estimate(float(confidence.mean()), is_right.mean(axis=1))
