"""The stage as `dvc repro` runs it: a process of its own, files in, files and an exit code out."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tasks import paths
from tasks.tables import SAMPLES, write_table
from tests.cohorts import draw_squares, squares_cohort, store_films

ROOT = Path(__file__).resolve().parents[2]
MODEL = "minivggnet"
SIZE_PX = 32


def train(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tasks.train", *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("repository")
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["train"] |= {"epochs": 2, "batch_size": 8, "precision": "float32"}
    (root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    samples = squares_cohort()
    write_table(samples, SAMPLES, root / paths.SAMPLES)
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


def test_second_run_writes_the_same_bytes(repository, done):
    assert done.returncode == 0

    def written() -> dict[str, bytes]:
        folders = (paths.model_dir(MODEL), paths.training_dir(MODEL))
        files = (file for folder in folders for file in (repository / folder).rglob("*.*"))
        found = [*files, repository / paths.augmentation(MODEL)]
        return {str(file): file.read_bytes() for file in found if file.is_file()}

    before = written()
    assert len(before) == 9
    assert train(repository, "--model", MODEL).returncode == 0
    assert written() == before
