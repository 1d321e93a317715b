"""An interrupted run ends with the same bytes as an uninterrupted run."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.train.fitting.artifact import save_classifier
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.fit import Resources, fit
from tests.cohorts import STILL, draw_squares, squares_cohort, store_films, train_params

ROOT = Path(__file__).resolve().parents[4]
SAMPLES = squares_cohort({"train": 6, "val": 2, "test": 2})  # 12 films: 3 steps of 4
SAMPLES["acquisition"] = [number // 2 % 2 for number in range(len(SAMPLES))]
STEPS, EPOCHS = 3, 3
AUGMENT = STILL.model_copy(update={"shift": 0.1, "zoom": 0.1, "contrast": 0.1})
# the rate falls after each epoch without a lower loss, and the average of the weights is kept
STATEFUL = {"batch_size": 4, "epochs": EPOCHS, "augment": AUGMENT, "plateau_patience": 1}
AVERAGED = STATEFUL | {"average_momentum": 0.9, "loss": "focal", "label_smoothing": 0.1}
COSINE = STATEFUL | {"schedule": "cosine", "warmup_epochs": 1, "early_stopping_patience": None}
HALF = STATEFUL | {"precision": "mixed_float16", "learning_rate": 0.05}
FROM_OTHERS = {"mixup": 0.4, "mixstyle": 0.5, "amplitude_mix": 1.0, "histogram_match": 0.5}
MIXED = STATEFUL | {"augment": AUGMENT.model_copy(update=FROM_OTHERS)}
ROBUST = {"early_stopping_patience": None, "average_epochs": 2, "group_dro_step": 0.1}
ROBUST |= {"precision": "mixed_float16"}
PARAMS = {"averaged": AVERAGED, "cosine": COSINE, "half": HALF, "robust": STATEFUL | ROBUST}
PARAMS["mixed"] = MIXED


class Killed(Exception):  # noqa: N818
    """Simulates the end of the process."""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return store_films(tmp_path_factory.mktemp("s") / "images", SAMPLES, draw_squares(SAMPLES, 16))


def run(store, folder: Path, values: dict, n_threads: int | None = 1) -> dict[str, bytes]:
    """Fit and save; returns the bytes of the model and of DVCLive's files."""
    resources = Resources(folder / "checkpoints", n_threads)
    done = fit("minivggnet", SAMPLES, store, train_params(**values), folder / "live", resources)
    save_classifier(done, folder / "model")
    return written(folder)


def written(folder: Path) -> dict[str, bytes]:
    files = [path for part in ("live", "model") for path in (folder / part).rglob("*.*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def whole(store, tmp_path_factory):
    """Files of an uninterrupted run, by the name of its settings."""
    known: dict[str, dict[str, bytes]] = {}

    def of(name: str) -> dict[str, bytes]:
        if name not in known:
            known[name] = run(store, tmp_path_factory.mktemp("whole"), PARAMS[name])
        return known[name]

    return of


def interrupt(monkeypatch, store, folder: Path, values: dict, step: int) -> None:
    """Start a run that ends when Keras asks for the films of one step."""
    calls = []
    real = Batches._chosen

    def counted(self, index):
        if self.n_films == 12:  # training films; Keras reads two batches before the first step
            calls.append(index)
            if len(calls) == step + 2:
                raise Killed("Killed")
        return real(self, index)

    with monkeypatch.context() as patch:
        patch.setattr(Batches, "_chosen", counted)
        with pytest.raises(Exception, match="Killed"):
            run(store, folder, values)


def epochs_resumed_after(log: str) -> list[int]:
    return [int(epoch) for epoch in re.findall(r"resuming after epoch (\d+) of 3", log)]


SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("averaged", 5),
        pytest.param("averaged", 2, marks=SLOW),
        pytest.param("averaged", 9, marks=SLOW),
        pytest.param("cosine", 8, marks=SLOW),
        pytest.param("mixed", 5, marks=SLOW),
        pytest.param("robust", 8, marks=SLOW),  # q and a mean of one snapshot
        pytest.param("robust", 5, marks=SLOW),
    ],
)
def test_run_interrupted_at_a_step_ends_with_the_same_bytes(  # noqa: PLR0917
    name, step, store, whole, tmp_path, monkeypatch, caplog
):
    expected = whole(name)
    interrupt(monkeypatch, store, tmp_path, PARAMS[name], step)
    with caplog.at_level("INFO"):
        assert run(store, tmp_path, PARAMS[name]) == expected
    assert epochs_resumed_after(caplog.text) == [(step - 1) // STEPS][: step > STEPS]


@SLOW
def test_state_includes_the_loss_scale_of_half_precision(store, whole, tmp_path, monkeypatch):
    interrupt(monkeypatch, store, tmp_path, HALF, 7)
    assert run(store, tmp_path, HALF) == whole("half")


@SLOW
def test_run_interrupted_twice_ends_with_the_same_bytes(
    store, whole, tmp_path, monkeypatch, caplog
):
    expected = whole("averaged")
    interrupt(monkeypatch, store, tmp_path, AVERAGED, 4)
    with caplog.at_level("INFO"):
        interrupt(monkeypatch, store, tmp_path, AVERAGED, 5)
        assert run(store, tmp_path, AVERAGED) == expected
    assert epochs_resumed_after(caplog.text) == [1, 2]


def test_complete_run_without_a_saved_model_is_not_trained_again(
    store, whole, tmp_path, monkeypatch
):
    first = run(store, tmp_path, AVERAGED)
    assert first == whole("averaged")
    monkeypatch.setattr("keras.Model.fit", None)
    assert run(store, tmp_path, AVERAGED) == first


@pytest.mark.parametrize(
    "n_threads", [2, pytest.param(5, marks=SLOW), pytest.param(None, marks=SLOW)]
)
def test_number_of_threads_changes_no_byte(n_threads, store, whole, tmp_path):
    assert run(store, tmp_path, AVERAGED, n_threads) == whole("averaged")


@pytest.mark.slow
def test_without_a_number_of_threads_training_uses_all_cores(store, tmp_path, monkeypatch):
    workers = []
    real = Batches.__getitem__

    def noted(self, index):
        workers.append(self.workers)
        return real(self, index)

    monkeypatch.setattr(Batches, "__getitem__", noted)
    run(store, tmp_path, {"batch_size": 4, "epochs": 1}, None)
    assert max(workers) == os.cpu_count()


def test_checkpoint_of_other_settings_is_not_used(store, tmp_path):
    run(store, tmp_path / "a", AVERAGED | {"seed": 4})
    (tmp_path / "b/checkpoints").mkdir(parents=True)
    (tmp_path / "a/checkpoints/seed4").rename(tmp_path / "b/checkpoints/seed4")
    again = run(store, tmp_path / "b", AVERAGED | {"seed": 4, "learning_rate": 0.002})
    assert again["model/model.keras"] != written(tmp_path / "a")["model/model.keras"]


@SLOW
def test_each_seed_resumes_from_its_own_checkpoint(store, tmp_path, monkeypatch):
    two = AVERAGED | {"n_seeds": 2, "n_views": 6}
    expected = run(store, tmp_path / "whole", two)
    interrupt(
        monkeypatch, store, tmp_path / "cut", two, EPOCHS * STEPS + 2 + 5
    )  # in the second network
    assert {path.name for path in (tmp_path / "cut/checkpoints").iterdir()} == {"seed3", "seed4"}
    assert run(store, tmp_path / "cut", two) == expected
    assert "live/plots/metrics/seed4/eval/loss.tsv" in expected
    assert len(expected["live/plots/metrics/train/loss.tsv"].splitlines()) == 1 + EPOCHS


FIT_AND_DIE = """
import logging, os, signal, sys
logging.basicConfig(level=logging.INFO)
from pathlib import Path
from tasks.core.classifier import prepare_backend
prepare_backend()
from tasks.core.image_store.store import ImageStore
from tasks.train.fitting import checkpoint
from tasks.train.fitting.batches import Batches
from tests.unit.train.fitting import test_resumable_run as case
folder, store, moment = Path(sys.argv[1]), ImageStore(Path(sys.argv[2])), sys.argv[3]
calls = []
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
if moment.startswith("step"):
    real = Batches._chosen
    def counted(self, index):
        if self.n_films == 12:
            calls.append(index)
            if len(calls) == int(moment[4:]) + 2:
                die()
        return real(self, index)
    Batches._chosen = counted
elif moment == "writing":
    real_sync = os.fsync
    def cut(number):
        calls.append(number)
        if len(calls) == 2:
            die()
        real_sync(number)
    checkpoint.os.fsync = cut
case.run(store, folder, case.AVERAGED)
"""


@SLOW
@pytest.mark.parametrize(
    ("moment", "epoch"), [("step1", 0), ("step4", 1), ("step6", 1), ("step9", 2), ("writing", 1)]
)
def test_kill_9_at_any_moment_changes_no_byte(moment, epoch, store, whole, tmp_path):
    def start(moment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", FIT_AND_DIE, str(tmp_path), str(store._folder), moment],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    assert start(moment).returncode == -signal.SIGKILL
    assert not (tmp_path / "model").exists()
    again = start("never")
    assert again.returncode == 0, again.stderr
    assert epochs_resumed_after(again.stderr) == [epoch][: epoch > 0]
    assert written(tmp_path) == whole("averaged")
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {"seed3"}
