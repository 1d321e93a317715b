import math

import keras
import numpy as np
import pandas as pd
import pytest
from scipy.special import log_softmax

from tasks.core.classifier import predict_logits
from tasks.core.errors import TrainingError
from tasks.core.image_store.store import ImageStore
from tasks.train.fitting import network_run as network_run_module
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.devices import prepare_devices
from tasks.train.fitting.fit import Resources, TrainingRun, fit
from tasks.train.fitting.learning_schedule import plateau_rate
from tests.cohorts import (
    CLASSES,
    STILL,
    draw_squares,
    squares_cohort,
    store_films,
    train_params,
)

SIZE_PX = 32
SAMPLES = squares_cohort()
EPOCHS = 3
AUGMENT = STILL.model_copy(update={"shift": 0.1, "rotation_deg": 5.0, "brightness": 0.05})
PARAMS = train_params(epochs=EPOCHS, augment=AUGMENT)


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> ImageStore:
    folder = tmp_path_factory.mktemp("store") / "images"
    return store_films(folder, SAMPLES, draw_squares(SAMPLES, SIZE_PX))


@pytest.fixture(scope="module")
def trained(store, tmp_path_factory):
    """A run, its DVCLive folder and the bytes of its model file."""
    live = tmp_path_factory.mktemp("live") / "training"
    run = fit("minivggnet", SAMPLES, store, PARAMS, live)
    return run, live, saved_bytes(run, tmp_path_factory.mktemp("saved"))


def saved_bytes(run: TrainingRun, folder) -> bytes:
    save_classifier(run, folder / "model")
    return (folder / "model/model.keras").read_bytes()


def curve(live, name: str) -> pd.DataFrame:
    return pd.read_csv(live / f"plots/metrics/{name}.tsv", sep="\t")


def test_loss_falls_and_the_run_has_its_facts(trained):
    run, live, _ = trained
    losses = list(curve(live, "train/loss")["loss"])
    assert losses[-1] < 0.7 * losses[0]
    assert (run.classes, run.precision, run.seed) == (CLASSES, "float32", 3)
    assert run.epochs_run == EPOCHS
    of_validation = list(curve(live, "eval/loss")["loss"])
    assert run.best_epoch == 1 + of_validation.index(min(of_validation))
    assert run.best_loss == pytest.approx(min(of_validation), rel=1e-9)


def test_dvclive_has_a_row_per_epoch_and_no_times(trained):
    _, live, _ = trained
    for name in ("train/loss", "train/accuracy", "eval/loss", "eval/accuracy"):
        table = curve(live, name)
        assert list(table.columns) == ["step", name.split("/")[1]]
        assert list(table["step"]) == list(range(EPOCHS))
    files = {path.relative_to(live).as_posix() for path in live.rglob("*") if path.is_file()}
    of_curves = {f"plots/metrics/{side}/{name}.tsv" for side in ("train", "eval")
                 for name in ("loss", "accuracy")}  # fmt: skip
    assert files == {"metrics.json", "plots/metrics/train/learning_rate.tsv"} | of_curves


def test_saved_network_has_the_weights_of_the_best_epoch(store, tmp_path):
    # some validation films have a wrong label: a confident network gets a large loss
    is_wrong = (SAMPLES["split"] == "val") & SAMPLES["patient_id"].str.endswith(("0", "1"))
    index = SAMPLES["class_index"].mask(is_wrong, 1 - SAMPLES["class_index"])
    samples = SAMPLES.assign(class_index=index, label=[CLASSES[k] for k in index])
    params = train_params(epochs=6)
    run = fit("minivggnet", samples, store, params, tmp_path / "live")
    losses = list(curve(tmp_path / "live", "eval/loss")["loss"])
    assert run.best_epoch < run.epochs_run == 6
    assert losses[-1] > 1.01 * run.best_loss
    val = samples[samples["split"] == "val"]
    logits = predict_logits(run.model, store.read(list(val["image_id"]))).astype(np.float64)
    loss = -log_softmax(logits, axis=1)[np.arange(len(val)), val["class_index"]].mean()
    assert loss == pytest.approx(run.best_loss, rel=1e-3)


def test_patience_ends_the_run_early(store, tmp_path):
    params = train_params(epochs=30, learning_rate=0.2, early_stopping_patience=1)
    run = fit("minivggnet", SAMPLES, store, params, tmp_path / "live")
    assert run.epochs_run == run.best_epoch + 1 < 30
    assert len(curve(tmp_path / "live", "eval/loss")) == run.epochs_run


def test_the_test_split_is_not_used(trained, tmp_path):
    _, _, expected = trained
    on_test = (SAMPLES["split"] == "test").to_numpy()
    changed = SAMPLES.copy()
    changed.loc[on_test, "class_index"] = 1 - changed.loc[on_test, "class_index"]
    changed.loc[on_test, "label"] = [CLASSES[k] for k in changed.loc[on_test, "class_index"]]
    changed.loc[on_test, "sample_weight"] = np.nan
    films = draw_squares(SAMPLES, SIZE_PX)
    films[on_test] = 255 - films[on_test]
    store = store_films(tmp_path / "images", changed, films)
    run = fit("minivggnet", changed, store, PARAMS, tmp_path / "live")
    assert saved_bytes(run, tmp_path) == expected


def test_another_seed_gives_another_network(trained, store, tmp_path):
    params = PARAMS.model_copy(update={"seed": 4})
    other = fit("minivggnet", SAMPLES, store, params, tmp_path / "live")
    run, _, expected = trained
    assert saved_bytes(other, tmp_path) != expected
    change = other.model.get_layer("logits").kernel - run.model.get_layer("logits").kernel
    assert np.abs(change).max() > 1e-3


@pytest.mark.slow
def test_views_change_neither_the_training_nor_the_weights(trained, store, tmp_path):
    params = PARAMS.model_copy(update={"n_views": 6})
    viewed = fit("minivggnet", SAMPLES, store, params, tmp_path / "live")
    run, live, _ = trained
    assert curve(tmp_path / "live", "eval/loss").equals(curve(live, "eval/loss"))
    assert (viewed.n_views, viewed.best_loss) == (6, run.best_loss)
    kernels = [one.model.get_layer("fc1").kernel for one in (viewed, run)]
    np.testing.assert_array_equal(*kernels)
    films = store.read(list(SAMPLES["image_id"][:4]))
    assert np.abs(predict_logits(viewed.model, films) - predict_logits(run.model, films)).max() > 0


def test_loss_that_is_not_finite_stops_the_run(store, tmp_path):
    broken = SAMPLES.assign(sample_weight=np.where(SAMPLES["split"] == "train", np.inf, 1.0))
    with pytest.raises(TrainingError, match=r"finite number(.|\n)*train\.learning_rate"):
        fit("minivggnet", broken, store, train_params(epochs=1), tmp_path / "live")


def test_error_names_batch_and_films_of_a_loss_that_is_not_finite(store, tmp_path):
    rows = SAMPLES.index[SAMPLES["split"] == "train"]
    broken = SAMPLES.copy()
    broken.loc[rows[20], "sample_weight"] = np.nan
    # without shuffling it is batch 3; the order of the first epoch comes from (seed, 1)
    order = np.random.default_rng([3, 1]).permutation(32)
    batch = int(np.flatnonzero(order == 20)[0]) // 8
    with pytest.raises(TrainingError) as caught:
        fit("minivggnet", broken, store, train_params(epochs=2), tmp_path / "live")
    films = [SAMPLES["image_id"][rows[film]] for film in order[batch * 8 : batch * 8 + 5]]
    where = f"batch {batch + 1} of 4, epoch 1: films {', '.join(films)} and 3 more"
    assert caught.value.where == where


def test_error_names_the_batch_of_a_validation_loss_that_is_not_finite(store, tmp_path):
    rows = SAMPLES.index[SAMPLES["split"] == "val"]
    broken = SAMPLES.copy()
    broken.loc[rows[-1], "sample_weight"] = np.inf
    with pytest.raises(TrainingError, match="validation loss") as caught:
        fit("minivggnet", broken, store, train_params(epochs=2), tmp_path / "live")
    assert caught.value.where.startswith(
        f"batch 2 of 2, epoch 1: films {broken['image_id'][rows[8]]}"
    )


def test_loss_that_is_not_finite_keeps_the_checkpoint_of_the_previous_epoch(store, tmp_path):
    params = train_params(epochs=5, learning_rate=0.99, schedule="constant")
    resources = Resources(tmp_path / "checkpoints")

    class Broken(Batches):
        def __getitem__(self, index):
            images, labels, weights = super().__getitem__(index)
            late = self._seed is not None and self._epoch == 3
            return images, labels, weights * np.float32(np.nan if late else 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network_run_module, "Batches", Broken)
        with pytest.raises(TrainingError, match="epoch 3"):
            fit("minivggnet", SAMPLES, store, params, tmp_path / "live", resources)
    done = fit("minivggnet", SAMPLES, store, params, tmp_path / "live", resources)
    assert done.epochs_run == 5
    assert len(curve(tmp_path / "live", "eval/loss")) == 5


@pytest.mark.slow
def test_cosine_and_plateau_rates_reach_the_optimiser(store, tmp_path):
    warm = train_params(epochs=3, schedule="cosine", warmup_epochs=1, learning_rate=0.01)
    fit("minivggnet", SAMPLES, store, warm, tmp_path / "cosine")
    # after 4, 8 and 12 of 12 steps; the rate rises in the first four
    found = list(curve(tmp_path / "cosine", "train/learning_rate")["learning_rate"])
    np.testing.assert_allclose(found, [0.01, 0.005, 0.0], atol=1e-8)
    high = train_params(epochs=4, learning_rate=0.9, plateau_patience=1, plateau_factor=0.5)
    fit("minivggnet", SAMPLES, store, high, tmp_path / "plateau")
    losses = list(curve(tmp_path / "plateau", "eval/loss")["loss"])
    found = list(curve(tmp_path / "plateau", "train/learning_rate")["learning_rate"])
    np.testing.assert_allclose(found, [plateau_rate(losses[:n], high) for n in range(4)], rtol=1e-6)
    assert found[0] == pytest.approx(0.9)


def test_validation_loss_that_is_not_finite_stops_the_run(store, tmp_path):
    broken = SAMPLES.assign(sample_weight=np.where(SAMPLES["split"] == "val", np.nan, 1.0))
    with pytest.raises(TrainingError, match="validation loss"):
        fit("minivggnet", broken, store, train_params(epochs=1), tmp_path / "live")


@pytest.mark.slow
def test_mixed_precision_runs_on_a_cpu(store, tmp_path):
    params = train_params(epochs=1, precision="mixed_float16", augment=AUGMENT)
    run = fit("minivggnet", SAMPLES, store, params, tmp_path / "live")
    assert run.precision == "mixed_float16"
    assert math.isfinite(run.best_loss)
    assert run.model.get_layer("block1_conv1").compute_dtype == "float16"
    assert run.model.output.dtype == "float32"
    assert all(weights.dtype == np.float32 for weights in run.model.get_weights())


def test_precision_auto_is_float32_without_a_gpu(monkeypatch):
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["cpu:0"])
    assert prepare_devices(train_params(precision="auto")) == "float32"
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    try:
        assert prepare_devices(train_params(precision="auto")) == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")


def test_gpu_memory_growth_is_set_before_the_gpu_starts(monkeypatch):
    import tensorflow as tf

    calls: list[str] = []
    real = keras.distribution.list_devices
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _: ["GPU"])
    monkeypatch.setattr(
        tf.config.experimental, "set_memory_growth", lambda *_: calls.append("growth")
    )
    # listing logical devices starts them, and then TensorFlow refuses to set memory growth
    monkeypatch.setattr(
        keras.distribution, "list_devices", lambda: (calls.append("start"), real())[1]
    )
    prepare_devices(train_params())
    assert calls == ["growth", "start"]
