"""Assign each group of films to a split and, if asked for, to a fold.

A group is in the test split if its first draw is below `test_share`. Otherwise it is in the
validation split if its second, independent draw is below `val_share`. The tests check three
properties:

Stable. When data grows, a film of the test or validation split never moves to training, and a
film keeps its split unless its group gains a patient. With folds this holds for the test split
only. The property requires the same seed and shares, and a given test split both before and after
or neither. It does not hold for a class so small that `place_groups` must move a group; a log line
says so.

Close. Take n films of a stratum (a label and subtype) in groups of n_g films. The share of films
below a threshold s lies within 4 * sqrt(s * (1 - s) * sum(n_g^2)) / n of s: four standard errors
of a sum of independent draws, one per group. Groups of several patients are held out more often
(see `tasks.resample.hash_draws`), so with many such groups the shares are larger.

Fair. A draw does not depend on label or subtype, so every stratum has the same threshold.
"""

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.errors import CohortError
from tasks.core.params import ResampleParams
from tasks.core.tables import SPLITS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Bins:
    """Adjacent intervals of [0, 1] for draws.

    names: name of each bin, for the log.
    edges: limits between the bins, rising; one fewer than bins.
    fewest: number of groups of each class that each bin needs.
    """

    names: tuple[str, ...]
    edges: tuple[float, ...]
    fewest: tuple[int, ...]


def split_films(samples: pd.DataFrame, params: ResampleParams) -> pd.DataFrame:
    """Assign each film to a split and a fold. Films of one group are in the same split and fold.

    Args:
        samples: Columns `group_id`, `label`, `in_kept_test` (if true for any film, the test split
            holds these films only), `test_draw` and `val_draw` (equal within a group).
        params: Section `resample`.

    Returns:
        Columns `split` (str) and `fold` (Int32 in [0, n_folds), null in the test split and without
        folds), aligned with `samples`.

    Raises:
        CohortError: There is only one class, or a class is missing from a split or fold.
    """
    n_folds = params.n_folds
    placed = pd.DataFrame({"split": "train", "fold": pd.NA}, index=samples.index)
    placed["fold"] = placed["fold"].astype("Int32")
    in_test = samples["in_kept_test"]
    if not in_test.any():
        halves = Bins(("test", "the rest"), (params.test_share,), (1, max(2, n_folds)))
        in_test = place_groups(samples, samples["test_draw"], halves) == 0
    rest = samples.loc[~in_test, ["group_id", "label", "val_draw"]]
    if n_folds:
        place = place_groups(rest, rest["val_draw"], _folds(n_folds))
        placed.loc[rest.index, "fold"] = place.astype("Int32")
        in_val = rest.index[place == params.fold]
    else:
        halves = Bins(("val", "train"), (params.val_share,), (1, 1))
        in_val = rest.index[place_groups(rest, rest["val_draw"], halves) == 0]
    placed.loc[in_test, "split"] = "test"
    placed.loc[in_val, "split"] = "val"
    _check_classes(samples.assign(split=placed["split"], fold=placed["fold"]), n_folds)
    return placed


def _folds(n_folds: int) -> Bins:
    names = tuple(f"fold {fold}" for fold in range(n_folds))
    return Bins(names, tuple(fold / n_folds for fold in range(1, n_folds)), (1,) * n_folds)


def place_groups(films: pd.DataFrame, draws: pd.Series, bins: Bins) -> pd.Series:
    """Find the bin of each film's draw.

    If a class has too few groups in a bin, the group with the nearest draw moves there from a bin
    that has more than it needs. Such a move depends on the present films, so it may be undone
    when data grows. If no group can move, the bin stays short.

    Args:
        films: Columns `group_id`, `label`.
        draws: Draws in [0, 1], aligned with `films`, equal within a group.
        bins: At least two bins.

    Returns:
        Number of the bin: int64, aligned with `films`, equal within a group.

    Example:
        >>> films = pd.DataFrame({"group_id": ["a", "b", "c"], "label": "NORMAL"})
        >>> halves = Bins(names=("test", "the rest"), edges=(0.2,), fewest=(1, 1))
        >>> place_groups(films, pd.Series([0.1, 0.7, 0.4]), halves).tolist()
        [0, 1, 1]
    """
    places = pd.Series(np.searchsorted(bins.edges, draws, side="right"), index=films.index)
    table = films[["group_id", "label"]].assign(draw=draws, place=places)
    groups = table.drop_duplicates(["group_id", "label"]).reset_index(drop=True)
    while move := _next_move(groups, bins):
        group, place = move
        groups.loc[groups["group_id"] == group, "place"] = place
        places[films["group_id"] == group] = place
    return places


def _next_move(groups: pd.DataFrame, bins: Bins) -> tuple[str, int] | None:
    """The next group to move and its new bin; None if no bin is short or no group can move.

    A group leaves only a bin that has more groups than it needs, so no other bin becomes short.
    """
    counts = groups.groupby(["label", "place"]).size()
    for label in sorted(groups["label"].unique()):
        for place, fewest in enumerate(bins.fewest):
            n_groups = int(counts.get((label, place), 0))
            if n_groups >= fewest:
                continue
            nearest = _nearest_movable(groups, label, place, bins)
            if nearest is not None:
                shortage = f"{label} has {n_groups} groups in {bins.names[place]}, needs {fewest}"
                group = f"group {nearest['group_id']} (draw {nearest['draw']:.4f})"
                former = bins.names[nearest["place"]]
                logger.info("%s: %s moves there from %s", shortage, group, former)
                return str(nearest["group_id"]), place
    return None


def _nearest_movable(
    groups: pd.DataFrame, label: str, place: int, bins: Bins
) -> "pd.Series[Any] | None":
    """The group of a class that is nearest to a bin and that its own bin does not need."""
    n_groups = groups.groupby(["label", "place"])["draw"].transform("size")
    spare = n_groups > np.array(bins.fewest)[groups["place"]]
    spare = spare.groupby(groups["group_id"]).transform("all")  # a group may hold two classes
    candidates = groups[spare & (groups["label"] == label)]
    if candidates.empty:
        return None
    low, high = (0.0, *bins.edges)[place], (*bins.edges, 1.0)[place]
    distance = np.maximum(low - candidates["draw"], candidates["draw"] - high)
    return candidates.assign(distance=distance).sort_values(["distance", "group_id"]).iloc[0]


def _check_classes(samples: pd.DataFrame, n_folds: int) -> None:
    """Raise CohortError unless every class is in every split and fold."""
    filled = {
        (label, f"{kind}{place}")
        for column, kind in (("split", ""), ("fold", "fold "))
        for label, place in samples.groupby(["label", column]).size().index
    }
    n_groups = samples.groupby("label")["group_id"].nunique()
    wanted = (*SPLITS, *(f"fold {fold}" for fold in range(n_folds)))
    empty = [
        f"{label} has no film in {place} (all its groups of patients: {n_groups[label]})"
        for label in n_groups.index
        for place in wanted
        if (label, place) not in filled
    ]
    if len(n_groups) < 2 or empty:
        raise CohortError(
            "a cohort must have two or more classes, each with patients in train, val and test"
            + (" and in every fold" if n_folds else ""),
            found="; ".join(empty) or f"only {list(n_groups.index)}",
            where="data/manifest.parquet, usable films without duplicates and leaks",
            next_step="add patients until the class has three or more (with folds: one more than "
            "resample.n_folds); or set resample.keep_given_test to false if the given test "
            "split lacks a class",
        )
