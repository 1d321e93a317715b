"""Which split, and which fold, each group of films is in.

A group is in the test split if its lot is below `test_share`, else in the validation split if a
second, independent lot is below `val_share`. Three promises follow, and the tests hold them:

Stable. A held-out film (test or validation) never returns to training when data grows, and a
film keeps its split unless its group gains a patient. Folds keep the first half for the test
only. The promise assumes the same seed and shares, a given test before and after or neither, and
no class so small that `place_groups` must move a group (it says so in the log).

Close. Of n films of a stratum (a label and subtype), in groups of n_g films, the share below a
threshold s lies within 4 * sqrt(s * (1 - s) * sum(n_g^2)) / n of s: four standard errors of a
sum of independent draws, one per group. Groups of several patients are drawn more often (see
`tasks.resample.lots`); where they are many, the shares are above s by as much.

Fair. Labels and subtypes play no part in a lot, so every stratum meets the same threshold.
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
    """Neighbouring intervals of [0, 1] that lots fall into.

    names: of the bins, for the log. edges: between them, rising: one fewer than bins.
    fewest: groups of each class that each bin needs.
    """

    names: tuple[str, ...]
    edges: tuple[float, ...]
    fewest: tuple[int, ...]


def split_films(samples: pd.DataFrame, params: ResampleParams) -> pd.DataFrame:
    """Split and fold of each film; the films of one group always share theirs.

    Args:
        samples: Columns `group_id`, `label`, `held` (whether a kept test holds the film; where it
            holds any, no other film is in the test), `test_lot` and `val_lot` (alike in a group).
        params: Section `resample`.

    Returns:
        `split` str; `fold` Int32 in [0, n_folds), null in the test and without folds.

    Raises:
        CohortError: There is one class only, or one is missing from a split or fold.
    """
    n_folds = params.n_folds
    placed = pd.DataFrame({"split": "train", "fold": pd.NA}, index=samples.index)
    placed["fold"] = placed["fold"].astype("Int32")
    in_test = samples["held"]
    if not in_test.any():
        halves = Bins(("test", "the rest"), (params.test_share,), (1, max(2, n_folds)))
        in_test = place_groups(samples, samples["test_lot"], halves) == 0
    rest = samples.loc[~in_test, ["group_id", "label", "val_lot"]]
    if n_folds:
        place = place_groups(rest, rest["val_lot"], _folds(n_folds))
        placed.loc[rest.index, "fold"] = place.astype("Int32")
        in_val = rest.index[place == params.fold]
    else:
        halves = Bins(("val", "train"), (params.val_share,), (1, 1))
        in_val = rest.index[place_groups(rest, rest["val_lot"], halves) == 0]
    placed.loc[in_test, "split"] = "test"
    placed.loc[in_val, "split"] = "val"
    _check_classes(samples.assign(split=placed["split"], fold=placed["fold"]), n_folds)
    return placed


def _folds(n_folds: int) -> Bins:
    names = tuple(f"fold {fold}" for fold in range(n_folds))
    return Bins(names, tuple(fold / n_folds for fold in range(1, n_folds)), (1,) * n_folds)


def place_groups(films: pd.DataFrame, lots: pd.Series, bins: Bins) -> pd.Series:
    """Number of the bin that each film's lot falls into.

    Where a class has too few groups in a bin, the group with the nearest lot comes over from a
    bin that can spare it. Such a move depends on the films at hand: it may be undone when data
    grows. A bin that no group can be spared for stays short.

    Args:
        films: Columns `group_id`, `label`.
        lots: In [0, 1], aligned with `films`, alike in a group.
        bins: At least two.

    Returns:
        bin: int64, aligned with `films`, alike in a group.
    """
    places = pd.Series(np.searchsorted(bins.edges, lots, side="right"), index=films.index)
    table = films[["group_id", "label"]].assign(lot=lots, place=places)
    groups = table.drop_duplicates(["group_id", "label"]).reset_index(drop=True)
    while move := _next_move(groups, bins):
        group, place = move
        groups.loc[groups["group_id"] == group, "place"] = place
        places[films["group_id"] == group] = place
    return places


def _next_move(groups: pd.DataFrame, bins: Bins) -> tuple[str, int] | None:
    """Group to move and its new bin; None where nothing is short or nothing can be spared.

    A move takes from bins with more than enough only: it never makes another bin short.
    """
    counts = groups.groupby(["label", "place"]).size()
    for label in sorted(groups["label"].unique()):
        for place, fewest in enumerate(bins.fewest):
            n_groups = int(counts.get((label, place), 0))
            if n_groups >= fewest:
                continue
            nearest = _nearest_to_spare(groups, label, place, bins)
            if nearest is not None:
                logger.info(
                    "%s has %d groups in %s and needs %d: group %s of lot %.4f moves there from %s",
                    *(label, n_groups, bins.names[place], fewest),
                    *(nearest["group_id"], nearest["lot"], bins.names[nearest["place"]]),
                )
                return str(nearest["group_id"]), place
    return None


def _nearest_to_spare(
    groups: pd.DataFrame, label: str, place: int, bins: Bins
) -> "pd.Series[Any] | None":
    """Row of the class's group that lies nearest to a bin and is missed in none of its own."""
    n_alike = groups.groupby(["label", "place"])["lot"].transform("size")
    spare = n_alike > np.array(bins.fewest)[groups["place"]]
    spare = spare.groupby(groups["group_id"]).transform("all")  # a group may hold two classes
    candidates = groups[spare & (groups["label"] == label)]
    if candidates.empty:
        return None
    low, high = (0.0, *bins.edges)[place], (*bins.edges, 1.0)[place]
    distance = np.maximum(low - candidates["lot"], candidates["lot"] - high)
    return candidates.assign(distance=distance).sort_values(["distance", "group_id"]).iloc[0]


def _check_classes(samples: pd.DataFrame, n_folds: int) -> None:
    filled = {
        (label, f"{kind}{place}")
        for column, kind in (("split", ""), ("fold", "fold "))
        for label, place in samples.groupby(["label", column]).size().index
    }
    n_groups = samples.groupby("label")["group_id"].nunique()
    wanted = (*SPLITS, *(f"fold {fold}" for fold in range(n_folds)))
    empty = [
        f"{label} has no film in {place} (groups of patients in all: {n_groups[label]})"
        for label in n_groups.index
        for place in wanted
        if (label, place) not in filled
    ]
    if len(n_groups) < 2 or empty:
        raise CohortError(
            "a cohort needs two classes or more, each with patients in train, val and test"
            + (" and in every fold" if n_folds else ""),
            found="; ".join(empty) or f"only {list(n_groups.index)}",
            where="data/manifest.parquet, usable films without duplicates and leaks",
            next_step="add patients of that class, three or more (with folds, one more than "
            "resample.n_folds); or set resample.keep_given_test to false where the given test "
            "lacks a class",
        )
