"""Pretraining as a part of a run: what it learns, what it reads, and how it resumes."""

import hashlib
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import pytest

from tasks.core.classifier import load_classifier
from tasks.train.fitting import network_run as network_run_module
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.fit import Resources, fit
from tasks.train.network.build import build_classifier
from tasks.train.pretraining import pretrain as pretrain_module
from tasks.train.pretraining.pretrain import Unlabelled, WholeBatches, pretraining_settings
from tasks.train.pretraining.twin_network import trunk_of
from tests.cohorts import STILL, draw_squares, squares_cohort, store_films, train_params
from tests.phantom_squares import phantom_squares

SAMPLES = squares_cohort({"train": 7, "val": 2, "test": 2})  # 14 films: 3 whole batches of 4
NAME = "cnn4_bn_dropout"  # it has normalisation and dropout
TWINS = {
    "method": "barlow_twins",
    "epochs": 3,
    "batch_size": 4,
    "projector_units": 8,
    "crop_min_area": 0.08,
}
VALUES = {"batch_size": 4, "epochs": 2, "pretraining": TWINS}


class Killed(Exception):  # noqa: N818
    """Simulates the end of the process."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return store_films(tmp_path_factory.mktemp("s") / "images", SAMPLES, draw_squares(SAMPLES, 16))


def run(store, folder: Path, values: dict = VALUES, samples: pd.DataFrame = SAMPLES) -> dict:
    """Fit and save; returns the bytes of the model and of DVCLive's files."""
    resources = Resources(folder / "checkpoints", 1)
    done = fit(NAME, samples, store, train_params(**values), folder / "live", resources)
    save_classifier(done, folder / "model")
    files = [path for part in ("live", "model") for path in (folder / part).rglob("*.*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def whole(store, tmp_path_factory):
    """Folder and files of an uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, run(store, folder)


def start_of_training(store, folder: Path, samples: pd.DataFrame = SAMPLES) -> keras.Model:
    """The network of a run when its supervised training starts."""
    networks = []

    def stop(model, *_):
        networks.append(model)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_run_module, "_fit_phase", stop)
        with pytest.raises(Killed):
            run(store, folder, samples=samples)
    return networks[0]


class CutPretraining(WholeBatches):
    def on_epoch_end(self):
        super().on_epoch_end()
        if self._epoch == 3:
            raise Killed


class CutTraining(Batches):
    def on_epoch_end(self):
        super().on_epoch_end()
        if self._seed is not None and self._epoch == 2:
            raise Killed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "cut", "resumed"),
    [
        (pretrain_module, "WholeBatches", CutPretraining, "pretraining: resuming after epoch 1 of"),
        (network_run_module, "Batches", CutTraining, "pretraining: resuming after epoch 3 of 3"),
    ],
)
def test_an_interrupted_run_ends_with_the_same_bytes(  # noqa: PLR0917
    module, name, cut, resumed, store, whole, tmp_path, monkeypatch, caplog
):
    with monkeypatch.context() as patch:
        patch.setattr(module, name, cut)
        with pytest.raises(Killed):
            run(store, tmp_path)
    with caplog.at_level("INFO"):
        assert run(store, tmp_path) == whole[1]
    assert resumed in caplog.text


def test_the_training_starts_from_the_pretrained_trunk_and_a_random_head(store, tmp_path):
    network = start_of_training(store, tmp_path)
    keras.utils.set_random_seed(3)
    random = build_classifier(NAME, 16, 2, STILL, 3)
    for now, drawn in zip(
        network.get_layer("logits").get_weights(),
        random.get_layer("logits").get_weights(),
        strict=True,
    ):
        np.testing.assert_array_equal(now, drawn)
    kept = read_arrays(tmp_path / "checkpoints/seed3-pretraining")
    for weight, drawn in zip(
        trunk_of(network).get_weights(), trunk_of(random).get_weights(), strict=True
    ):
        assert not np.array_equal(weight, drawn)
        assert any(np.array_equal(weight, array) for array in kept)


def read_arrays(path: Path) -> list[np.ndarray]:
    """All arrays of a checkpoint."""
    arrays = []
    with path.open("rb") as file:
        file.seek(hashlib.sha256().digest_size)
        while file.peek(1):
            arrays.append(np.load(file, allow_pickle=False))
    return arrays


def test_labels_validation_and_test_films_are_not_read(store, tmp_path):
    is_train = (SAMPLES["split"] == "train").to_numpy()
    index = np.where(is_train, 1 - SAMPLES["class_index"], SAMPLES["class_index"])
    changed = SAMPLES.assign(class_index=index, sample_weight=2.0, n_repeats=2)
    films = draw_squares(SAMPLES, 16)
    films[~is_train] = 255 - films[~is_train]
    other = store_films(tmp_path / "images", changed, films)
    found = start_of_training(other, tmp_path / "other", changed)
    expected = start_of_training(store, tmp_path / "same")
    for one, two in zip(found.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_curves_of_the_pretraining_stand_beside_those_of_the_training(whole):
    folder, files = whole
    for name in ("loss", "view_agreement", "learning_rate"):
        curve = pd.read_csv(folder / f"live/plots/metrics/pretraining/train/{name}.tsv", sep="\t")
        assert list(curve["step"]) == [0, 1, 2]
    assert len(files["live/plots/metrics/train/loss.tsv"].splitlines()) == 1 + 2
    assert not any("pretraining/eval" in name for name in files)


def test_the_saved_network_has_no_part_of_the_pretraining(whole):
    saved = load_classifier(whole[0] / "model")
    plain = build_classifier(NAME, 16, 2, STILL, 0)
    assert [layer.name for layer in saved.layers] == [layer.name for layer in plain.layers]


@pytest.mark.slow
def test_views_of_phantom_films_agree_after_a_few_steps(tmp_path):
    films = phantom_squares(64, seed=0)[:, ::2, ::2, 0]
    samples = squares_cohort({"train": 32})
    store = store_films(tmp_path / "images", samples, films)
    # views of the whole film: a perceptron of pixels learns crops slowly
    twins = TWINS | {"epochs": 20, "batch_size": 32, "crop_min_area": 1.0}
    params = train_params(pretraining=twins)
    keras.utils.set_random_seed(0)
    network = build_classifier("ann", 32, 2, STILL, seed=0)
    log = network_run_module.MetricsLog(str(tmp_path / "live"))
    network_run = network_run_module.NetworkRun(0, log, None, "", 1)
    pretraining = network_run.resume_pretraining(params)
    data = Unlabelled(samples, store, seed=0, n_threads=1)
    pretrain_module.pretrain(network, data, params, pretraining, "network")
    agreements = [row["view_agreement"] for row in pretraining.history]
    assert agreements[-1] > agreements[0] + 0.3


def test_a_last_smaller_batch_is_left_out_unless_it_is_the_only_one(store):
    films = Unlabelled(SAMPLES[SAMPLES["split"] == "train"], store, seed=0, n_threads=1)
    batches = films.batches(4, 0)
    assert (len(batches), batches.n_films) == (3, 12)
    assert [batches[k][0].shape for k in range(3)] == [(4, 16, 16, 1)] * 3
    assert films.batches(100, 0)[0][0].shape == (14, 16, 16, 1)


def test_the_pretraining_has_its_own_epochs_and_the_cosine_of_the_paper():
    params = train_params(
        **VALUES | {"average_momentum": 0.9, "schedule": "plateau", "early_stopping_patience": 1}
    )
    settings = pretraining_settings(params)
    assert (settings.epochs, settings.batch_size, settings.schedule) == (3, 4, "cosine")
    assert settings.early_stopping_patience is None
    assert settings.average_momentum is None
    assert settings.average_epochs is None


@pytest.mark.slow
def test_half_precision_and_a_second_seed(store, tmp_path):
    values = VALUES | {"precision": "mixed_float16", "n_seeds": 2}
    files = run(store, tmp_path, values)
    curves = [
        pd.read_csv(tmp_path / f"live/plots/metrics/{seed}pretraining/train/loss.tsv", sep="\t")
        for seed in ("", "seed4/")
    ]
    assert all(np.isfinite(curve["loss"]).all() for curve in curves)
    assert not np.array_equal(curves[0]["loss"], curves[1]["loss"])
    assert "model/model.keras" in files
