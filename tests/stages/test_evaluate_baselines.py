"""The stage `evaluate-baselines` as `dvc repro` runs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tests.cohorts import draw_squares, manifest_of, squares_cohort, store_films

ROOT = Path(__file__).resolve().parents[2]
COHORT = squares_cohort({"train": 16, "val": 4, "test": 12})


def run_stage(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tasks.evaluate.baselines", *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def set_params(repository: Path, **changes: object) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["evaluate"] |= {"n_bootstrap": 200} | changes
    (repository / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    set_params(tmp_path)
    write_table(COHORT, SAMPLES_SCHEMA, tmp_path / paths.SAMPLES)
    write_table(manifest_of(COHORT), MANIFEST_SCHEMA, tmp_path / paths.MANIFEST)
    store_films(tmp_path / paths.IMAGES, COHORT, draw_squares(COHORT, 16))
    return tmp_path


def test_stage_writes_four_baselines_the_same_on_every_run(repository: Path) -> None:
    first = run_stage(repository)
    assert (first.returncode, first.stdout) == (0, "")
    assert first.stderr.startswith("[evaluate-baselines] best: brightness and contrast")
    written = (repository / paths.BASELINES).read_bytes()
    rows = json.loads(written)
    assert [row["name"] for row in rows] == [
        "always positive",
        "file facts (width, height, bytes)",
        "brightness and contrast of the film",
        "pixel statistics of the gate (forest)",
    ]
    for row in rows:
        assert {name: set(estimate) for name, estimate in row["test"].items()} == {
            "auroc": {"value", "low", "high"},
            "accuracy": {"value", "low", "high"},
        }
    assert rows[1]["test"]["auroc"]["value"] == 0.5  # all files are alike
    assert rows[2]["test"]["auroc"]["value"] > 0.9  # a bright square is the finding
    assert run_stage(repository).returncode == 0
    assert (repository / paths.BASELINES).read_bytes() == written


def test_stage_needs_no_model(repository: Path) -> None:
    assert not (repository / "data/models").exists()
    assert run_stage(repository).returncode == 0


def test_wrong_negative_class_is_one_message(repository: Path) -> None:
    set_params(repository, negative_class="HEALTHY")
    done = run_stage(repository)
    assert done.returncode == 1
    assert "choose from: NORMAL, PNEUMONIA" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (repository / paths.BASELINES).exists()


def test_without_a_negative_class_the_stage_compares_the_classes(repository: Path) -> None:
    set_params(repository, negative_class=None)
    assert run_stage(repository).returncode == 0
    rows = json.loads((repository / paths.BASELINES).read_text("utf-8"))
    assert rows[0]["name"] == "always the commonest class"
    assert rows[2]["test"]["auroc"]["value"] > 0.9  # macro, of a bright square and none


def test_missing_images_are_one_message(repository: Path) -> None:
    shutil.rmtree(repository / paths.IMAGES)
    done = run_stage(repository)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_help_names_the_command(repository: Path) -> None:
    done = run_stage(repository, "--help")
    assert done.returncode == 0
    assert "python -m tasks.evaluate.baselines" in done.stdout
