"""Summarise the finished images: regions found, and what their sharpness reveals of the label."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.image_store.store import ImageStore
from tasks.core.params import ResizeParams
from tasks.core.statistics.auroc import auroc, auroc_interval
from tasks.core.statistics.intervals import CHANCE
from tasks.resize.lung_score import score_boxes

SHARPNESS_NOTE = (
    "AUROC of sharpness alone, `class` is the positive class; folded to 0.5 or above, as in the "
    "shortcut audit of `validate`; `sharper` names the side with the sharper films"
)


def summarise_images(
    samples: pd.DataFrame, store: ImageStore, params: ResizeParams, true_lungs: Path | None
) -> dict[str, Any]:
    """Make the content of `reports/resize.json`.

    Args:
        samples: Columns `image_id`, `path`, `label`, `group_id`.
        store: Store of these films, with the facts of `tasks.resize.fill_store`.
        params: Section `resize`.
        true_lungs: Folder of the masks that boxes are scored against; None for real films and for
            other regions.
    """
    films = samples.reset_index(drop=True)
    films = films.assign(**store.facts(store.rows(films["image_id"])))
    return {
        "params": params.model_dump(),
        "judged_on": "all films of the cohort: train, val and test",
        "n_films": len(films),
        "regions": count_regions(films),
        "lungs": None if true_lungs is None else score_boxes(films, true_lungs),
        "interval": "95 %, Newcombe 2006 (method 5), by number of patient groups",
        "sharpness_note": SHARPNESS_NOTE,
        "sharpness": judge_sharpness(films, params.common_resolution_px is not None),
    }


def count_regions(films: pd.DataFrame) -> list[dict[str, Any]]:
    """Per class: number of films, films without a region, median confidence and share.

    Args:
        films: Columns `label`, `confidence` (0 if the region was not found) and `share`.
    """
    return [
        {
            "class": str(label),
            "n_films": len(group),
            "n_not_found": int((group["confidence"] == 0).sum()),
            "median_confidence": round(float(group["confidence"].median()), 4),
            "median_share": round(float(group["share"].median()), 4),
        }
        for label, group in films.groupby("label")
    ]


def judge_sharpness(films: pd.DataFrame, is_common: bool) -> list[dict[str, Any]]:
    """Measure how well sharpness alone tells the classes apart.

    The questions and the direction are those of the shortcut audit (`tasks.validate.shortcuts`):
    of two classes, the second by name is positive; of more, each class is positive once, against
    the rest.

    Args:
        films: Columns `label`, `group_id`, `sharpness`, `sharpness_before`.
        is_common: Whether there is a common resolution. Without it `after` is None.

    Returns:
        One row per question: `class` (the positive one), `against`, and `before` and `after` the
        common resolution as {"value", "low", "high", "sharper"}.
    """
    rows = []
    for question in _questions(films["label"]):
        before = _separation(films["sharpness_before"], films["group_id"], question)
        after = _separation(films["sharpness"], films["group_id"], question) if is_common else None
        sides = {"class": question.positive_class, "against": question.against}
        rows.append({**sides, "before": before, "after": after})
    return rows


class _Question(NamedTuple):
    """Two groups of films. is_positive: (n,) bool, films of the positive class."""

    positive_class: str
    against: str
    is_positive: NDArray[np.bool_]


def _questions(labels: pd.Series) -> Iterator[_Question]:
    classes = sorted(set(labels))
    if len(classes) < 2:
        return
    against = classes[0] if len(classes) == 2 else "the rest"
    for label in classes[1:] if len(classes) == 2 else classes:
        yield _Question(label, against, (labels == label).to_numpy(dtype=np.bool_))


def _separation(values: pd.Series, groups: pd.Series, question: _Question) -> dict[str, Any]:
    """Folded AUROC of one statistic with its interval, and the side with the higher values."""
    positive = question.is_positive
    n_groups = (groups[positive].nunique(), groups[~positive].nunique())
    found = auroc_interval(auroc(values.to_numpy(dtype=np.float64), positive), *n_groups)
    sharper = None
    if found.value != CHANCE:
        sharper = question.positive_class if found.value > CHANCE else question.against
    folded = found.folded()
    figures = {name: round(getattr(folded, name), 6) for name in ("value", "low", "high")}
    return {**figures, "sharper": sharper}
