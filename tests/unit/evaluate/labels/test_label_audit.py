"""Label errors that were planted are listed; clean labels give a short list."""

import numpy as np
import pandas as pd
import pytest

from tasks.core.params.reporting import LabelAuditParams
from tasks.evaluate.labels.label_audit import audit_labels
from tasks.evaluate.labels.pixel_features import label_free_features
from tests.cohorts import CLASSES, draw_squares, squares_cohort

FILMS = squares_cohort({"train": 60, "val": 12, "test": 20}).sort_values(
    "image_id", ignore_index=True
)
IMAGES = draw_squares(FILMS, 32)
PARAMS = LabelAuditParams(n_folds=5, n_listed=20)


def planted(films: pd.DataFrame, n: int, seed: int) -> tuple[pd.DataFrame, set[str]]:
    """Exchange the label of some films."""
    rows = np.random.default_rng(seed).choice(len(films), n, replace=False)
    changed = films.copy()
    changed.loc[rows, "label"] = [
        CLASSES[1 - CLASSES.index(label)] for label in films.loc[rows, "label"]
    ]
    return changed, set(films.loc[rows, "image_id"])


def listed(audit) -> list[str]:
    return [film["image_id"] for film in audit["listed"]]


@pytest.fixture(scope="module")
def clean():
    return audit_labels(FILMS, IMAGES, PARAMS, seed=0)


def test_clean_labels_give_a_short_list(clean):
    assert clean["n_issues"] <= 4
    assert clean["estimated_noise"] < 0.03
    assert clean["agreement"] > 0.9


@pytest.mark.parametrize("seed", [0, 1])
def test_most_planted_errors_are_in_the_list(seed):
    films, wrong = planted(FILMS, 10, seed)
    audit = audit_labels(films, IMAGES, PARAMS, seed=0)
    hits = len(wrong & set(listed(audit)))
    assert hits >= 5
    assert hits > len(audit["listed"]) / 2
    labels = films.set_index("image_id")["label"]
    for film in audit["listed"]:
        assert film["label"] == labels[film["image_id"]] != film["likelier_label"]
        assert film["score"] == film["probabilities"][film["label"]]
    scores = [film["score"] for film in audit["listed"]]
    assert scores == sorted(scores)


def test_counts_add_up(clean):
    for rows in (clean["per_class"], clean["per_split"]):
        assert sum(row["n_images"] for row in rows) == clean["n_images"] == len(FILMS)
        assert sum(row["n_issues"] for row in rows) == clean["n_issues"]


def test_the_same_films_give_the_same_audit(clean):
    assert audit_labels(FILMS, IMAGES, PARAMS, seed=0) == clean


def test_a_class_with_fewer_patients_than_folds_is_left_out_and_said_so():
    films = FILMS.copy()
    rare = films["patient_id"].isin(["train-001", "train-003"])
    films.loc[rare, "label"] = "COVID"
    audit = audit_labels(films, IMAGES, PARAMS, seed=0)
    assert audit["left_out"] == [{"label": "COVID", "n_images": 4, "n_patients": 2}]
    assert audit["n_images"] == len(films) - 4
    assert [row["label"] for row in audit["per_class"]] == list(CLASSES)
    assert "COVID" not in {film["likelier_label"] for film in audit["listed"]}


def test_one_class_gives_a_stated_gap():
    normal = (FILMS["label"] == "NORMAL").to_numpy()
    audit = audit_labels(FILMS[normal].reset_index(drop=True), IMAGES[normal], PARAMS, seed=0)
    assert "fewer than two classes" in audit["gap"]
    assert audit["listed"] == []
    assert audit["n_issues"] is None


def test_features_are_white_and_few_films_give_few():
    features = label_free_features(IMAGES)
    assert features.shape == (len(FILMS), 46)  # a quarter of 184 films
    np.testing.assert_allclose(features.std(axis=0, ddof=1), 1.0)
    assert label_free_features(IMAGES[:3]).shape == (3, 1)
