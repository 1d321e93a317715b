"""Trivial baselines: file facts, brightness, pixel statistics, or a constant."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tasks.core.image_store.store import ImageStore
from tasks.core.params import EvaluateParams
from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.baseline_features import Answers, predict_by_baselines
from tasks.evaluate.class_view import view_classes
from tasks.evaluate.metric_intervals import EstimateDict, with_interval
from tasks.evaluate.metrics import Scored
from tasks.evaluate.sides import (
    require_both_sides,
    require_films,
    require_negative_class,
    require_trained_classes,
)

Scores = dict[str, EstimateDict]  # AUROC and accuracy


@dataclass(frozen=True)
class Baselines:
    """Trivial baselines on the n test films.

    test: rows of the cohort. truth: (n,) right answers. answers: (k,) the possible ones, sorted.
    probabilities: (n, k) float64 of each answer, by the name of the baseline.
    """

    test: pd.DataFrame
    truth: Answers
    answers: Answers
    probabilities: Mapping[str, Floats]

    @property
    def is_two_sided(self) -> bool:
        """Whether an answer is "positive" or not, instead of a class."""
        return self.truth.dtype == bool


def fit_baselines(
    samples: pd.DataFrame, manifest: pd.DataFrame, store: ImageStore, params: EvaluateParams
) -> Baselines:
    """Fit each baseline to the training films, and predict the test films.

    Args:
        samples: Rows of the cohort.
        manifest: Rows of the manifest, for file facts and pixel statistics.
        store: Images of the cohort.
        params: Section `evaluate`.

    Returns:
        The constant first. Without a negative class, it is the commonest class of the training
        films; else it is "positive".

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
    if params.negative_class is None:
        require_trained_classes(samples)
        truth, constant, answer = labels, "always the commonest class", _commonest(labels[train])
    else:
        require_negative_class(sorted(set(labels)), params)
        truth, constant, answer = labels != params.negative_class, "always positive", True
        require_both_sides(truth[train], "train", params.negative_class)
    answers = np.unique(truth)
    always = np.tile(answers == answer, (test.sum(), 1)).astype(float)
    found = predict_by_baselines(samples, manifest, store, truth, params.seed)
    return Baselines(samples[test], truth[test], answers, {constant: always} | found)


def score_baselines(baselines: Baselines, params: EvaluateParams) -> list[dict[str, Any]]:
    """AUROC and accuracy of each baseline on the test films.

    Args:
        baselines: From `fit_baselines`.
        params: Section `evaluate`.

    Returns:
        One entry per baseline: its name, and AUROC and accuracy on test with intervals. Without a
        negative class, AUROC is the macro mean of each class against the rest.
    """
    score: Callable[..., Scores] = _score_sides if baselines.is_two_sided else _score_classes
    patients = baselines.test["group_id"]
    resamples = resample_patients(patients, params.n_bootstrap, params.seed)
    return [
        {
            "name": name,
            "test": score(baselines.truth, prob, baselines.answers, patients, resamples),
        }
        for name, prob in baselines.probabilities.items()
    ]


def baseline_films(baselines: Baselines) -> tuple[pd.DataFrame, pa.Schema]:
    """One row for each baseline and test film, in the form of predictions, for paired comparisons.

    Returns:
        Columns `baseline`, `image_id`, `label`, `group_id`; and those of the answer. Two-sided:
        `positive`, `prob_positive`, `called_positive`. Else: `called_class`, `prob_<class>`.
    """
    tables = [
        baselines.test[["image_id", "label", "group_id"]].assign(
            baseline=name, **_answer_columns(baselines, prob)
        )
        for name, prob in baselines.probabilities.items()
    ]
    rows = [table.sort_values("image_id") for table in tables]
    columns = {name: pa.string() for name in ("baseline", "image_id", "label", "group_id")}
    columns |= {"positive": pa.bool_(), "called_positive": pa.bool_(), "called_class": pa.string()}
    probs = {name: pa.float64() for name in rows[0] if str(name).startswith("prob_")}
    return pd.concat(rows, ignore_index=True), pa.schema([*(columns | probs).items()])


def _answer_columns(baselines: Baselines, prob: Floats) -> dict[str, Any]:
    if baselines.is_two_sided:
        called = {"called_positive": prob[:, 1] >= 0.5, "called_class": None}
        return {"positive": baselines.truth, "prob_positive": prob[:, 1]} | called
    of_class = {f"prob_{name}": prob[:, k] for k, name in enumerate(baselines.answers)}
    called_class = baselines.answers[prob.argmax(axis=1)]
    nothing = dict.fromkeys(("positive", "called_positive"))
    return {"called_class": called_class, "prob_positive": np.nan} | nothing | of_class


def _commonest(labels: Answers) -> str:
    names, counts = np.unique(labels, return_counts=True)
    return str(names[counts.argmax()])


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
