"""Can a classifier tell new films from validation films, by all features together?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.auroc import auroc, auroc_interval
from tasks.core.statistics.intervals import Estimate
from tasks.monitor.film_features import ACQUISITION

FEWEST_TOLD_APART = 20  # on each side: a fold then tests 4 films
_N_FOLDS = 5
_PENALTY = 0.1  # inverse strength: the films are few beside the features
_MOST_LEVELS = 8


@dataclass(frozen=True)
class DomainResult:
    """auroc: mean over the folds, each on films that its classifier did not fit. p_value: of it."""

    auroc: Estimate
    p_value: float


def tell_apart(reference: Floats, inbox: Floats, seed: int) -> DomainResult | None:
    """Fit a logistic regression to four fifths of the films, and test it on the other fifth.

    Args:
        reference: (n, k) float64, one film of each patient.
        inbox: (m, k) the same features of new films.
        seed: Seed of the folds.

    Returns:
        None with fewer than FEWEST_TOLD_APART on a side.

    Source:
        Classifier two-sample test: Lopez-Paz and Oquab, ICLR 2017. Each fold is a rank test of
        films outside the fit (Mann and Whitney). The folds share training films, so their p
        values depend on each other: twice their mean is a p value whatever the dependence, Vovk
        and Wang, Biometrika 107:791-808, 2020.
    """
    from scipy.stats import mannwhitneyu

    if min(len(reference), len(inbox)) < FEWEST_TOLD_APART:
        return None
    points = np.concatenate([reference, inbox])
    is_new = np.repeat([False, True], [len(reference), len(inbox)])
    values, p_values = [], []
    for held_out in _folds(is_new, seed):
        scores = _scores(points, is_new, held_out)
        new = is_new[held_out]
        values.append(auroc(scores, new))
        p_values.append(mannwhitneyu(scores[new], scores[~new], alternative="greater").pvalue)
    mean = float(np.mean(values))
    interval = auroc_interval(mean, n_positive=len(inbox), n_negative=len(reference))
    return DomainResult(interval, min(1.0, 2 * float(np.mean(p_values))))


def _folds(is_new: np.ndarray, seed: int) -> list[np.ndarray]:
    """Positions of the films of each fold; both sides are spread evenly."""
    rng = np.random.default_rng(seed)
    number = np.empty(len(is_new), dtype=np.int64)
    for side in (False, True):
        places = np.flatnonzero(is_new == side)
        number[places] = rng.permutation(len(places)) % _N_FOLDS
    return [np.flatnonzero(number == fold) for fold in range(_N_FOLDS)]


def _scores(points: Floats, is_new: np.ndarray, held_out: np.ndarray) -> Floats:
    """Scores of the films of one fold, by a classifier that was fitted to the others."""
    from sklearn.linear_model import LogisticRegression

    fitted = np.setdiff1d(np.arange(len(points)), held_out)
    mean, spread = points[fitted].mean(axis=0), points[fitted].std(axis=0)
    scaled = (points - mean) / np.where(spread > 0, spread, 1.0)
    model = LogisticRegression(C=_PENALTY, class_weight="balanced", max_iter=500)
    model.fit(scaled[fitted], is_new[fitted])
    scores: Floats = model.decision_function(scaled[held_out])
    return scores


def feature_matrix(
    reference: pd.DataFrame, inbox: pd.DataFrame, places: tuple[Floats, Floats]
) -> tuple[Floats, Floats]:
    """All features as numbers.

    Args:
        reference: Features of ACQUISITION of n films.
        inbox: The same of m new films.
        places: (n, k) and (m, k) places of their embeddings, see `embedding_axes`.

    Returns:
        (n, j) and (m, j) float64. A missing number is the median of all films; a category is
        one column for each of its most frequent levels.
    """
    both = pd.concat([reference, inbox], ignore_index=True)
    columns = []
    for name, feature in ACQUISITION.items():
        if feature.is_category:
            counts = both[name].value_counts().sort_index()
            levels = counts.sort_values(ascending=False, kind="stable").index[:_MOST_LEVELS]
            columns += [(both[name] == level).to_numpy(np.float64) for level in levels]
        else:
            known = both[name].dropna()
            middle = float(known.median()) if len(known) else 0.0
            columns.append(both[name].fillna(middle).to_numpy(np.float64))
    matrix = np.column_stack([*columns, np.concatenate(places)])
    return matrix[: len(reference)], matrix[len(reference) :]
