"""How a model does on each subgroup of the films, worst first.

A subgroup lies on one side of the truth: it holds films with a finding (sensitivity) or without one
(specificity). Without a negative class each class is a side (recall).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Bools
from tasks.core.statistics.hit_shares import hits_difference, hits_share
from tasks.core.statistics.intervals import Estimate
from tasks.core.statistics.multiple_tests import holm
from tasks.core.statistics.permutation import permutation_p_values
from tasks.evaluate.metric_intervals import EstimateDict
from tasks.evaluate.subgroup_cuts import film_groups

# Patients of a small group. Source: Parker et al., Vital and Health Statistics 2(175), 2017: NCHS
# shows no proportion of fewer than 30 independent persons
SMALL_GROUP = 30
FEWEST_FILMS = 5  # a smaller group has counts and no numbers: our choice
MANY_CLASSES = "any finding"  # name of a side with several classes
_METRICS = ("sensitivity", "specificity", "recall")
_UNKNOWN: EstimateDict = {"value": None, "low": None, "high": None}

Row = dict[str, Any]


@dataclass(frozen=True)
class _Group:
    """A subgroup: its films, and the other films of its side whose attribute is known."""

    attribute: str
    name: str
    members: Bools
    rest: Bools

    @property
    def is_tested(self) -> bool:
        return self.members.sum() >= FEWEST_FILMS and bool(self.rest.any())


def evaluate_subgroups(
    films: pd.DataFrame, manifest: pd.DataFrame, params: EvaluateParams
) -> list[Row]:
    """Sensitivity, specificity or recall of each subgroup, and its difference to the other films.

    Args:
        films: Predictions of one split. Films without a truth are left out.
        manifest: Manifest of the films' cohort.
        params: Section `evaluate`.

    Returns:
        A row for each subgroup:
        attribute: `class`, `subtype`, `site` or another of `film_groups`.
        name: Side and group, such as `PNEUMONIA, 1 to 4 years`.
        split, n_images, n_patients.
        sensitivity, specificity or recall: `hits_share`, whose interval also holds in small groups.
        difference: To the other films of the side whose attribute is known, `hits_difference`.
            For a site, the side is the class.
        p: Of that difference, `permutation_p_values`.
        p_corrected: By `holm`, for all groups that have a p value.
        is_small: Fewer patients than SMALL_GROUP.
        A group that is its whole side has no difference and no p value; one of fewer than
        FEWEST_FILMS has counts only. The order is: groups that are worse than the rest by
        `p_corrected`, then all by value; equal ones by attribute and name.
    """
    judged = _judged(films)
    if judged.empty:
        return []
    rows = []
    for side in _sides(judged, manifest):
        p_values = _p_values(judged, side, params.seed)
        rows += [_row(group, p, judged) for group, p in zip(side, p_values, strict=True)]
    _correct(rows)
    return sorted(rows, key=_worst_first)


def reuse_intervals(groups: Sequence[Row], evaluation: Mapping[str, Any]) -> list[Row]:
    """Give a group that is a whole side, or a whole class, the interval of that side or class.

    One quantity has one interval: `hits_share` is made for parts of a side.

    Args:
        groups: From `evaluate_subgroups`, of the test films.
        evaluation: From `build_evaluation`.
    """
    test = evaluation["test"]
    wholes = {
        ("recall", row["name"]): (row["n_images"], row["recall"])
        for row in evaluation["classes_view"]["test"]["per_class"]
    }
    if test["n_positive"] is not None:
        n_negative = test["n_images"] - test["n_positive"]
        sides = {"sensitivity": test["n_positive"], "specificity": n_negative}
        wholes |= {
            (metric, group["name"]): (sides[metric], test[metric])
            for group in groups
            for metric in sides
        }
    return [_with_interval_of(group, wholes) for group in groups]


def _with_interval_of(group: Row, wholes: Mapping[tuple[str, str], tuple[int, Any]]) -> Row:
    metric = next(name for name in _METRICS if name in group)
    n_films, estimate = wholes.get((metric, group["name"]), (0, None))
    if group["attribute"] != "class" or group["n_images"] != n_films:
        return group
    return group | {metric: estimate}


def _judged(films: pd.DataFrame) -> pd.DataFrame:
    """Films with a truth, and the columns `side`, `metric` and `is_right`."""
    has_sides = bool(films["positive"].notna().any())
    known = films[films["positive" if has_sides else "label"].notna()]
    known = known.sort_values(["image_id", "group_id"], ignore_index=True)
    if not has_sides:
        right = known["called_class"] == known["label"]
        return known.assign(side=known["label"], metric="recall", is_right=right)
    positive = known["positive"].astype(bool)
    classes = known.groupby(positive)["label"].agg(
        lambda labels: MANY_CLASSES if labels.nunique() > 1 else labels.iloc[0]
    )
    return known.assign(
        side=positive.map(classes),
        metric=np.where(positive, "sensitivity", "specificity"),
        is_right=known["called_positive"].astype(bool) == positive,
    )


def _sides(judged: pd.DataFrame, manifest: pd.DataFrame) -> list[list[_Group]]:
    """The subgroups, those whose films are compared with each other in one list."""
    attributes = film_groups(judged, manifest)
    sites = {"site": attributes.pop("site")} if "site" in attributes else {}
    return [
        _groups_within(judged, (column == name).to_numpy(), name, named)
        for column, named in ((judged["side"], attributes), (judged["label"], sites))
        for name in sorted(column.unique())
        if named
    ]


def _groups_within(
    judged: pd.DataFrame, side: Bools, side_name: str, attributes: dict[str, pd.Series]
) -> list[_Group]:
    groups = []
    for attribute, values in attributes.items():
        known = side & values.notna().to_numpy()
        for value in sorted(values[known].unique()):
            members = known & (values == value).to_numpy()
            name = _name(attribute, value, side_name, judged["metric"].iloc[0] == "recall")
            groups.append(_Group(attribute, name, members, known & ~members))
    return groups


def _name(attribute: str, value: str, side: str, is_recall: bool) -> str:
    if attribute == "site":
        return f"{side} at {value}"
    is_clear = attribute == "class" or (attribute == "subtype" and not is_recall)
    return value if is_clear else f"{side}, {value}"


def _p_values(judged: pd.DataFrame, groups: list[_Group], seed: int) -> list[float | None]:
    """P value of the difference of each group to the rest of its side; None if it has none."""
    tested = [group for group in groups if group.is_tested]
    if not tested:
        return [None] * len(groups)
    side = np.any([group.members for group in groups], axis=0)
    weights = np.column_stack(
        [
            group.members[side] / group.members.sum() - group.rest[side] / group.rest.sum()
            for group in tested
        ]
    )
    hits = judged["is_right"].to_numpy(dtype=bool)[side]
    found = iter(permutation_p_values(hits, weights, judged["group_id"][side], seed))
    return [float(next(found)) if group.is_tested else None for group in groups]


def _row(group: _Group, p: float | None, judged: pd.DataFrame) -> Row:
    films, others = judged[group.members], judged[group.rest]
    n_patients = int(films["group_id"].nunique())
    return {
        "attribute": group.attribute,
        "name": group.name,
        "split": films["split"].iloc[0],
        "n_images": len(films),
        "n_patients": n_patients,
        films["metric"].iloc[0]: _share(films),
        "difference": _difference(films, others) if group.is_tested else _UNKNOWN,
        "p": p,
        "p_corrected": None,
        "is_small": n_patients < SMALL_GROUP,
    }


def _share(films: pd.DataFrame) -> EstimateDict:
    """Share of films that are called rightly; unknown for very few films."""
    return _UNKNOWN if len(films) < FEWEST_FILMS else _shown(hits_share(*_calls(films)))


def _difference(films: pd.DataFrame, others: pd.DataFrame) -> EstimateDict:
    one, other = _calls(films), _calls(others)
    return _shown(hits_difference(one[0], one[1], other[0], other[1]))


def _calls(films: pd.DataFrame) -> tuple[Bools, pd.Series]:
    return films["is_right"].to_numpy(dtype=bool), films["group_id"]


def _shown(estimate: Estimate) -> EstimateDict:
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _correct(rows: list[Row]) -> None:
    """Correct the p values for how many groups were looked at."""
    tested = [row for row in rows if row["p"] is not None]
    for row, p in zip(tested, holm(np.array([row["p"] for row in tested])), strict=True):
        row["p_corrected"] = float(p)


def _worst_first(row: Row) -> tuple[float, float, str, str]:
    difference = row["difference"]["value"]
    is_worse = difference is not None and difference < 0
    value = next(row[name]["value"] for name in _METRICS if name in row)
    chance = row["p_corrected"] if is_worse else 1.0
    return chance, 2.0 if value is None else value, row["attribute"], row["name"]
