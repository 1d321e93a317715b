"""A trial trains one network and keeps its logits; it reads no film of the split `test`."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tasks.core.atomic import read_json
from tasks.core.image_store.store import ImageStore
from tests.cohorts import draw_squares, manifest_of, squares_cohort, store_films, train_params
from tests.studies.recipes.catalogue import Recipe
from tests.studies.recipes.cohort import SEEN, Cohort, film_set
from tests.studies.recipes.degraded import CHANGES
from tests.studies.recipes.trial import (
    WHOLE,
    WITHOUT_HELD_OUT,
    Shared,
    form_of,
    run_trial,
    samples_of,
    training_films,
    validation_films,
)
from tests.studies.recipes.work_folder import WorkFolder

SIZE_PX = 16
RESIZE = {"size_px": SIZE_PX, "region": "none"}
SHARED = Shared("cnn4_bn", "NORMAL", RESIZE, train_params())
SAMPLES = squares_cohort({"train": 24, "val": 12, "test": 8})
TEST_IDS = set(SAMPLES.loc[SAMPLES["split"] == "test", "image_id"])
ABROAD = squares_cohort({"test": 6}).assign(image_id=lambda films: "x" + films["image_id"])


@pytest.fixture(scope="module")
def cohort(tmp_path_factory) -> Cohort:
    folder = tmp_path_factory.mktemp("stores")
    store = store_films(folder / "home", SAMPLES, draw_squares(SAMPLES, SIZE_PX))
    abroad = store_films(folder / "abroad", ABROAD, draw_squares(ABROAD, SIZE_PX, 1))
    rng = np.random.default_rng(0)
    manifest = manifest_of(SAMPLES)
    manifest["sharpness"] = rng.random(len(manifest)) + (manifest["label"] == "NORMAL")
    seen = SAMPLES[SAMPLES["split"].isin(SEEN)].reset_index(drop=True)
    return Cohort(manifest, seen, store, {"clinic": film_set(ABROAD, abroad, "NORMAL")})


def run(cohort: Cohort, folder: Path, split: str, epochs: int = 1) -> dict:
    trial = SHARED.trial(Recipe("tried", {"brightness": 0.1}), SIZE_PX, epochs, 0, split)
    return run_trial(trial, cohort, SHARED, WorkFolder(folder))


def logits(folder: Path, key: str) -> dict:
    with np.load(WorkFolder(folder).trial(key) / "logits.npz", allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.fixture
def read_ids(monkeypatch) -> set[str]:
    """Ids of all films whose pixels are read."""
    ids: set[str] = set()
    take = ImageStore.take

    def noted(self, rows):
        ids.update(np.asarray(self.ids, dtype=object)[rows])
        return take(self, rows)

    monkeypatch.setattr(ImageStore, "take", noted)
    return ids


@pytest.mark.slow
def test_trials_judge_every_condition_and_read_no_test_film(cohort, tmp_path, read_ids):
    whole = run(cohort, tmp_path, WHOLE)
    looks = {f"{kind}/{look}" for kind in ("look", "adapted") for look in CHANGES}
    found = logits(tmp_path, whole["key"])
    assert set(found) == {"val", "external/clinic"} | looks
    assert {name: array.shape for name, array in found.items()} == {
        name: (12 if name == "external/clinic" else 24, 2) for name in found
    }
    assert (found["adapted/lighter"] != found["look/lighter"]).any()
    held_out = run(cohort, tmp_path, WITHOUT_HELD_OUT)
    assert set(logits(tmp_path, held_out["key"])) == {"val", "held_out"}
    assert len(read_ids) >= 72 + 12  # training, validation and the clinic
    assert not read_ids & TEST_IDS
    assert whole["classes"] == ["NORMAL", "PNEUMONIA"]
    assert whole["seconds"] > 0
    assert not (tmp_path / "trials" / whole["key"] / "checkpoints").exists()


@pytest.mark.slow
def test_a_network_whose_logits_are_missing_is_not_trained_again(cohort, tmp_path, monkeypatch):
    facts = run(cohort, tmp_path, WITHOUT_HELD_OUT)
    folder = WorkFolder(tmp_path).trial(facts["key"])
    before = logits(tmp_path, facts["key"])
    (folder / "trial.json").unlink()
    (folder / "logits.npz").unlink()
    monkeypatch.setattr("tasks.train.fitting.fit.fit", None)  # calling it would fail
    again = run(cohort, tmp_path, WITHOUT_HELD_OUT)
    assert again == facts | {"seconds": None}  # its time is not known
    for name, array in logits(tmp_path, facts["key"]).items():
        np.testing.assert_array_equal(array, before[name])


@pytest.mark.slow
def test_a_network_of_other_settings_is_trained_again(cohort, tmp_path):
    recipe = Recipe("tried", {"brightness": 0.1})
    before = run(cohort, tmp_path, WITHOUT_HELD_OUT)
    was = logits(tmp_path, before["key"])["val"]
    (WorkFolder(tmp_path).trial(before["key"]) / "trial.json").unlink()  # killed before its end
    other = replace(SHARED, shipped=SHARED.shipped.model_copy(update={"learning_rate": 0.05}))
    trial = other.trial(recipe, SIZE_PX, 1, 0, WITHOUT_HELD_OUT)
    again = run_trial(trial, cohort, other, WorkFolder(tmp_path))
    assert again["key"] == before["key"]
    assert again["train"]["learning_rate"] == 0.05
    fresh = run_trial(trial, cohort, other, WorkFolder(tmp_path / "fresh"))
    now = logits(tmp_path, again["key"])["val"]
    assert (now != was).any()
    np.testing.assert_array_equal(now, logits(tmp_path / "fresh", fresh["key"])["val"])


@pytest.mark.slow
def test_six_views_take_the_weights_of_the_plain_network(cohort, tmp_path, monkeypatch):
    plain = run(cohort, tmp_path, WITHOUT_HELD_OUT)
    monkeypatch.setattr("tasks.train.fitting.fit.fit", None)  # calling it would fail
    recipe = Recipe("views", {"brightness": 0.1}, {"n_views": 6})
    trial = SHARED.trial(recipe, SIZE_PX, 1, 0, WITHOUT_HELD_OUT)
    views = run_trial(trial, cohort, SHARED, WorkFolder(tmp_path))
    assert views["seconds"] is None  # it is not the time of a training
    assert read_json(WorkFolder(tmp_path).trial(views["key"]) / "model/model.json")["n_views"] == 6
    one, six = logits(tmp_path, plain["key"]), logits(tmp_path, views["key"])
    assert one["val"].shape == six["val"].shape
    assert np.corrcoef(one["val"][:, 1], six["val"][:, 1])[0, 1] > 0.5  # the same network
    assert (one["val"] != six["val"]).all()


def test_films_held_out_are_neither_trained_nor_validated(cohort):
    trial = SHARED.trial(Recipe("tried"), SIZE_PX, 1, 0, WITHOUT_HELD_OUT)
    samples = samples_of(trial, cohort, SHARED)
    assert set(samples["split"]) == {"train", "val", "held"}
    assert not set(samples["image_id"]) & TEST_IDS
    assert set(validation_films(trial, samples, cohort, SHARED)) == {"val", "held_out"}


@pytest.mark.parametrize("n_clusters", [2, 3])
def test_group_dro_has_as_many_clusters_as_params_yaml_says(n_clusters):
    samples = squares_cohort({"train": 120})
    machine = [0.1, 0.4, 0.9] * 80  # sharpness; 40 films of each class from each machine
    manifest = manifest_of(samples).assign(sharpness=np.add(machine, np.arange(240) / 1e5))
    shared = replace(SHARED, n_clusters=n_clusters)
    trial = shared.trial(Recipe("dro", {}, {"group_dro_step": 0.01}), SIZE_PX, 1, 0, WHOLE)
    films = training_films(trial, samples, Cohort(manifest, samples, None, {}), shared)
    assert films["acquisition"].nunique() == n_clusters


def test_names_tell_trials_and_forms_apart():
    lungs = Recipe("lungs", resize={"region": "lungs", "size_px": 96})
    trial = SHARED.trial(lungs, SIZE_PX, 7, 2, WHOLE)
    assert trial.key == f"lungs-96px-7epochs-seed{SHARED.shipped.seed + 2}-whole"
    assert (trial.params.n_seeds, trial.params.seed) == (1, SHARED.shipped.seed + 2)
    assert form_of(trial.resize, RESIZE) == "96px-region_lungs"
    assert form_of(RESIZE | {"size_px": 32}, RESIZE) == "32px"
