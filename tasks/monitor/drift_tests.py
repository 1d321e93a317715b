"""Whether one feature has moved: a test, and by how much, in the unit of the feature."""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats
from tasks.monitor.film_features import DriftFeature, Family

_MOST_LEVELS = 8  # of a category; the rarer ones count as one
_OTHER = "other"
_N_DRAWS = 9999  # smallest p value of a category: 1 / 10,000; 26 tests need 1 / 520
_ROUNDING = 1e-9


@dataclass(frozen=True)
class FeatureMove:
    """How one feature of new films differs from that of the training.

    reference, inbox: median, or the commonest level. n_reference, n_inbox: films behind them.
    moved_by: Wasserstein distance in the unit; of a category the share of films in other levels.
    spreads: the same in standard deviations of the reference, for comparisons of features.
    statistic: largest distance of the two distribution functions (Kolmogorov and Smirnov), or that
    share. p_value: of that test. p_corrected: for all tests of the inbox (Holm). is_higher: whether
    the mean has risen; None for a category.
    """

    feature: str
    title: str
    family: Family
    unit: str
    reference: float | str
    inbox: float | str
    n_reference: int
    n_inbox: int
    moved_by: float
    spreads: float
    statistic: float
    p_value: float
    is_higher: bool | None
    p_corrected: float = 1.0
    has_moved: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The move for a JSON file."""
        return asdict(self)


def compare_numbers(
    name: str, feature: DriftFeature, reference: pd.Series, inbox: pd.Series
) -> FeatureMove | None:
    """Compare the numbers of one feature.

    Args:
        name: Column of the feature.
        feature: What it is.
        reference: Numbers of the training; missing ones are left out.
        inbox: Numbers of new films.

    Returns:
        None if a side has no number, or all numbers are equal: then nothing can be seen, and no
        test is made.

    Source:
        Two-sample test of Kolmogorov and Smirnov: Hodges, Arkiv foer Matematik 3:469-486, 1958;
        with ties the p value is too large, never too small. Tests that cannot reject are no
        tests: Tarone, Biometrics 46:515-522, 1990.
    """
    from scipy.stats import ks_2samp, wasserstein_distance

    before, now = (one.dropna().to_numpy(dtype=np.float64) for one in (reference, inbox))
    if not len(before) or not len(now) or np.ptp(np.concatenate([before, now])) == 0:
        return None
    test = ks_2samp(before, now)
    moved_by = float(wasserstein_distance(before, now))
    return FeatureMove(
        feature=name,
        title=feature.title,
        family=feature.family,
        unit=feature.unit,
        reference=float(np.median(before)),
        inbox=float(np.median(now)),
        n_reference=len(before),
        n_inbox=len(now),
        moved_by=moved_by,
        spreads=moved_by / max(float(before.std()), feature.step),
        statistic=float(test.statistic),
        p_value=float(test.pvalue),
        is_higher=bool(now.mean() > before.mean()),
    )


def compare_levels(
    name: str, feature: DriftFeature, reference: pd.Series, inbox: pd.Series, seed: int
) -> FeatureMove | None:
    """Compare the levels of one category.

    Args:
        name: Column of the feature.
        feature: What it is.
        reference: Level of each film of the training.
        inbox: Level of each new film.
        seed: Seed of the draws.

    Returns:
        None if all films have one level.

    Source:
        Chi-squared statistic; its p value by random division of the pooled films: Phipson and
        Smyth, Stat. Appl. Genet. Mol. Biol. 9(1), article 39, 2010.
    """
    before, now = _level_counts(reference, inbox)
    if len(before) < 2:
        return None
    draws = np.random.default_rng(seed).multivariate_hypergeometric(
        (before + now).astype(np.int64), int(now.sum()), size=_N_DRAWS, method="marginals"
    )
    expected = (before + now) * now.sum() / (before.sum() + now.sum())
    # The statistic of both rows is this sum times a constant
    found = float(((now - expected) ** 2 / expected).sum())
    n_as_far = int((((draws - expected) ** 2 / expected).sum(axis=1) >= found - _ROUNDING).sum())
    share = float(np.abs(before / before.sum() - now / now.sum()).sum() / 2)
    return FeatureMove(
        feature=name,
        title=feature.title,
        family=feature.family,
        unit=feature.unit,
        reference=str(reference.mode()[0]),
        inbox=str(inbox.mode()[0]),
        n_reference=len(reference),
        n_inbox=len(inbox),
        moved_by=share,
        spreads=spreads_of_share(share, len(inbox)),
        statistic=share,
        p_value=(1 + n_as_far) / (1 + _N_DRAWS),
        is_higher=None,
    )


def _level_counts(reference: pd.Series, inbox: pd.Series) -> tuple[Floats, Floats]:
    """Films of each level; the levels beyond the most frequent ones count as one."""
    pooled = pd.concat([reference, inbox]).value_counts()
    kept = set(pooled.sort_index().sort_values(ascending=False, kind="stable")[:_MOST_LEVELS].index)
    counts = [one.where(one.isin(kept), _OTHER).value_counts() for one in (reference, inbox)]
    levels = sorted(set(counts[0].index) | set(counts[1].index))
    before, now = (np.array([one.get(level, 0) for level in levels], float) for one in counts)
    return before, now


def spreads_of_share(share: float, n_inbox: int) -> float:
    """Standard deviations by which a normal feature must move to differ in this share of films.

    Args:
        share: Largest distance of two distribution functions, 0 to 1.
        n_inbox: Films behind it; a share of 1 counts as half a film less.

    Example:
        >>> round(spreads_of_share(0.5, 1000), 2)
        1.35

    Source: two normal curves d apart differ by 2 Phi(d / 2) - 1 at most.
    """
    from scipy.stats import norm

    known = min(share, 1 - 1 / (2 * n_inbox))
    return float(2 * norm.ppf((1 + known) / 2))


def smallest_visible_move(n_reference: int, n_inbox: int, level: float) -> float | None:
    """Move of a normal feature that the test finds in about half of such inboxes.

    Args:
        n_reference: Films of the training.
        n_inbox: New films.
        level: P value that a single test must reach.

    Returns:
        Standard deviations of the reference; None if no move can reach the level.
    """
    from scipy.stats import kstwo, norm

    n_both = max(1, round(n_reference * n_inbox / (n_reference + n_inbox)))
    distance = float(kstwo.isf(level, n_both))
    move = 2 * float(norm.ppf((1 + distance) / 2)) if distance < 1 else math.inf
    return move if math.isfinite(move) else None
