"""Each model less each trivial baseline on the same films, with paired intervals."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.auroc import weighted_auroc
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.comparison.paired_calls import compare_pair
from tasks.evaluate.comparison.prediction_tables import require_same_films
from tasks.evaluate.metric_intervals import EstimateDict, in_chunks, percentile_estimate


def compare_with_baselines(
    films: Mapping[str, pd.DataFrame], baselines: pd.DataFrame, n_bootstrap: int, seed: int
) -> list[dict[str, Any]]:
    """AUROC and accuracy of each model less those of each baseline.

    Args:
        films: From `read_test_films`, by the name of the model.
        baselines: From `baseline_models.baseline_films`.
        n_bootstrap: Bootstrap samples for each interval.
        seed: Seed of the bootstrap.

    Returns:
        `model`, `baseline`, and `auroc` and `accuracy` as differences with intervals, in the order
        of the models and baselines. Without a negative class, AUROC is the mean of each class
        against the rest.

    Raises:
        EvaluationError: A baseline was made for other films.
    """
    first = next(iter(films.values()))
    resamples = resample_patients(first["group_id"], n_bootstrap, seed)
    rivals = {
        str(name): rows.sort_values("image_id", ignore_index=True)
        for name, rows in baselines.groupby("baseline", sort=False)
    }
    require_same_films({**films, **rivals})
    return [
        {"model": model, "baseline": name, **_differences(table, rival, resamples)}
        for model, table in films.items()
        for name, rival in rivals.items()
    ]


def _differences(
    model: pd.DataFrame, rival: pd.DataFrame, resamples: Floats
) -> dict[str, EstimateDict]:
    measured = {one.name: one.difference for one in compare_pair(model, rival, resamples)}
    if model["positive"].isna().any():
        measured["auroc"] = macro_auroc_difference(model, rival, resamples)
    return {name: measured[name] for name in ("auroc", "accuracy")}


def macro_auroc_difference(
    model: pd.DataFrame, rival: pd.DataFrame, resamples: Floats
) -> EstimateDict:
    """Mean one-versus-rest AUROC of a model less that of a rival, by a paired bootstrap.

    Args:
        model: (n) rows with `label` and `prob_<class>`.
        rival: The same films, aligned.
        resamples: (R, n) from `resample_patients`.
    """
    label = model["label"].to_numpy(dtype=str)
    classes = sorted(set(label))

    def difference(weights: Floats) -> Floats:
        sides = [
            _auroc_of(model, name, label, weights) - _auroc_of(rival, name, label, weights)
            for name in classes
        ]
        return np.mean(sides, axis=0)

    value = float(difference(np.ones((1, len(label))))[0])
    return percentile_estimate(value, in_chunks(difference, resamples))


def _auroc_of(films: pd.DataFrame, name: str, label: Any, weights: Floats) -> Floats:
    return weighted_auroc(films[f"prob_{name}"].to_numpy(dtype=np.float64), label == name, weights)
