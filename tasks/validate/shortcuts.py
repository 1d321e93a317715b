"""The shortcut audit: how much a film's file and trivial statistics give away, before any model.

Two questions: do they tell the classes apart, and, within one class, the given test split from
the rest? Each statistic answers alone, each family of statistics together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.statistics.auroc import Estimate, auroc, concordance, interval
from tasks.core.statistics.groups import join_groups
from tasks.validate.features import (
    CATEGORIES,
    FAMILIES,
    FAMILY_WORDS,
    UNKNOWN,
    family_matrix,
    with_features,
)

MOST_FILMS = 20_000  # of the audit; an interval is then 0.02 wide or less
N_FOLDS = 5
FEWEST_GROUPS = 10  # on either side of a question; with fewer, chance alone tells them apart
SEED = 0
TOGETHER = "all"
LABEL, SPLIT = "label", "split"

Scores = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Question:
    """Two piles of films that should look alike to anything but the anatomy.

    kind: `label` or `split`.
    label: The class that counts as positive, or within which the splits are told apart.
    against: The other class, or `the rest`.
    judged: (n,) bool, films that belong to either pile.
    positive: (n,) bool, films of the first pile.
    """

    kind: str
    label: str
    against: str
    judged: Flags
    positive: Flags

    def words(self) -> str:
        """The question as the end of a sentence: `PNEUMONIA from NORMAL`."""
        if self.kind == LABEL:
            return f"{self.label} from {self.against}"
        return f"the given test split of {self.label} from the rest of that class"


def audit(films: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, Any]:
    """Ask every question of every statistic.

    Args:
        films: One row per file, columns as in the manifest; the usable ones are audited.
        pairs: As in `tables.PAIRS_SCHEMA`; films of one group never straddle folds.

    Returns:
        `n_films` audited, `n_usable`, `n_folds`, `interval` (its source), `not_asked` (questions
        without enough patients) and `rows`: one per question, family and feature (`all` for the
        family together), with `auroc` as {"value", "low", "high"} and the finding in `words`;
        by question, then family, then falling AUROC, the family together first.
    """
    sample = draw(films)
    groups = _groups(sample, pairs)
    asked, not_asked = _questions(sample, groups)
    folds = _folds(sample, groups) if asked else np.zeros(len(sample), dtype=np.int64)
    table = with_features(sample)
    rows = [row for question in asked for row in _answers(question, table, groups, folds)]
    return {
        "n_films": len(sample),
        "n_usable": int((films["status"] == "ok").sum()),
        "n_folds": len(np.unique(folds)) if asked else 0,
        "interval": "95 %, Newcombe 2006 (method 5), by number of patient groups",
        "not_asked": not_asked,
        "rows": rows,
    }


def draw(films: pd.DataFrame) -> pd.DataFrame:
    """At most MOST_FILMS usable films with class and hashes, the same on every run.

    Their ids are digests of their bytes: the smallest are a fair draw that no order decides.
    """
    named = films[["path", "label", "image_id", "pixel_hash"]].notna().all(axis=1)
    known = named & (films["status"] == "ok") & ~films["path"].duplicated()
    chosen = films.index[known]
    if len(chosen) > MOST_FILMS:
        chosen = films.loc[known, "image_id"].sort_values(kind="stable").index[:MOST_FILMS]
    return films.loc[chosen].sort_values("path", kind="stable", ignore_index=True)


def _groups(sample: pd.DataFrame, pairs: pd.DataFrame) -> NDArray[np.int64]:
    return cast(NDArray[np.int64], pd.factorize(join_groups(sample, pairs), sort=True)[0])


def _questions(sample: pd.DataFrame, groups: NDArray[np.int64]) -> tuple[list[Question], list[str]]:
    asked: list[Question] = []
    not_asked: list[str] = []
    for question in _all_questions(sample):
        sides = (question.positive, question.judged & ~question.positive)
        if min(len(np.unique(groups[side])) for side in sides) < FEWEST_GROUPS:
            not_asked.append(question.words())
        else:
            asked.append(question)
    return asked, not_asked


def _all_questions(sample: pd.DataFrame) -> Iterator[Question]:
    label = sample["label"].to_numpy(dtype=object)
    classes = sorted(set(label))
    everything = np.ones(len(sample), dtype=np.bool_)
    if len(classes) == 2:
        yield Question(LABEL, classes[1], classes[0], everything, label == classes[1])
    elif len(classes) > 2:
        for name in classes:
            yield Question(LABEL, name, "the rest", everything, label == name)
    in_test = (sample["given_split"] == "test").to_numpy(dtype=np.bool_)
    if in_test.any():
        for name in classes:
            mine = label == name
            yield Question(SPLIT, name, "the rest", mine, mine & in_test)


def _folds(sample: pd.DataFrame, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of the fold of each film; groups stay whole, classes and splits evenly spread."""
    from sklearn.model_selection import StratifiedGroupKFold

    side = np.where(sample["given_split"] == "test", "test", "rest")
    stratum = sample["label"].astype(str).to_numpy(dtype=object) + "/" + side.astype(object)
    kinds, codes = np.unique(stratum.astype(str), return_inverse=True)
    n_folds = min(N_FOLDS, len(np.unique(groups)))
    rare = np.bincount(codes, minlength=len(kinds)) < n_folds
    codes = np.where(rare[codes], len(kinds), codes)  # too few to be spread: one stratum for all
    if (codes == len(kinds)).sum() < n_folds:
        codes[codes == len(kinds)] = codes.min()
    splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=SEED)
    folds = np.zeros(len(sample), dtype=np.int64)
    for number, (_, held_out) in enumerate(splitter.split(codes, codes, groups)):
        folds[held_out] = number
    return folds


def _answers(
    question: Question, table: pd.DataFrame, groups: NDArray[np.int64], folds: NDArray[np.int64]
) -> Iterator[dict[str, Any]]:
    judged = question.judged
    mine, groups, folds = table[judged], groups[judged], folds[judged]
    positive = question.positive[judged]
    n_groups = len(np.unique(groups[positive])), len(np.unique(groups[~positive]))
    for family, names in FAMILIES.items():
        matrix = family_matrix(mine, family).to_numpy(dtype=np.float64)
        together = interval(_out_of_fold(matrix, positive, folds), *n_groups)
        yield _row(question, family, TOGETHER, together)
        alone = [
            (name, interval(_alone(mine[name], positive, folds), *n_groups).folded())
            for name in names
        ]
        for name, found in sorted(alone, key=lambda pair: -pair[1].value):
            yield _row(question, family, name, found)


def _alone(values: pd.Series, positive: Flags, folds: NDArray[np.int64]) -> float:
    """AUROC of one statistic; a missing number ranks below all others."""
    if values.name not in CATEGORIES:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        return auroc(np.nan_to_num(numbers, nan=UNKNOWN), positive)
    levels = pd.factorize(values, use_na_sentinel=False)[0]

    def share_of_level(train: Flags, held_out: Flags) -> Scores:
        n_films = np.bincount(levels[train], minlength=levels.max() + 1)
        n_positive = np.bincount(levels[train & positive], minlength=levels.max() + 1)
        prior = positive[train].mean()
        return cast(Scores, ((n_positive + prior) / (n_films + 1))[levels[held_out]])

    return _within_folds(share_of_level, positive, folds)


def _out_of_fold(matrix: Scores, positive: Flags, folds: NDArray[np.int64]) -> float:
    """AUROC of boosted trees on held-out groups; 0.5 where no column varies."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # no hints of its own

    def chance(train: Flags, held_out: Flags) -> Scores:
        trees = HistGradientBoostingClassifier(
            max_iter=60,
            learning_rate=0.15,
            max_leaf_nodes=8,
            min_samples_leaf=int(np.clip(train.sum() // 20, 2, 20)),
            early_stopping=False,
            random_state=SEED,
        )
        trees.fit(matrix[train], positive[train])
        return cast(Scores, trees.predict_proba(matrix[held_out])[:, 1])

    with threadpool_limits(limits=1):  # the same sums in the same order on any number of cores
        return _within_folds(chance, positive, folds)


def _within_folds(score: Any, positive: Flags, folds: NDArray[np.int64]) -> float:
    """AUROC over the pairs that lie in one fold: scores of two fits are not compared.

    Source:
        Airola et al., Computational Statistics & Data Analysis 55:1828-1844, 2011: pooling the
        folds is biased, a constant score then lies below 0.5.
    """
    concordant, n_pairs = 0.0, 0
    for fold in np.unique(folds):
        held_out = folds == fold
        train = ~held_out
        if len(np.unique(positive[train])) < 2 or len(np.unique(positive[held_out])) < 2:
            continue
        found, possible = concordance(score(train, held_out), positive[held_out])
        concordant, n_pairs = concordant + found, n_pairs + possible
    return concordant / n_pairs if n_pairs else 0.5


def _row(question: Question, family: str, feature: str, found: Estimate) -> dict[str, Any]:
    estimate = {"value": found.value, "low": found.low, "high": found.high}
    if feature == TOGETHER:
        subject, verb = FAMILY_WORDS[family], "tell"
    else:
        subject, verb = f"{FAMILIES[family][feature]} alone", "tells"
    size = f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
    return {
        "question": question.kind,
        "class": question.label,
        "against": question.against,
        "family": family,
        "feature": feature,
        "auroc": {name: round(value, 6) for name, value in estimate.items()},
        "words": f"{subject} {verb} {question.words()} with AUROC {size}",
    }
