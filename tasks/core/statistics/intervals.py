"""A value with its 95 % interval, and the interval of a proportion."""

from dataclasses import dataclass

Z_95 = 1.959963984540054  # 0.975 quantile of the standard normal distribution
_CHANCE = 0.5  # AUROC of scores that say nothing


@dataclass(frozen=True)
class Estimate:
    """A value in [0, 1] and the two ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def folded(self) -> "Estimate":
        """An AUROC of 0.5 or more: an AUROC below 0.5 is mirrored, and its interval with it."""
        if self.value >= _CHANCE:
            return self
        return Estimate(value=1 - self.value, low=1 - self.high, high=1 - self.low)


def wilson_interval(n_hits: int, n: int) -> Estimate:
    """A proportion with Wilson's 95 % score interval.

    Args:
        n_hits: Number of successes, 0 to n.
        n: Number of independent trials, at least 1.

    Example:
        >>> found = wilson_interval(9, 10)
        >>> f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
        '0.90 (0.60 to 0.98)'

    Source: Wilson, J. Am. Stat. Assoc. 22:209-212, 1927.
    """
    from scipy.stats import binomtest  # half a second, and most stages that import this need none

    ends = binomtest(n_hits, n).proportion_ci(confidence_level=0.95, method="wilson")
    return Estimate(value=n_hits / n, low=float(ends.low), high=float(ends.high))
