"""What resizing did to the cohort: regions found, and what sharpness still tells of the label."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.image_store.store import ImageStore
from tasks.core.params import IngestParams, ResizeParams
from tasks.core.statistics.auroc import auroc, auroc_interval
from tasks.resize.lung_score import score_boxes


def summarise(
    samples: pd.DataFrame, store: ImageStore, resize: ResizeParams, ingest: IngestParams
) -> dict[str, Any]:
    """The content of `reports/resize.json`.

    Args:
        samples: Columns `image_id`, `path`, `label`, `group_id`.
        store: Holds them, with the facts of `tasks.resize.films`.
        resize: Section `resize`.
        ingest: Section `ingest`; for the phantom, boxes of the lungs are scored.
    """
    films = samples.reset_index(drop=True)
    films = films.assign(**store.facts(store.rows(films["image_id"])))
    lungs = None
    if resize.region == "lungs" and ingest.is_synthetic:
        lungs = score_boxes(films, Path(ingest.source).parent / "lungs")
    return {
        "params": resize.model_dump(),
        "judged_on": "all films of the cohort: train, val and test",
        "n_films": len(films),
        "regions": count_regions(films),
        "lungs": lungs,
        "interval": "95 %, Newcombe 2006 (method 5), by number of patient groups",
        "sharpness": judge_sharpness(films, resize.common_resolution_px is not None),
    }


def count_regions(films: pd.DataFrame) -> list[dict[str, Any]]:
    """By class: films, those shown whole for want of a region, confidence, share of the film.

    Args:
        films: Columns `label`, `confidence` (0 where the region was not found) and `share`.
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
    """How often a film of one class ends sharper than one of another.

    Args:
        films: Columns `label`, `group_id`, `sharpness`, `sharpness_before`.
        is_common: Whether there is a common resolution; without one there is no `after`.

    Returns:
        As the audit of `validate` asks: of two classes the first against the other, of more each
        against the rest. `before` and `after` a common resolution as {"value", "low", "high"}:
        AUROC, not folded: above 0.5 the class is the sharper one.
    """
    rows = []
    for label, against, mine in _questions(films["label"]):
        row: dict[str, Any] = {"class": label, "against": against}
        row["before"] = _estimate(films["sharpness_before"], mine, films["group_id"])
        row["after"] = _estimate(films["sharpness"], mine, films["group_id"]) if is_common else None
        rows.append(row)
    return rows


def _questions(labels: pd.Series) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    classes = sorted(set(labels))
    if len(classes) < 2:
        return
    against = classes[1] if len(classes) == 2 else "the rest"
    for label in classes[:1] if len(classes) == 2 else classes:
        yield label, against, (labels == label).to_numpy(dtype=np.bool_)


def _estimate(values: pd.Series, mine: NDArray[np.bool_], groups: pd.Series) -> dict[str, float]:
    n_groups = (groups[mine].nunique(), groups[~mine].nunique())
    found = auroc_interval(auroc(values.to_numpy(dtype=np.float64), mine), *n_groups)
    return {name: round(getattr(found, name), 6) for name in ("value", "low", "high")}
