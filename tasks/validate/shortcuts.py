"""The shortcut audit: how well file facts and trivial statistics predict the class.

A second question of the audit: within one class, how well do they separate the given test split
from the rest? The audit tests each statistic alone, and each family of statistics together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools
from tasks.core.statistics.auroc import auroc_interval
from tasks.core.statistics.groups import join_groups
from tasks.core.statistics.intervals import Estimate
from tasks.validate.cross_validation import Indices, assign_folds, family_auroc, statistic_auroc
from tasks.validate.features import FAMILIES, FAMILY_WORDS, family_matrix, with_features

_MOST_FILMS = 20_000  # with so many, an interval is at most 0.02 wide
FEWEST_GROUPS = 10  # patients on each side; with fewer, chance alone separates them
TOGETHER = "all"
LABEL, SPLIT = "label", "split"


@dataclass(frozen=True, kw_only=True)
class Question:
    """Two sets of films that only the anatomy should separate.

    kind: `label` or `split`.
    label: The positive class, or the class whose splits are compared.
    against: The other class, or `the rest`.
    asked: (n,) bool, films of either set.
    positive: (n,) bool, films of the first set.
    """

    kind: str
    label: str
    against: str
    asked: Bools
    positive: Bools

    def words(self) -> str:
        """The question as the end of a sentence, such as `PNEUMONIA from NORMAL`."""
        if self.kind == LABEL:
            return f"{self.label} from {self.against}"
        return f"the given test split of {self.label} from the rest of that class"


def audit_shortcuts(films: pd.DataFrame, pairs: pd.DataFrame) -> dict[str, Any]:
    """Measure how well every statistic answers every question.

    Args:
        films: One row per file, columns as in the manifest; only usable films are used.
        pairs: As in `tables.PAIRS_SCHEMA`; all films of one group are in one fold.

    Returns:
        `n_films` (used), `n_usable`, `n_folds`, `interval` (its source), `not_asked` (questions
        without enough patients) and `rows`. A row has a question, a family, a feature (`all` is
        the whole family), `auroc` as {"value", "low", "high"} and the finding in `words`. Rows
        are sorted by question, family and falling AUROC; the whole family comes first.
    """
    sample = sample_films(films)
    groups = _groups(sample, pairs)
    asked, not_asked = _questions(sample, groups)
    folds = assign_folds(sample, groups) if asked else np.zeros(len(sample), dtype=np.int64)
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


def sample_films(films: pd.DataFrame) -> pd.DataFrame:
    """At most 20,000 usable films with class and hashes, the same on every run.

    The films with the smallest image ids: these ids are hashes, so the sample is random.
    """
    named = films[["path", "label", "image_id", "pixel_hash"]].notna().all(axis=1)
    known = named & (films["status"] == "ok") & ~films["path"].duplicated()
    chosen = films.index[known]
    if len(chosen) > _MOST_FILMS:
        chosen = films.loc[known, "image_id"].sort_values(kind="stable").index[:_MOST_FILMS]
    return films.loc[chosen].sort_values("path", kind="stable", ignore_index=True)


def _groups(sample: pd.DataFrame, pairs: pd.DataFrame) -> Indices:
    return cast(Indices, pd.factorize(join_groups(sample, pairs), sort=True)[0])


def _questions(sample: pd.DataFrame, groups: Indices) -> tuple[list[Question], list[str]]:
    asked: list[Question] = []
    not_asked: list[str] = []
    for question in _all_questions(sample):
        sides = (question.positive, question.asked & ~question.positive)
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
        yield Question(
            kind=LABEL,
            label=classes[1],
            against=classes[0],
            asked=everything,
            positive=label == classes[1],
        )
    elif len(classes) > 2:
        for name in classes:
            yield Question(
                kind=LABEL,
                label=name,
                against="the rest",
                asked=everything,
                positive=label == name,
            )
    in_test = (sample["given_split"] == "test").to_numpy(dtype=np.bool_)
    if in_test.any():
        for name in classes:
            mine = label == name
            yield Question(
                kind=SPLIT,
                label=name,
                against="the rest",
                asked=mine,
                positive=mine & in_test,
            )


def _answers(
    question: Question, table: pd.DataFrame, groups: Indices, folds: Indices
) -> Iterator[dict[str, Any]]:
    asked = question.asked
    mine, groups, folds = table[asked], groups[asked], folds[asked]
    positive = question.positive[asked]
    n_groups = len(np.unique(groups[positive])), len(np.unique(groups[~positive]))
    for family, names in FAMILIES.items():
        matrix = family_matrix(mine, family).to_numpy(dtype=np.float64)
        together = auroc_interval(family_auroc(matrix, positive, folds), *n_groups)
        yield _row(question, family, TOGETHER, together)
        alone = [
            (name, auroc_interval(statistic_auroc(mine[name], positive, folds), *n_groups).folded())
            for name in names
            if name != "site" or mine["site"].nunique() > 1  # most sources have no sites
        ]
        for name, found in sorted(alone, key=lambda pair: -pair[1].value):
            yield _row(question, family, name, found)


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
