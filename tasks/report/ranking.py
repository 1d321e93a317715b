"""Models ranked on the validation films, with what separates them and how sure that is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.errors import TableError
from tasks.core.html.html import Estimate
from tasks.core.params import EvaluateParams
from tasks.core.statistics.auroc import weighted_auroc
from tasks.core.statistics.bootstrap import percentile_interval, resample_patients


@dataclass(frozen=True)
class Place:
    """One model in the ranking.

    auroc: on validation. behind: AUROC of the first model less this one's, on the same films;
    None for the first. apart: whether the interval of `behind` lies above 0.
    """

    name: str
    page: str
    auroc: Estimate
    behind: Estimate | None
    apart: bool


def rank(
    summaries: Sequence[Mapping[str, Any]],
    predictions: Mapping[str, pd.DataFrame],
    params: EvaluateParams,
) -> list[Place]:
    """Order the models by validation AUROC; equal ones keep the order of params.yaml.

    Differences are taken on the same resamples of patients for all models, and their intervals
    hold together: with k models each is that of 1 - 0.05 / (k - 1).

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
        predictions: `data/predictions/<model>.parquet` of each model.
        params: Section `evaluate`: resamples and seed.

    Raises:
        TableError: Two models were not judged on the same validation films.
    """
    order = sorted(summaries, key=lambda one: -one["metrics"]["validation"]["auroc"]["value"])
    films = {one["model"]: _validation(predictions[one["model"]]) for one in order}
    _check_same_films(films)
    reference = films[order[0]["model"]]
    once = np.ones((1, len(reference)))
    weights = resample_patients(reference["group_id"], params.n_bootstrap, params.seed)
    weights = np.concatenate([once, weights])  # the films as they are, then the resamples
    aurocs = {name: _aurocs(table, weights) for name, table in films.items()}
    best = aurocs[order[0]["model"]]
    places = []
    for number, summary in enumerate(order):
        gaps = best - aurocs[summary["model"]]
        behind = _estimate(gaps, len(order) - 1) if number else None
        places.append(
            Place(
                summary["model"],
                summary["page"],
                summary["metrics"]["validation"]["auroc"],
                behind,
                bool(behind and behind["low"] is not None and behind["low"] > 0),
            )
        )
    return places


def _validation(predictions: pd.DataFrame) -> pd.DataFrame:
    mine = predictions[predictions["split"] == "val"]
    return mine.sort_values("image_id", ignore_index=True)


def _check_same_films(films: Mapping[str, pd.DataFrame]) -> None:
    (first, reference), *others = films.items()
    for name, table in others:
        if not table["image_id"].equals(reference["image_id"]):
            raise TableError(
                "models are compared on the same validation films",
                found=f"{len(reference)} films of {first} and {len(table)} others of {name}",
                where="data/predictions",
                next_step="run `dvc repro`: the tables come from different runs",
            )


def _aurocs(films: pd.DataFrame, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    scores = films["prob_positive"].to_numpy(np.float64)
    return weighted_auroc(scores, films["positive"].to_numpy(bool), weights)


def _estimate(gaps: NDArray[np.float64], n_intervals: int) -> Estimate:
    """The first value with the interval of the others; none where a side is missing too often."""
    value, replicates = float(gaps[0]), gaps[1:]
    defined = replicates[~np.isnan(replicates)]
    if 2 * len(defined) < len(replicates):
        return {"value": value, "low": None, "high": None}
    low, high = percentile_interval(defined, n_intervals)
    return {"value": value, "low": low, "high": high}
