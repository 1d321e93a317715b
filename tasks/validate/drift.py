"""How far a manifest lies from a reference manifest."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.validate.features import CATEGORIES, METADATA, PIXELS, with_features

FLOOR = 1e-4  # share that an empty bin counts as, so that the logarithm exists
MOST_BINS = 10
FILMS_PER_BIN = 50  # fewer, and the index of two draws from one source reaches 0.1 by chance
MISSING = "missing"


def stability_index(reference: NDArray[np.float64], current: NDArray[np.float64]) -> float:
    """Population stability index of two distributions over the same bins.

    Args:
        reference: (n_bins,) counts or shares; brought to a sum of 1.
        current: The same bins now.

    Returns:
        sum((current - reference) * ln(current / reference)); 0 when they agree. The usual reading
        is: under 0.1 stable, 0.1 to 0.25 some drift, above 0.25 much.

    Source:
        Siddiqi, Credit Risk Scorecards, Wiley 2006; Jeffreys divergence of the two.
    """
    expected = np.maximum(reference / reference.sum(), FLOOR)
    found = np.maximum(current / current.sum(), FLOOR)
    return float(((found - expected) * np.log(found / expected)).sum())


def drift_table(reference: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Drift of every statistic.

    Args:
        reference: Usable films of the earlier manifest.
        current: Usable films of this one.

    Returns:
        One row per statistic: `statistic`, `psi`, and `reference` and `current`, the median or
        the most frequent level of each.
    """
    before, now = with_features(reference), with_features(current)
    n_bins = max(2, min(MOST_BINS, min(len(before), len(now)) // FILMS_PER_BIN))
    rows = []
    for name in (*METADATA, *PIXELS):
        one, other = before[name], now[name]
        if name not in CATEGORIES:
            one, other = _binned(one, other, n_bins)
        rows.append(
            {
                "statistic": name,
                "psi": level_index(one, other),
                "reference": _middle(before[name]),
                "current": _middle(now[name]),
            }
        )
    return pd.DataFrame(rows)


def level_index(reference: pd.Series, current: pd.Series) -> float:
    """Population stability index over the levels of a category; missing is a level."""
    before = reference.astype(object).fillna(MISSING).value_counts()
    now = current.astype(object).fillna(MISSING).value_counts()
    levels = sorted({*before.index, *now.index}, key=str)
    if before.empty or now.empty:
        return math.inf if levels else 0.0
    return stability_index(
        np.array([before.get(level, 0) for level in levels], dtype=np.float64),
        np.array([now.get(level, 0) for level in levels], dtype=np.float64),
    )


def class_table(reference: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Films per class, then and now: `label`, `n_reference`, `n_current`."""
    before, now = reference["label"].value_counts(), current["label"].value_counts()
    labels = sorted({*before.index, *now.index})
    return pd.DataFrame(
        {
            "label": labels,
            "n_reference": before.reindex(labels, fill_value=0).to_numpy(dtype=np.int64),
            "n_current": now.reindex(labels, fill_value=0).to_numpy(dtype=np.int64),
        }
    )


def _binned(reference: pd.Series, current: pd.Series, n_bins: int) -> tuple[pd.Series, pd.Series]:
    """Both as bin numbers: one bin per value where there are few, else quantiles of `reference`."""
    values = np.unique(reference.dropna())
    if len(values) <= n_bins:
        return reference, current
    shares = np.linspace(0, 1, n_bins + 1)[1:-1]
    edges = np.unique(np.quantile(reference.dropna(), shares, method="lower"))
    return _bins(reference, edges), _bins(current, edges)


def _bins(values: pd.Series, edges: NDArray[np.float64]) -> pd.Series:
    numbers = np.searchsorted(edges, values.to_numpy(), side="left").astype(np.float64)
    return pd.Series(numbers, index=values.index).where(values.notna())


def _middle(values: pd.Series) -> str:
    known = values.dropna()
    if known.empty:
        return MISSING
    if values.name in CATEGORIES:
        return str(known.value_counts().sort_index().idxmax())
    return f"{known.median():.4g}"
