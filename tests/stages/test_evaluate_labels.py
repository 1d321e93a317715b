"""The stage `evaluate-labels` as `dvc repro` runs it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.tables import SAMPLES_SCHEMA, write_table
from tests.cohorts import draw_squares, squares_cohort, store_films

ROOT = Path(__file__).resolve().parents[2]
COHORT = squares_cohort({"train": 30, "val": 8, "test": 12})


def run_stage(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    found = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "tasks.evaluate.labels", *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": found},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("audited")
    shutil.copy(ROOT / "params.yaml", root)
    write_table(COHORT, SAMPLES_SCHEMA, root / paths.SAMPLES)
    store_films(root / paths.IMAGES, COHORT, draw_squares(COHORT, 32))
    done = run_stage(root)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.endswith("of 100 films worth a second look\n")
    return root


def test_stage_writes_the_list_and_its_page_the_same_on_every_run(audited: Path) -> None:
    written = [(audited / path).read_bytes() for path in (paths.LABELS_JSON, paths.LABELS_HTML)]
    audit = json.loads(written[0])
    assert len(audit["listed"]) == min(audit["n_issues"], 40)
    assert written[1].count(b"data:image/png") == len(audit["listed"])
    assert run_stage(audited).returncode == 0
    again = [(audited / path).read_bytes() for path in (paths.LABELS_JSON, paths.LABELS_HTML)]
    assert again == written


@pytest.mark.slow
def test_the_order_of_the_films_changes_nothing_in_the_list(audited: Path) -> None:
    written = (audited / paths.LABELS_JSON).read_bytes()
    shuffled = COHORT.sample(frac=1, random_state=1)
    write_table(shuffled, SAMPLES_SCHEMA, audited / paths.SAMPLES)
    assert run_stage(audited).returncode == 0
    assert (audited / paths.LABELS_JSON).read_bytes() == written


def test_missing_images_are_one_message(audited: Path) -> None:
    shutil.rmtree(audited / paths.IMAGES)
    done = run_stage(audited)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_help_names_the_command(tmp_path: Path) -> None:
    assert "python -m tasks.evaluate.labels" in run_stage(tmp_path, "--help").stdout
