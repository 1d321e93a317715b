"""The stage that draws the contact sheet, as `dvc repro` runs it."""

import io
from pathlib import Path

import pytest
from PIL import Image

from tasks.core import paths
from tasks.core.tables import SAMPLES_SCHEMA, write_table
from tests.cohorts import draw_squares, squares_cohort, store_films
from tests.films import run_stage, workspace

MODEL = "minivggnet"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = workspace(tmp_path_factory.mktemp("sheet"))
    samples = squares_cohort()
    write_table(samples, SAMPLES_SCHEMA, root / paths.SAMPLES)
    store_films(root / paths.IMAGES, samples, draw_squares(samples, 32))
    return root


def sheet(folder: Path) -> bytes:
    end = run_stage("train.augmentation", folder, "--model", MODEL)
    assert (end.returncode, end.stdout, end.stderr) == (0, "", "")
    return (folder / paths.augmentation(MODEL)).read_bytes()


@pytest.mark.slow
def test_sheet_has_a_row_for_each_preset_and_is_the_same_on_each_run(folder: Path) -> None:
    first = sheet(folder)
    with Image.open(io.BytesIO(first)) as picture:
        assert picture.mode == "L"
        assert picture.size == (8 + 6 * (128 + 8), 4 * (22 + 128 + 8))  # 6 films, 4 presets
    assert sheet(folder) == first
    files = {path.relative_to(folder) for path in folder.rglob("*.png")}
    assert files == {paths.augmentation(MODEL)}


def test_missing_store_is_one_message(tmp_path: Path) -> None:
    write_table(squares_cohort(), SAMPLES_SCHEMA, workspace(tmp_path) / paths.SAMPLES)
    end = run_stage("train.augmentation", tmp_path, "--model", MODEL)
    assert (end.returncode, end.stdout) == (1, "")
    assert end.stderr.startswith("[train.augmentation] ERROR: ")
    assert "Traceback" not in end.stderr
