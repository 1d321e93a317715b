"""Rank the models on the validation films, with paired intervals of their differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tasks.core import paths
from tasks.core.errors import TableError
from tasks.core.html.number_format import EstimateJson
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.auroc import weighted_auroc
from tasks.core.statistics.bootstrap import percentile_interval, resample_patients


@dataclass(frozen=True)
class RankedModel:
    """One model in the ranking.

    auroc: on validation. difference: AUROC of the first model minus AUROC of this model, on the
    same films; None for the first model. is_worse: whether the interval of the difference lies
    above 0.
    """

    name: str
    page: str
    auroc: EstimateJson
    difference: EstimateJson | None
    is_worse: bool


def rank_models(
    summaries: Sequence[Mapping[str, Any]], params: EvaluateParams
) -> list[RankedModel]:
    """Sort the models by validation AUROC. Equal models keep the order of params.yaml.

    All models use the same bootstrap resamples of patients. With k models, each interval has a
    confidence of 1 - 0.05 / (k - 1), so that all intervals together have 95 % (Bonferroni).

    Without a negative class there is no ranking, because there is no one AUROC.

    Args:
        summaries: Contents of `data/summaries/<model>.json`.
        params: Section `evaluate`: number of resamples and seed.

    Raises:
        TableError: Two models were evaluated on different validation films.
    """
    if summaries[0]["evaluation"]["negative_class"] is None:
        return []
    order = sorted(summaries, key=lambda one: -one["evaluation"]["validation"]["auroc"]["value"])
    _check_same_films(order)
    groups = pd.Series(order[0]["validation_films"]["group_id"])
    resamples = resample_patients(groups, params.n_bootstrap, params.seed)
    weights = np.concatenate([np.ones((1, len(groups))), resamples])  # row 0: the films themselves
    aurocs = [_aurocs(summary["validation_films"], weights) for summary in order]
    ranking = []
    for number, (summary, auroc) in enumerate(zip(order, aurocs, strict=True)):
        difference = _paired_difference(aurocs[0] - auroc, len(order) - 1) if number else None
        low = difference["low"] if difference else None
        ranking.append(
            RankedModel(
                name=summary["model"],
                page=summary["page"],
                auroc=summary["evaluation"]["validation"]["auroc"],
                difference=difference,
                is_worse=low is not None and low > 0,
            )
        )
    return ranking


def _check_same_films(summaries: Sequence[Mapping[str, Any]]) -> None:
    first, *others = summaries
    expected = first["validation_films"]["image_id"]
    for other in others:
        found = other["validation_films"]["image_id"]
        if found != expected:
            raise TableError(
                "models must be compared on the same validation films",
                found=f"{len(expected)} films of {first['model']} and {len(found)} other films of "
                f"{other['model']}",
                where=str(paths.SUMMARIES),
                next_step="run `dvc repro`: the files come from different runs",
            )


def _aurocs(films: Mapping[str, Any], weights: Floats) -> Floats:
    scores = np.asarray(films["prob_positive"], dtype=np.float64)
    return weighted_auroc(scores, np.asarray(films["positive"], dtype=bool), weights)


def _paired_difference(differences: Floats, n_intervals: int) -> EstimateJson:
    """Estimate from the difference on the films (first) and on the resamples (the rest).

    The interval is undefined if most resamples lack positive or negative films.
    """
    value, replicates = float(differences[0]), differences[1:]
    defined = replicates[~np.isnan(replicates)]
    if 2 * len(defined) < len(replicates):
        return {"value": value, "low": None, "high": None}
    low, high = percentile_interval(defined, n_intervals)
    return {"value": value, "low": low, "high": high}
