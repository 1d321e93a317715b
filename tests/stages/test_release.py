"""`python -m tasks.release` as a program: what it copies, and what it refuses."""

import shutil
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.decision.hashes import hash_file
from tasks.core.dvc_hash import dvc_md5
from tasks.core.tables import read_table
from tasks.release.released_films import RELEASE_FILMS_SCHEMA
from tests.films import run_stage
from tests.releasable import MODEL, releasable, write_parts
from tests.small_onnx import small_onnx

PARTS = {
    *("model.keras", "model.json", "contract.json", "novelty.npz", "model.onnx"),
    *("films.parquet", "release.json"),
}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = releasable(tmp_path_factory.mktemp("released"))
    done = run_stage("release", root)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "[release] minivggnet: 7 files in data/classifier\n"
    return root


def test_the_folder_holds_each_part_and_its_hash(released: Path) -> None:
    folder = released / paths.RELEASE
    files = {path.name: hash_file(path) for path in folder.iterdir()}
    assert set(files) == PARTS
    assert read_json(paths.release_json(folder))["files"] == {
        name: found for name, found in sorted(files.items()) if name != "release.json"
    }
    assert files["model.onnx"] == hash_file(released / paths.onnx_file(MODEL))
    assert files["contract.json"] == hash_file(released / paths.decision_file(MODEL))


def test_the_description_names_the_network_its_settings_and_figures(released: Path) -> None:
    found = read_json(paths.release_json(released / paths.RELEASE))
    assert (found["model"], found["classes"]) == (MODEL, ["NORMAL", "PNEUMONIA"])
    assert (found["operating_point"], found["threshold"]) == ("half", 0.5)
    assert found["params"]["train"]["learning_rate"] == 0.001
    assert found["params"]["train"]["epochs"] == 20  # null in params.yaml, and synthetic films
    assert found["validation"]["auroc"]["value"] == 0.9
    assert found["is_synthetic"]
    assert found["data_warnings"] == ["aspect", "balanced"]


def test_films_have_their_patient_and_split_but_no_path(released: Path) -> None:
    films = read_table(RELEASE_FILMS_SCHEMA, paths.release_films(released / paths.RELEASE))
    assert list(films) == ["image_id", "pixel_hash", "patient_id", "label", "split"]
    assert films["split"].value_counts().to_dict() == {"train": 32, "validation": 16, "test": 16}
    assert films["image_id"].is_monotonic_increasing
    assert not films.map(lambda value: "/" in str(value)).any(axis=None)
    first = films.iloc[0].tolist()
    assert first == ["test-000-0", first[1], "test-000", "NORMAL", "test"]


def test_a_second_run_writes_the_same_bytes(released: Path, tmp_path: Path) -> None:
    again = shutil.copytree(released, tmp_path / "elsewhere")
    shutil.rmtree(again / paths.RELEASE)
    assert run_stage("release", again).returncode == 0
    assert dvc_md5(again / paths.RELEASE) == dvc_md5(released / paths.RELEASE)


def test_a_drift_reference_is_released_too(released: Path, tmp_path: Path) -> None:
    root = shutil.copytree(released, tmp_path / "watched")
    (root / paths.MONITOR_REFERENCE).parent.mkdir()
    (root / paths.MONITOR_REFERENCE).write_bytes(b"reference")
    assert run_stage("release", root).returncode == 0
    assert (root / paths.RELEASE / "reference.npz").read_bytes() == b"reference"


def test_parts_of_two_networks_are_refused_and_the_old_folder_stays(
    released: Path, tmp_path: Path
) -> None:
    root = shutil.copytree(released, tmp_path / "mixed")
    before = dvc_md5(root / paths.RELEASE)
    small_onnx((root / paths.onnx_file(MODEL)).parent, bias=1.0)
    done = run_stage("release", root)
    assert done.returncode == 1
    assert "must belong to one network" in done.stderr
    write_parts(root, bias=2.0)
    (root / paths.network_file(paths.model_dir(MODEL))).write_text("edited")
    assert run_stage("release", root).returncode == 1
    assert dvc_md5(root / paths.RELEASE) == before
