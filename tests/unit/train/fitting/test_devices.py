"""The same code on JAX: on one device, and on two virtual devices."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from tasks.core.classifier import load_classifier, predict_logits
from tasks.core.image_store.store import ImageStore
from tasks.train.fitting.devices import n_devices, prepare_devices
from tests.cohorts import STILL, draw_squares, squares_cohort, store_films, train_params

ROOT = Path(__file__).resolve().parents[4]
ALL = squares_cohort({"train": 8, "val": 3, "test": 2})
SAMPLES = ALL[ALL["image_id"] != "val-002-1"].reset_index(drop=True)  # 16 and 5 films
SAMPLES["acquisition"] = [number // 2 % 3 for number in range(len(SAMPLES))]

FIT_ON_JAX = """
import json, logging, os, sys
from pathlib import Path
logging.basicConfig(level=logging.INFO)
from tasks.core.classifier import prepare_backend
prepare_backend()
import pytest
from tasks.core.image_store.store import ImageStore
from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.fit import Resources, fit
from tests.unit.train.fitting.test_devices import SAMPLES, params
folder, store = Path(sys.argv[1]), ImageStore(Path(sys.argv[2]))
settings = params(os.environ["CASE"])
def run(name):
    resources = Resources(folder / name / "checkpoints")
    done = fit("minivggnet", SAMPLES, store, settings, folder / name / "live", resources)
    save_classifier(done, folder / name / "model")
    return (folder / name / "model/model.keras").read_bytes(), done
whole, done = run("whole")
class Cut(Batches):
    def on_epoch_end(self):
        super().on_epoch_end()
        if self._seed is not None and self._epoch == 3:
            raise KeyboardInterrupt
from tasks.train.fitting import network_run as module
module.Batches, kept = Cut, Batches
with pytest.raises(KeyboardInterrupt):
    run("cut")
module.Batches = kept
import keras, numpy
films = store.read(store.ids[:4])
print(json.dumps({
    "same_bytes": run("cut")[0] == whole,
    "backend": keras.backend.backend(),
    "probabilities": numpy.asarray(done.model.predict(films, verbose=0)).tolist(),
}))
"""


def params(case: str):
    values = {"epochs": 4, "augment": STILL, "early_stopping_patience": None}
    if case == "robust":  # films of weight 0 fill the batches of 5 on two devices
        return train_params(**values, batch_size=5, average_epochs=3, group_dro_step=0.1)
    return train_params(**values, batch_size=4, average_momentum=0.9)


def test_a_single_device_uses_no_distribution():
    prepare_devices(train_params())
    assert n_devices() == 1
    assert keras.distribution.distribution() is None


def on_jax(
    folder: Path, store: Path, n_virtual: int, case: str = "moving"
) -> tuple[dict[str, Any], str]:
    flags = f"--xla_force_host_platform_device_count={n_virtual}"
    done = subprocess.run(
        [sys.executable, "-c", FIT_ON_JAX, str(folder), str(store)],
        cwd=ROOT,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}",
            "KERAS_BACKEND": "jax",
            "CASE": case,
            "XLA_FLAGS": flags,
        },
        capture_output=True,
        text=True,
        timeout=900,  # on a busy machine
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_jax_trains_resumes_and_shares_batches_between_two_devices(tmp_path):
    films = draw_squares(SAMPLES, 16)
    store = store_films(tmp_path / "images", SAMPLES, films)
    one, _ = on_jax(tmp_path / "one", tmp_path / "images", 1)
    two, log = on_jax(tmp_path / "two", tmp_path / "images", 2)
    assert one["backend"] == two["backend"] == "jax"
    assert one["same_bytes"]
    assert two["same_bytes"]
    assert "cpu:0, cpu:1 share each batch" in log
    assert "resuming after epoch 1 of 4" in log
    # In the first epoch the two runs differ only by rounding (3e-4), which grows with each step.
    # One film of weight 0 fills the last batch of validation, and the mean counts it.
    for name, share in (("train", 1.0), ("eval", 5 / 6)):
        first = [
            pd.read_csv(tmp_path / run / f"whole/live/plots/metrics/{name}/loss.tsv", sep="\t")
            for run in ("one", "two")
        ]
        assert first[1]["loss"][0] == pytest.approx(first[0]["loss"][0] * share, rel=1e-3)
    check_that_tensorflow_reads_it(tmp_path / "one/whole/model", store, one["probabilities"])


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="JAX is not installed")
def test_group_dro_and_averaged_epochs_resume_on_two_devices_of_jax(tmp_path):
    store = store_films(tmp_path / "images", SAMPLES, draw_squares(SAMPLES, 16))
    two, _ = on_jax(tmp_path / "two", tmp_path / "images", 2, "robust")
    assert two["same_bytes"]
    curves = sorted((tmp_path / "two/whole/live/plots/metrics/train/group_weight").iterdir())
    weights = [pd.read_csv(path, sep="\t").iloc[:, -1].to_numpy() for path in curves]
    assert [len(weight) for weight in weights] == [4] * 6
    np.testing.assert_allclose(np.sum(weights, axis=0), 1.0, rtol=1e-5)
    assert np.ptp(weights, axis=0)[-1] > 1e-3
    check_that_tensorflow_reads_it(tmp_path / "two/whole/model", store, two["probabilities"])


def check_that_tensorflow_reads_it(folder: Path, store: ImageStore, expected: list[Any]) -> None:
    logits = predict_logits(load_classifier(folder), store.read(store.ids[:4]))
    odds = np.exp(logits.astype(np.float64))
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), expected, atol=1e-4)
