"""A recipe is trained and validated; the test films are used only on request."""

from pathlib import Path

import numpy as np
import pytest

from tasks.core.params import load_params
from tests.cohorts import draw_squares, manifest_of, squares_cohort, store_films, train_params
from tests.films import ROOT
from tests.studies.recipes.__main__ import line
from tests.studies.recipes.catalogue import RECIPES, Recipe
from tests.studies.recipes.cohort import Cohort, by_subtype, reweighted
from tests.studies.recipes.trial import (
    KINDS,
    Settings,
    log_odds,
    operating_point,
    picked,
    try_recipe,
)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_gives_a_valid_section_train(recipe):
    shipped = load_params(ROOT / "params.yaml").train
    params = recipe.params(shipped, epochs=3, seed=4)
    assert (params.epochs, params.seed) == (3, 4)
    for key, value in recipe.augment.items():
        assert getattr(params.augment, key) == value
    assert params.learning_rate == recipe.train.get("learning_rate", shipped.learning_rate)


def test_log_odds_equal_a_calculation_by_hand():
    logits = np.log(np.array([[1.0, 2.0, 5.0], [6.0, 1.0, 1.0]], dtype=np.float32))
    # the first and the last class are positive: (1 + 5) / 2 and (6 + 1) / 1
    np.testing.assert_allclose(log_odds(logits, negative=1), np.log([3.0, 7.0]), rtol=1e-6)


def test_operating_point_reaches_97_of_100_films_exactly():
    assert operating_point(np.arange(100.0)) == 3.0  # the scores 3 to 99 are 97 films


def test_each_kind_of_validation_picks_its_best_recipe():
    results = [
        {"recipe": "a", **dict.fromkeys(KINDS, 0.7), "ordinary": 0.99, "held_out": 0.8},
        {"recipe": "b", **dict.fromkeys(KINDS, 0.75), "ordinary": 0.98},
    ]
    assert picked(results) == dict.fromkeys(KINDS, "b") | {"ordinary": "a", "held_out": "a"}


def test_subtypes_become_classes_with_new_weights():
    samples = squares_cohort({"train": 8, "val": 4})
    positive = samples["label"] == "PNEUMONIA"
    samples["subtype"] = (samples["patient_id"].str[-1] == "1").map(
        {True: "virus", False: "bacteria"}
    )
    samples.loc[~positive, "subtype"] = None
    samples["sample_weight"] = np.where(samples["split"] == "train", 2.0, 1.0)  # any class weight
    found = by_subtype(samples, "NORMAL")
    assert sorted(found["label"].unique()) == ["BACTERIA", "NORMAL", "VIRUS"]
    assert dict(zip(found["label"], found["class_index"], strict=True)) == {
        "BACTERIA": 0,
        "NORMAL": 1,
        "VIRUS": 2,
    }
    train = found[found["split"] == "train"]
    # 16 training films: patients 0, 2, 4, 6 normal, 1 virus, 3, 5, 7 bacteria; two films each
    weights = dict(zip(train["label"], train["sample_weight"], strict=True))
    assert weights == pytest.approx({"NORMAL": 16 / 24, "VIRUS": 16 / 6, "BACTERIA": 16 / 18})
    assert (found.loc[found["split"] == "val", "sample_weight"] == 1.0).all()


def test_films_without_class_weights_get_none():
    samples = squares_cohort({"train": 5, "val": 4})
    assert reweighted(samples)["sample_weight"].eq(1.0).all()


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Cohort:
    samples = squares_cohort({"train": 24, "val": 12, "test": 8})
    store = store_films(tmp_path_factory.mktemp("store"), samples, draw_squares(samples, 16))
    rng = np.random.default_rng(0)
    manifest = manifest_of(samples)
    manifest["sharpness"] = rng.random(len(manifest)) + (manifest["label"] == "NORMAL")
    return Cohort(manifest, samples, store)


def trial(cohort: Cohort, folder: Path, *, final: bool) -> dict:
    settings = Settings(
        model="minivggnet",
        negative="NORMAL",
        n_seeds=1,
        more={"epochs": 1},
        shipped=train_params(),
        live_dir=folder / "live",
    )
    return try_recipe(Recipe("tried", {"brightness": 0.1}), cohort, settings, final=final)


@pytest.mark.slow
def test_a_trial_scores_each_validation_and_not_the_test(cohort, tmp_path):
    films = cohort.samples
    without_test = Cohort(cohort.manifest, films[films["split"] != "test"], cohort.store)
    found = trial(without_test, tmp_path, final=False)  # no test films exist
    assert "test" not in found
    for kind in (*KINDS, "degraded_worst"):
        assert 0.0 <= found[kind] <= 1.0
    both = found["conditions"]["halved, negative"], found["conditions"]["compressed, negative"]
    assert found["softened"] == pytest.approx(sum(both) / 2)
    assert found["degraded_worst"] == min(found["conditions"].values())
    assert found["degraded_worst"] <= found["degraded"]
    assert line(found).startswith("tried                    ordinary ")
    assert "TEST" not in line(found)


@pytest.mark.slow
def test_a_final_trial_adds_the_test_scores(cohort, tmp_path):
    found = trial(cohort, tmp_path, final=True)
    assert set(found["test"]) == {"auroc", "sensitivity", "specificity"}
    assert "test" not in line(found).lower()  # the log does not show them
