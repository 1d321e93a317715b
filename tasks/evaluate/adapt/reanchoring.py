"""A threshold for another place, from unlabelled scores: equal share of films called positive."""

import numpy as np

from tasks.core.statistics.arrays import Floats


def reanchored_threshold(prob_positive: Floats, share_called: float) -> float:
    """Threshold at which a stated share of films is called positive.

    It holds the share of calls, not the sensitivity. That share is P * sensitivity +
    (1 - P) * (1 - specificity) at prevalence P: where P is lower than at home, the threshold comes
    out too low and normal films are called positive; where P is higher, findings are missed.

    Args:
        prob_positive: (n,) float64 in [0, 1], of the unlabelled films; n is at least 1.
        share_called: Share of films to call positive, 0 to 1, as on the validation films at home.

    Returns:
        Probability of a finding from which on a film is called positive; above the highest one if
        no film is to be called.

    Example:
        >>> reanchored_threshold(np.array([0.9, 0.2, 0.6, 0.1]), share_called=0.5)
        0.6

    Source: quantile matching; Saerens et al., Neural Computation 14(1), 2002, is the way that
    estimates the prevalence instead.
    """
    highest_first = np.sort(prob_positive)[::-1]
    n_called = int(np.rint(share_called * len(highest_first)))
    if n_called == 0:
        return float(np.nextafter(highest_first[0], np.inf))
    return float(highest_first[n_called - 1])
