"""Drift: how much the films differ from those of a reference manifest."""

import math

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats
from tasks.core.tables import MANIFEST_SCHEMA
from tasks.validate.features import CATEGORIES, METADATA, PIXELS, with_features

# Columns that a reference manifest must have; `with_features` computes the other statistics
_STATISTICS = tuple(name for name in (*METADATA, *PIXELS) if name != "site")
REFERENCE_COLUMNS = (
    "status",
    "label",
    *(name for name in _STATISTICS if name in MANIFEST_SCHEMA.names),
)
_FLOOR = 1e-4  # share of an empty bin, so that the logarithm exists
_MOST_BINS = 10
_FILMS_PER_BIN = 50  # with fewer, two samples of one source differ by 0.1 by chance
_MISSING = "missing"


def stability_index(reference: Floats, current: Floats) -> float:
    """Population stability index of two distributions over the same bins.

    Args:
        reference: (n_bins,) counts or shares; they are scaled to a sum of 1.
        current: (n_bins,) the same bins of the present films.

    Returns:
        sum((current - reference) * ln(current / reference)); 0 for equal distributions. The usual
        scale: below 0.1 stable, 0.1 to 0.25 some drift, above 0.25 strong drift.

    Source:
        Siddiqi, Credit Risk Scorecards, Wiley 2006: the Jeffreys divergence of the two.
    """
    expected = np.maximum(reference / reference.sum(), _FLOOR)
    found = np.maximum(current / current.sum(), _FLOOR)
    return float(((found - expected) * np.log(found / expected)).sum())


def drift_table(reference: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Drift of every statistic.

    Args:
        reference: Usable films of the reference manifest.
        current: Usable films of the present manifest.

    Returns:
        One row per statistic: `statistic`, `psi`, and the median or most frequent level in
        `reference` and in `current`.
    """
    before, now = with_features(reference), with_features(current)
    n_bins = max(2, min(_MOST_BINS, min(len(before), len(now)) // _FILMS_PER_BIN))
    rows = []
    for name in _STATISTICS:
        one, other = before[name], now[name]
        if name not in CATEGORIES:
            one, other = _binned(one, other, n_bins)
        rows.append(
            {
                "statistic": name,
                "psi": level_index(one, other),
                "reference": _typical(before[name]),
                "current": _typical(now[name]),
            }
        )
    return pd.DataFrame(rows)


def level_index(reference: pd.Series, current: pd.Series) -> float:
    """Population stability index over the levels of a category; a missing value is a level."""
    before = reference.astype(object).fillna(_MISSING).value_counts()
    now = current.astype(object).fillna(_MISSING).value_counts()
    levels = sorted({*before.index, *now.index}, key=str)
    if before.empty or now.empty:
        return math.inf if levels else 0.0
    return stability_index(
        np.array([before.get(level, 0) for level in levels], dtype=np.float64),
        np.array([now.get(level, 0) for level in levels], dtype=np.float64),
    )


def class_table(reference: pd.DataFrame, current: pd.DataFrame) -> pd.DataFrame:
    """Films per class in both manifests: `label`, `n_reference`, `n_current`."""
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
    """Bin numbers: one bin per value if there are few values, else quantiles of `reference`."""
    values = np.unique(reference.dropna())
    if len(values) <= n_bins:
        return reference, current
    shares = np.linspace(0, 1, n_bins + 1)[1:-1]
    edges = np.unique(np.quantile(reference.dropna(), shares, method="lower"))
    return _bins(reference, edges), _bins(current, edges)


def _bins(values: pd.Series, edges: Floats) -> pd.Series:
    numbers = np.searchsorted(edges, values.to_numpy(), side="left").astype(np.float64)
    return pd.Series(numbers, index=values.index).where(values.notna())


def _typical(values: pd.Series) -> str:
    known = values.dropna()
    if known.empty:
        return _MISSING
    if values.name in CATEGORIES:
        return str(known.value_counts().sort_index().idxmax())
    return f"{known.median():.4g}"
