"""Trivial baselines: file facts, brightness and contrast, or a constant."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tasks.core.image_store.store import ImageStore
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.metric_intervals import with_interval
from tasks.evaluate.metrics import Scored
from tasks.evaluate.sides import require_both_sides, require_negative_class


def score_baselines(
    samples: pd.DataFrame, manifest: pd.DataFrame, store: ImageStore, params: EvaluateParams
) -> list[dict[str, Any]]:
    """Fit each baseline to the training films and score it on the test films.

    Args:
        samples: Rows of the cohort.
        manifest: Rows of the manifest, for the file facts.
        store: Images of the cohort.
        params: Section `evaluate`.

    Returns:
        One entry per baseline: its name, and AUROC and accuracy on test with intervals.

    Raises:
        EvaluationError: The negative class is not one of the classes, or all training films are
            positive, or all are negative.
    """
    require_negative_class(sorted(samples["label"].unique()), params)
    positive = (samples["label"] != params.negative_class).to_numpy()
    train = (samples["split"] == "train").to_numpy()
    test = (samples["split"] == "test").to_numpy()
    require_both_sides(positive[train], "train", params)
    facts = manifest.drop_duplicates("image_id").set_index("image_id")
    facts = facts.loc[samples["image_id"], ["width", "height", "n_bytes"]]
    features = {
        "file facts (width, height, bytes)": np.log(facts.to_numpy(dtype=np.float64)),
        "brightness and contrast of the film": _grey_levels(store, list(samples["image_id"])),
    }
    probabilities = {"always positive": np.ones(test.sum())} | {
        name: _fit_and_predict(values[train], positive[train], values[test])
        for name, values in features.items()
    }
    patients = samples.loc[test, "group_id"]
    resamples = resample_patients(patients, params.n_bootstrap, params.seed)
    rows = []
    for name, prob in probabilities.items():
        scored = Scored(positive=positive[test], called=prob >= 0.5, prob=prob)
        scores = {
            metric: with_interval(metric, scored, patients, resamples)
            for metric in ("auroc", "accuracy")
        }
        rows.append({"name": name, "test": scores})
    return rows


def _fit_and_predict(features: Floats, positive: Bools, of_test: Floats) -> Floats:
    """Probability of a finding, by logistic regression on standardised features."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    probabilities: Floats = model.fit(features, positive).predict_proba(of_test)[:, 1]
    return probabilities


def _grey_levels(store: ImageStore, image_ids: list[str]) -> Floats:
    """Mean and standard deviation of each image's grey levels: (n, 2) float64."""
    rows = store.rows(image_ids)
    return np.array([[store.view(row).mean(), store.view(row).std()] for row in rows])
