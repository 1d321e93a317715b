"""The stage as `dvc repro` runs it: a process of its own, files in, files and an exit code out."""

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.tables import SAMPLES_SCHEMA, write_table
from tests.cohorts import draw_squares, squares_cohort, store_films

ROOT = Path(__file__).resolve().parents[2]
MODEL = "minivggnet"
SIZE_PX = 32


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def train(
    repository: Path, *arguments: str, largest_file_bytes: int = resource.RLIM_INFINITY
) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file_bytes, resource.RLIM_INFINITY))

    return subprocess.run(
        [sys.executable, "-m", "tasks.train", *arguments],
        cwd=repository,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        preexec_fn=limit,
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["train"] |= {"epochs": 2, "n_seeds": 1, "batch_size": 8, "precision": "float32"}
    (root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    samples = squares_cohort()
    write_table(samples, SAMPLES_SCHEMA, root / paths.SAMPLES)
    store_films(root / paths.IMAGES, samples, draw_squares(samples, SIZE_PX))
    return root


@pytest.fixture(scope="module")
def done(repository) -> subprocess.CompletedProcess[str]:
    return train(repository, "--model", MODEL)


def test_stage_ends_well_and_speaks_only_in_its_own_lines(done):
    assert (done.returncode, done.stdout) == (0, "")
    lines = done.stderr.splitlines()
    assert len(lines) == 4  # the cohort, two epochs, the outcome; no word of TensorFlow
    assert lines[0] == (
        "[train] minivggnet: 2166498 parameters, float32, 32 training and 16 validation films"
        " of 32 px"
    )
    assert lines[1].startswith("[train] epoch  1/2  loss ")
    assert lines[3].startswith("[train] minivggnet: 2 epochs, validation loss ")


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
        paths.augmentation(MODEL),
        live / "metrics.json",
        live / "plots/metrics/train/learning_rate.tsv",
    }
    contract = json.loads((repository / paths.model_dir(MODEL) / "model.json").read_text("utf-8"))
    assert (contract["model"], contract["size_px"]) == (MODEL, SIZE_PX)
    assert contract["classes"] == ["NORMAL", "PNEUMONIA"]
    assert contract["epochs_run"] == 2
    last = json.loads((repository / live / "metrics.json").read_text("utf-8"))
    assert set(last) == {"train", "eval", "step"}
    assert set(last["eval"]) == {"loss", "accuracy"}


def test_unknown_model_is_one_message_and_exit_code_1(repository, done):
    assert done.returncode == 0
    failed = train(repository, "--model", "minivgnet")
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("[train] ERROR: every name under `models`")
    assert "choose from: ann, chexnet, " in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not (repository / paths.model_dir("minivgnet")).exists()


@pytest.mark.parametrize("stage", ["train", "evaluate"])
def test_help_answers_at_once_and_without_tensorflow(stage):
    started_s = time.monotonic()
    code = (
        f"import sys, runpy; sys.argv[1:] = ['--help']\n"
        f"try: runpy.run_module('tasks.{stage}', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "heavy = {'keras', 'tensorflow', 'sklearn', 'pandas', 'numpy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert time.monotonic() - started_s < 2
    assert f"Stage `{stage}`" in shown.stdout
    assert "--model" in shown.stdout
    assert shown.stdout.endswith("[]\n")


def written(repository: Path) -> dict[str, bytes]:
    folders = (paths.model_dir(MODEL), paths.training_dir(MODEL))
    files = (file for folder in folders for file in (repository / folder).rglob("*.*"))
    found = [*files, repository / paths.augmentation(MODEL)]
    return {
        file.relative_to(repository).as_posix(): file.read_bytes()
        for file in found
        if file.is_file()
    }


def test_second_run_writes_the_same_bytes(repository, done):
    assert done.returncode == 0
    before = written(repository)
    assert len(before) == 9
    assert train(repository, "--model", MODEL).returncode == 0
    assert written(repository) == before


def test_a_failure_after_the_last_epoch_costs_no_training(repository, done, tmp_path):
    assert done.returncode == 0
    for name in (paths.PARAMS, paths.SAMPLES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / name, tmp_path / name)
    shutil.copytree(repository / paths.IMAGES, tmp_path / paths.IMAGES)
    sheet = tmp_path / paths.augmentation(MODEL)
    sheet.mkdir(parents=True)
    (sheet / "in the way").touch()
    assert train(tmp_path, "--model", MODEL).returncode == 1
    shutil.rmtree(sheet)

    last = train(tmp_path, "--model", MODEL)
    assert last.returncode == 0, last.stderr
    assert "[train] going on after epoch 2 of 2" in last.stderr
    assert written(tmp_path) == written(repository)


@pytest.mark.slow
def test_killed_stage_goes_on_past_a_full_disk_and_ends_with_the_same_bytes(
    repository, done, tmp_path
):
    assert done.returncode == 0
    for name in (paths.PARAMS, paths.SAMPLES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / name, tmp_path / name)
    shutil.copytree(repository / paths.IMAGES, tmp_path / paths.IMAGES)
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
    assert "must fit on the disk after each epoch\n  found: File too large" in full.stderr
    assert f"where: {checkpoint}" in full.stderr
    assert full.stderr.endswith("run the stage again: it goes on after epoch 1\n")
    assert "Traceback" not in full.stderr
    assert [path.name for path in (tmp_path / checkpoint).parent.iterdir()] == ["seed0"]
    assert (tmp_path / checkpoint).read_bytes() == kept

    last = train(tmp_path, "--model", MODEL)
    assert last.returncode == 0, last.stderr
    assert "[train] going on after epoch 1 of 2" in last.stderr
    assert written(tmp_path) == written(repository)
    assert not (tmp_path / checkpoint).parent.exists()
