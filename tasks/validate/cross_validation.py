"""Cross-validated AUROC of one statistic, or of a family of statistics together."""

from collections.abc import Callable
from typing import cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.auroc import auroc, concordance
from tasks.validate.features import CATEGORIES, MISSING_NUMBER

_N_FOLDS = 5
_SEED = 0

Indices = NDArray[np.int64]
Predict = Callable[[Bools, Bools], Floats]  # training and held-out films -> held-out scores


def assign_folds(sample: pd.DataFrame, groups: Indices) -> Indices:
    """Fold of each film: one fold per group, with classes and splits evenly spread."""
    from sklearn.model_selection import StratifiedGroupKFold

    side = np.where(sample["given_split"] == "test", "test", "rest")
    stratum = sample["label"].astype(str).to_numpy(dtype=object) + "/" + side.astype(object)
    kinds, codes = np.unique(stratum.astype(str), return_inverse=True)
    n_folds = min(_N_FOLDS, len(np.unique(groups)))
    rare = np.bincount(codes, minlength=len(kinds)) < n_folds
    codes = np.where(rare[codes], len(kinds), codes)  # too few to spread: one common stratum
    if (codes == len(kinds)).sum() < n_folds:
        codes[codes == len(kinds)] = codes.min()
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=_SEED)
    folds = np.zeros(len(sample), dtype=np.int64)
    for number, (_, held_out) in enumerate(splitter.split(codes, codes, groups)):
        folds[held_out] = number
    return folds


def statistic_auroc(values: pd.Series, positive: Bools, folds: Indices) -> float:
    """AUROC of one statistic; a missing number ranks lowest.

    A number is the score itself. The score of a category is the share of positive films at its
    level in the other folds.

    Args:
        values: (n,) one column of `with_features`.
        positive: (n,).
        folds: (n,) from `assign_folds`.
    """
    if values.name not in CATEGORIES:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return auroc(np.nan_to_num(numbers, nan=MISSING_NUMBER), positive)
    levels = pd.factorize(values, use_na_sentinel=False)[0]

    def share_of_level(train: Bools, held_out: Bools) -> Floats:
        n_films = np.bincount(levels[train], minlength=levels.max() + 1)
        n_positive = np.bincount(levels[train & positive], minlength=levels.max() + 1)
        prior = positive[train].mean()
        return cast(Floats, ((n_positive + prior) / (n_films + 1))[levels[held_out]])

    return _within_folds(share_of_level, positive, folds)


def family_auroc(matrix: Floats, positive: Bools, folds: Indices) -> float:
    """AUROC of boosted trees on held-out groups; 0.5 if no column varies.

    Args:
        matrix: (n, n_features) from `family_matrix`.
        positive: (n,).
        folds: (n,) from `assign_folds`.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # has no type hints

    def probability(train: Bools, held_out: Bools) -> Floats:
        trees = HistGradientBoostingClassifier(
            max_iter=60,
            learning_rate=0.15,
            max_leaf_nodes=8,
            min_samples_leaf=int(np.clip(train.sum() // 20, 2, 20)),
            early_stopping=False,
            random_state=_SEED,
        )
        trees.fit(matrix[train], positive[train])
        return cast(Floats, trees.predict_proba(matrix[held_out])[:, 1])

    with threadpool_limits(limits=1):  # same order of sums for any number of cores
        return _within_folds(probability, positive, folds)


def _within_folds(predict: Predict, positive: Bools, folds: Indices) -> float:
    """AUROC over the pairs within a fold: scores of two fits are not compared.

    Source:
        Airola et al., Computational Statistics & Data Analysis 55:1828-1844, 2011: pooling the
        folds is biased; a constant score then has an AUROC below 0.5.
    """
    concordant, n_pairs = 0.0, 0
    for fold in np.unique(folds):
        held_out = folds == fold
        train = ~held_out
        if len(np.unique(positive[train])) < 2 or len(np.unique(positive[held_out])) < 2:
            continue
        found, possible = concordance(predict(train, held_out), positive[held_out])
        concordant, n_pairs = concordant + found, n_pairs + possible
    return concordant / n_pairs if n_pairs else 0.5
