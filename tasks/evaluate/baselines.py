"""Trivial rivals: what a score is worth that needs no network, or not even the film."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tasks.core.image_store.store import ImageStore
from tasks.core.params import EvaluateParams
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.intervals import with_interval
from tasks.evaluate.metrics import Scored, accuracy, auroc

Floats = NDArray[np.float64]


def score_baselines(
    samples: pd.DataFrame, manifest: pd.DataFrame, store: ImageStore, params: EvaluateParams
) -> list[dict[str, Any]]:
    """Fit each baseline to the training films; score it on the test films.

    Args:
        samples: The cohort.
        manifest: File facts; no model sees them.
        store: Pixels of the cohort.
        params: Section `evaluate`.

    Returns:
        One entry per baseline: name, and AUROC and accuracy on test with intervals.
    """
    facts = manifest.drop_duplicates("image_id").set_index("image_id")
    facts = facts.loc[samples["image_id"], ["width", "height", "n_bytes"]]
    features = {
        "file facts (width, height, bytes)": np.log(facts.to_numpy(dtype=np.float64)),
        "brightness and contrast of the film": _tone(store, list(samples["image_id"])),
    }
    positive = (samples["label"] != params.negative_class).to_numpy()
    train = (samples["split"] == "train").to_numpy()
    test = (samples["split"] == "test").to_numpy()
    groups = samples.loc[test, "group_id"]
    resamples = resample_patients(groups, params.n_bootstrap, params.seed)
    probabilities = {"always positive": np.ones(test.sum())} | {
        name: _fit_and_predict(values[train], positive[train], values[test])
        for name, values in features.items()
    }
    rows = []
    for name, prob in probabilities.items():
        scored = Scored(positive[test], prob >= 0.5, prob)
        scores = {
            metric.__name__: with_interval(metric, scored, resamples, groups.nunique())
            for metric in (auroc, accuracy)
        }
        rows.append({"name": name, "test": scores})
    return rows


def _fit_and_predict(features: Floats, positive: NDArray[np.bool_], of_test: Floats) -> Floats:
    """Probability of the positive side by logistic regression on standardised features."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    probabilities: Floats = model.fit(features, positive).predict_proba(of_test)[:, 1]
    return probabilities


def _tone(store: ImageStore, image_ids: list[str]) -> Floats:
    """Mean and standard deviation of each image's grey levels: (n, 2) float64."""
    rows = store.rows(image_ids)
    return np.array([[store.view(row).mean(), store.view(row).std()] for row in rows])
