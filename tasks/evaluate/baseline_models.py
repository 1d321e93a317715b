"""Trivial baselines: file facts, brightness and contrast, or a constant."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tasks.core.image_store.store import ImageStore
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.class_view import view_classes
from tasks.evaluate.metric_intervals import EstimateDict, with_interval
from tasks.evaluate.metrics import Scored
from tasks.evaluate.sides import (
    require_both_sides,
    require_films,
    require_negative_class,
    require_trained_classes,
)

Answers = NDArray[Any]  # (n,) bool, or class names
Scores = dict[str, EstimateDict]  # AUROC and accuracy


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
        One entry per baseline: its name, and AUROC and accuracy on test with intervals. Without a
        negative class, AUROC is the macro mean of each class against the rest, and the constant is
        the commonest class of the training films.

    Raises:
        EvaluationError: Training or test has no film. The negative class is not one of the
            classes, or all training films are positive, or all are negative; without one, a class
            has no training film.
    """
    require_films(samples, ("train", "test"))
    train, test = ((samples["split"] == split).to_numpy() for split in ("train", "test"))
    labels = samples["label"].to_numpy(dtype=str)
    truth: Answers
    answer: str | bool
    score: Callable[..., Scores]
    if params.negative_class is None:
        require_trained_classes(samples)
        truth, score = labels, _score_classes
        constant, answer = "always the commonest class", _commonest(labels[train])
    else:
        require_negative_class(sorted(set(labels)), params)
        truth, score = labels != params.negative_class, _score_sides
        require_both_sides(truth[train], "train", params.negative_class)
        constant, answer = "always positive", True
    answers = np.unique(truth)
    probabilities = {constant: np.tile(answers == answer, (test.sum(), 1)).astype(float)} | {
        name: _fit_and_predict(values[train], truth[train], values[test])
        for name, values in _features(samples, manifest, store).items()
    }
    patients = samples.loc[test, "group_id"]
    resamples = resample_patients(patients, params.n_bootstrap, params.seed)
    return [
        {"name": name, "test": score(truth[test], prob, answers, patients, resamples)}
        for name, prob in probabilities.items()
    ]


def _features(
    samples: pd.DataFrame, manifest: pd.DataFrame, store: ImageStore
) -> dict[str, Floats]:
    """What each baseline sees of the films: (n, n_features) float64 by its name."""
    facts = manifest.drop_duplicates("image_id").set_index("image_id")
    facts = facts.loc[samples["image_id"], ["width", "height", "n_bytes"]]
    return {
        "file facts (width, height, bytes)": np.log(facts.to_numpy(dtype=np.float64)),
        "brightness and contrast of the film": _grey_levels(store, list(samples["image_id"])),
    }


def _grey_levels(store: ImageStore, image_ids: list[str]) -> Floats:
    """Mean and standard deviation of each image's grey levels: (n, 2) float64."""
    rows = store.rows(image_ids)
    return np.array([[store.view(row).mean(), store.view(row).std()] for row in rows])


def _commonest(labels: Answers) -> str:
    names, counts = np.unique(labels, return_counts=True)
    return str(names[counts.argmax()])


def _fit_and_predict(features: Floats, truth: Answers, of_test: Floats) -> Floats:
    """Probability of each answer, by logistic regression on standardised features."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    probabilities: Floats = model.fit(features, truth).predict_proba(of_test)
    return probabilities


def _score_sides(
    positive: Answers, prob: Floats, _: Answers, patients: pd.Series, resamples: Floats
) -> Scores:
    of_finding = prob[:, 1]
    scored = Scored(positive=positive, called=of_finding >= 0.5, prob=of_finding)
    return {
        metric: with_interval(metric, scored, patients, resamples)
        for metric in ("auroc", "accuracy")
    }


def _score_classes(
    labels: Answers, prob: Floats, classes: Answers, patients: pd.Series, resamples: Floats
) -> Scores:
    films = pd.DataFrame(prob, columns=[f"prob_{name}" for name in classes])
    films = films.assign(
        label=labels, called_class=classes[prob.argmax(axis=1)], group_id=patients.to_numpy()
    )
    view = view_classes(films, tuple(classes.tolist()), resamples)
    return {"auroc": view["macro"]["auroc"], "accuracy": view["accuracy"]}
