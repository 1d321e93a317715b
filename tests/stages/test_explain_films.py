"""`python -m tasks.explain.films` in a process of its own."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.phantom.plan import PhantomSettings
from tasks.core.phantom.write import write_phantom
from tasks.core.tables import SAMPLES_SCHEMA, read_table
from tests.films import jpeg, mooney_files, run_stage, workspace, write_tree


def run_stages(folder: Path, *stages: str) -> None:
    for stage in stages:
        end = run_stage(stage, folder)
        assert end.returncode == 0, end.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of twelve patients, in which the stage has run."""
    folder = tmp_path_factory.mktemp("films")
    small = mooney_files(12)
    write_tree(folder / "source", {path: jpeg(n, 300, 200) for n, path in enumerate(small)})
    workspace(folder, ingest={"source": "source"}, explain={"film_px": 128})
    run_stages(folder, "ingest", "resample", "resize", "explain.films")
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "run"))


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (folder / paths.FILMS).iterdir()}


def test_every_test_film_is_drawn_in_its_own_shape_and_no_other(made: Path) -> None:
    samples = read_table(SAMPLES_SCHEMA, made / paths.SAMPLES)
    test = sorted(samples.loc[samples["split"] == "test", "image_id"])
    listed = read_json(made / paths.films_json())
    assert [film["image_id"] for film in listed["films"]] == test
    assert (listed["is_synthetic"], listed["has_truth"]) == (False, False)
    assert set(contents(made)) == {"films.json", "fields.npz", *(f"{one}.jpg" for one in test)}
    for film in listed["films"]:
        assert (film["width"], film["height"]) == (300, 200)
        with Image.open(made / paths.FILMS / film["file"]) as picture:
            assert (picture.mode, picture.size) == ("L", (192, 128))
            assert picture.size == (film["shown_width"], film["shown_height"])
            assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"} | {
                "progressive",
                "progression",
            }


def test_a_film_that_vanished_is_an_error_and_the_former_films_stay(folder: Path) -> None:
    former = contents(folder)
    film = read_json(folder / paths.films_json())["films"][0]
    samples = read_table(SAMPLES_SCHEMA, folder / paths.SAMPLES)
    path = samples.loc[samples["image_id"] == film["image_id"], "path"].iloc[0]
    (folder / "source" / path).unlink()
    (folder / paths.FILMS / film["file"]).write_bytes(b"damaged")
    end = run_stage("explain.films", folder)
    assert end.returncode == 1
    assert f"where: {path}" in end.stderr
    assert contents(folder) == former | {film["file"]: b"damaged"}


def test_phantom_brings_its_true_lungs_and_opacities(tmp_path: Path) -> None:
    write_phantom(tmp_path / "data/phantom", PhantomSettings.of_size(16), n_workers=1)
    workspace(tmp_path, ingest={"source": "data/phantom/kaggle"})
    run_stages(tmp_path, "ingest", "resample", "resize", "explain.films")
    listed = read_json(tmp_path / paths.films_json())
    assert (listed["is_synthetic"], listed["has_truth"]) == (True, True)
    assert {film["lung_confidence"] for film in listed["films"]} == {1.0}
    samples = read_table(SAMPLES_SCHEMA, tmp_path / paths.SAMPLES).set_index("image_id")
    with np.load(tmp_path / paths.film_fields(), allow_pickle=False) as fields:
        lungs, opacities = fields["lungs"], fields["opacities"]
    assert lungs.shape == opacities.shape == (len(listed["films"]), 64, 64)
    for row, film in enumerate(listed["films"]):
        is_normal = samples.loc[film["image_id"], "label"] == "NORMAL"
        assert opacities[row].any() != is_normal
        assert not (opacities[row] & ~lungs[row]).any()
        assert 0.1 < lungs[row].mean() < 0.6
