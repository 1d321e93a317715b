"""Points of the ROC curve."""

from sklearn.metrics import roc_curve

from tasks.core.statistics.arrays import Bools, Floats


def roc_points(prob: Floats, positive: Bools) -> tuple[Floats, Floats]:
    """Points of the ROC curve from (0, 0) to (1, 1), one per distinct probability.

    Args:
        prob: (n,) float64 in [0, 1], probability of a finding.
        positive: (n,) bool, true where the film has a finding; both values occur.

    Returns:
        false_alarm_rate: (k,) 1 - specificity, rising.
        sensitivity: (k,) rising.
    """
    false_alarm_rate, sensitivity, _ = roc_curve(positive, prob, drop_intermediate=False)
    return false_alarm_rate, sensitivity
