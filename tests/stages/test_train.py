"""The stage as `dvc repro` runs it: a process with input files, output files and an exit code."""

import contextlib
import fcntl
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.params import load_params
from tasks.core.tables import ACQUISITION_SCHEMA, SAMPLES_SCHEMA, write_table
from tests.cohorts import draw_squares, squares_cohort, store_films

ROOT = Path(__file__).resolve().parents[2]
MODEL = "minivggnet"
SIZE_PX = 32
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def train(
    repository: Path, *arguments: str, largest_file_bytes: int = resource.RLIM_INFINITY
) -> subprocess.CompletedProcess[str]:
    limit = (largest_file_bytes, resource.RLIM_INFINITY)
    return subprocess.run(
        [sys.executable, "-m", "tasks.train", *arguments],
        cwd=repository,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit),
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["train"] |= {"epochs": 2, "n_seeds": 1, "batch_size": 8, "precision": "float32"}
    params["train"] |= {"n_views": 1}
    params["train"]["pretraining"] |= {"method": "none"}
    (root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    samples = squares_cohort()
    write_table(samples, SAMPLES_SCHEMA, root / paths.SAMPLES)
    store_films(root / paths.IMAGES, samples, draw_squares(samples, SIZE_PX))
    return root


@pytest.fixture(scope="module")
def done(repository) -> subprocess.CompletedProcess[str]:
    return train(repository, "--model", MODEL)


def test_stage_succeeds_and_prints_only_its_own_lines(done):
    assert (done.returncode, done.stdout) == (0, "")
    lines = done.stderr.splitlines()
    assert all(line.startswith("[train] ") for line in lines)  # nothing from TensorFlow
    is_progress = ["1 of 2 epochs" in line for line in lines]  # a slow machine logs it
    assert is_progress in ([False] * 4, [False, False, True, False, False])
    assert lines[0] == (
        "[train] minivggnet: networks: 1, epochs: 2, views of a film: 1, augmentation: wide_crops,"
        " pretraining: none"
    )
    assert lines[1] == (
        "[train] minivggnet: 2166498 parameters, float32, 32 training and 16 validation films"
        " of 32 px"
    )
    assert lines[-2].startswith("[train] network 1 of 1: done, 2 epochs, validation loss ")
    assert lines[-1] == "[train] minivggnet: saved (networks averaged: 1)"


def test_a_second_process_does_not_train_the_same_network(repository, tmp_path):
    lock = copied(repository, tmp_path) / paths.checkpoint_dir(MODEL) / "lock"
    lock.parent.mkdir(parents=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        second = train(tmp_path, "--model", MODEL)
    assert second.returncode == 1
    assert "ERROR: one process at a time trains a network" in second.stderr


@pytest.mark.slow
def test_terminal_shows_a_bar_for_each_network_with_epochs_and_losses(repository, tmp_path):
    folder = copied(repository, tmp_path)
    params = yaml.safe_load((folder / paths.PARAMS).read_text("utf-8"))
    params["train"] |= {"n_seeds": 2}
    (folder / paths.PARAMS).write_text(yaml.safe_dump(params), "utf-8")
    shown = on_a_terminal([sys.executable, "-m", "tasks.train", "--model", MODEL], folder)
    for bar in ("network 1 of 2", "network 2 of 2"):
        assert re.search(rf"{bar}: 100%\|.*2/2 \[.* epochs.*, loss \d\.\d+, validation loss", shown)


def on_a_terminal(arguments: list[str], folder: Path) -> str:
    """What a command prints on a terminal of 200 columns."""
    reader, writer = os.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    stage = subprocess.Popen(arguments, cwd=folder, env=ENVIRONMENT, stderr=writer)
    os.close(writer)
    printed = b""
    with contextlib.suppress(OSError):  # Linux: the last writer has closed the terminal
        while data := os.read(reader, 4096):
            printed += data
    os.close(reader)
    assert stage.wait(timeout=300) == 0, printed
    return printed.decode()


def copied(repository: Path, folder: Path) -> Path:
    """The inputs of the stage in another folder."""
    for name in (paths.PARAMS, paths.SAMPLES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / name, folder / name)
    shutil.copytree(repository / paths.IMAGES, folder / paths.IMAGES)
    return folder


def test_stage_writes_what_dvc_yaml_names_and_nothing_else(repository, done):
    assert done.returncode == 0
    files = {file.relative_to(repository) for file in repository.rglob("*") if file.is_file()}
    live = paths.training_dir(MODEL)
    curves = {live / f"plots/metrics/{side}/{name}.tsv" for side in ("train", "eval")
              for name in ("loss", "accuracy")}  # fmt: skip
    store = {file for file in files if file.is_relative_to(paths.IMAGES)}
    assert files - store == curves | {
        Path("params.yaml"),
        paths.SAMPLES,
        paths.model_dir(MODEL) / "model.keras",
        paths.model_dir(MODEL) / "model.json",
        paths.training_metrics(MODEL),
        live / "plots/metrics/train/learning_rate.tsv",
    }
    contract = json.loads((repository / paths.model_dir(MODEL) / "model.json").read_text("utf-8"))
    assert (contract["model"], contract["size_px"]) == (MODEL, SIZE_PX)
    assert contract["classes"] == ["NORMAL", "PNEUMONIA"]
    assert contract["epochs_run"] == 2
    params = load_params(repository / paths.PARAMS)
    assert contract["settings"] == params.train_of(MODEL).model_dump(mode="json")
    metrics = json.loads((repository / paths.training_metrics(MODEL)).read_text("utf-8"))
    assert (set(metrics), metrics["epochs"]) == ({"train", "eval", "epochs"}, 2)
    assert set(metrics["train"]) == set(metrics["eval"]) == {"loss", "accuracy"}


@pytest.mark.slow
def test_group_dro_records_the_weight_of_each_class_and_cluster(repository, tmp_path):
    folder = copied(repository, tmp_path)
    params = yaml.safe_load((folder / paths.PARAMS).read_text("utf-8"))
    params["resample"]["acquisition_clusters"] = 2
    params["train"] |= {"group_dro_step": 0.01, "epochs": 1}
    (folder / paths.PARAMS).write_text(yaml.safe_dump(params), "utf-8")
    samples = squares_cohort()
    clusters = samples[samples["split"] == "train"][["image_id"]].assign(acquisition=[0, 1] * 16)
    write_table(clusters, ACQUISITION_SCHEMA, folder / paths.ACQUISITION_CLUSTERS)
    end = train(folder, "--model", MODEL)
    assert end.returncode == 0
    sizes = "NORMAL_0 8, NORMAL_1 8, PNEUMONIA_0 8, PNEUMONIA_1 8"
    assert f"[train] group DRO, films: {sizes}" in end.stderr.splitlines()
    curves = (folder / paths.training_plots(MODEL)).glob("metrics/train/group_weight/*.tsv")
    assert len(list(curves)) == 4


def test_unknown_model_is_one_message_and_exit_code_1(repository, done):
    assert done.returncode == 0
    failed = train(repository, "--model", "minivgnet")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("[train] ERROR: every name under `models`")
    assert "choose one of ann, chexnet, " in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (repository / paths.model_dir("minivgnet")).exists()


def written(repository: Path) -> dict[str, bytes]:
    folders = (paths.model_dir(MODEL), paths.training_dir(MODEL))
    files = (file for folder in folders for file in (repository / folder).rglob("*.*"))
    return {file.relative_to(repository).as_posix(): file.read_bytes() for file in files}


@pytest.mark.slow
def test_second_run_writes_the_same_bytes(repository, done):
    assert done.returncode == 0
    before = written(repository)
    assert len(before) == 8
    assert train(repository, "--model", MODEL).returncode == 0
    assert written(repository) == before


@pytest.mark.slow
def test_a_failure_after_the_last_epoch_costs_no_training(repository, done, tmp_path):
    assert done.returncode == 0
    copied(repository, tmp_path)
    models = tmp_path / paths.model_dir(MODEL).parent
    models.touch()  # a file where the folder must be
    assert train(tmp_path, "--model", MODEL).returncode == 1
    models.unlink()

    last = train(tmp_path, "--model", MODEL)
    assert last.returncode == 0, last.stderr
    assert "[train] network 1 of 1: resuming after epoch 2 of 2" in last.stderr
    assert written(tmp_path) == written(repository)


@pytest.mark.slow
def test_killed_stage_resumes_after_a_full_disk_and_ends_with_the_same_bytes(
    repository, done, tmp_path
):
    assert done.returncode == 0
    copied(repository, tmp_path)
    checkpoint = paths.checkpoint_dir(MODEL) / "seed0"

    stage = subprocess.Popen(
        [sys.executable, "-m", "tasks.train", "--model", MODEL],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stderr=subprocess.DEVNULL,
    )
    while not (tmp_path / checkpoint).exists():
        assert stage.poll() is None
        time.sleep(0.01)
    stage.kill()
    assert stage.wait() == -signal.SIGKILL
    kept = (tmp_path / checkpoint).read_bytes()
    assert not (tmp_path / paths.model_dir(MODEL)).exists()

    full = train(tmp_path, "--model", MODEL, largest_file_bytes=5_000_000)
    assert full.returncode == 1
    assert "  found: File too large" in full.stderr
    assert f"where: {checkpoint}" in full.stderr
    assert full.stderr.endswith("run the stage again: it resumes after epoch 1\n")
    assert "Traceback" not in full.stderr
    assert [path.name for path in (tmp_path / checkpoint).parent.glob("seed*")] == ["seed0"]
    assert (tmp_path / checkpoint).read_bytes() == kept

    last = train(tmp_path, "--model", MODEL)
    assert last.returncode == 0, last.stderr
    assert "[train] network 1 of 1: resuming after epoch 1 of 2" in last.stderr
    assert written(tmp_path) == written(repository)
    assert not (tmp_path / checkpoint).parent.exists()
