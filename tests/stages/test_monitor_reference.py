"""The stage `monitor-reference` as `dvc repro` runs it."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.image_store.store import ImageStore
from tasks.core.network.onnx_network import load_network
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tasks.monitor.reference_file import TrainingReference, load_reference
from tests.cohorts import draw_squares, manifest_of, squares_cohort, store_films
from tests.films import run_stage, workspace
from tests.small_onnx import SIZE_PX, small_onnx

MODEL = "minivggnet"
SIZES = {"train": 12, "val": 8, "test": 4}  # patients, of two films each


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The inputs of the stage; at most 9 patients are kept."""
    workspace(tmp_path, monitor={"n_reference": 9})
    samples = squares_cohort(SIZES)
    samples["image_id"] = [hashlib.sha256(one.encode()).hexdigest() for one in samples["image_id"]]
    manifest = manifest_of(samples).assign(mean=range(len(samples)), jpeg_quality=90)
    write_table(samples, SAMPLES_SCHEMA, tmp_path / paths.SAMPLES)
    write_table(manifest, MANIFEST_SCHEMA, tmp_path / paths.MANIFEST)
    store_films(tmp_path / paths.IMAGES, samples, draw_squares(samples, SIZE_PX))
    (tmp_path / paths.onnx_file(MODEL)).parent.mkdir(parents=True)
    small_onnx((tmp_path / paths.onnx_file(MODEL)).parent)
    return tmp_path


def made(root: Path) -> TrainingReference:
    done = run_stage("monitor.reference", root)
    assert done.returncode == 0, done.stderr
    network = load_network(root / paths.onnx_file(MODEL))
    return load_reference(root / paths.MONITOR_REFERENCE, network.sha256, network.classes)


def test_one_film_of_each_patient_is_kept_and_every_film_is_known(root: Path) -> None:
    found = made(root)
    assert (len(found.acquisition), len(found.validation)) == (9, 8)
    counts = {split: list(found.known.values()).count(split) for split in SIZES}
    assert counts == {split: 2 * n for split, n in SIZES.items()}
    assert set(found.class_index.tolist()) == {0, 1}


def test_answers_are_those_of_validation_films(root: Path) -> None:
    found = made(root)
    samples = squares_cohort(SIZES)
    ids = [hashlib.sha256(one.encode()).hexdigest() for one in samples["image_id"]]
    films = samples.assign(image_id=ids)
    chosen = films[films["split"] == "val"].sort_values("image_id").drop_duplicates("group_id")
    images = ImageStore(root / paths.IMAGES).read(chosen["image_id"].tolist())
    network = load_network(root / paths.onnx_file(MODEL))
    np.testing.assert_array_equal(found.logits, network.score(images).logits)
    manifest = manifest_of(films).assign(mean=range(len(films))).set_index("image_id")
    assert found.validation["mean"].tolist() == manifest.loc[chosen["image_id"], "mean"].tolist()
    assert found.validation["quantisation"].tolist() == ["none"] * 8


def test_same_inputs_give_the_same_bytes(root: Path) -> None:
    made(root)
    before = (root / paths.MONITOR_REFERENCE).read_bytes()
    made(root)
    assert (root / paths.MONITOR_REFERENCE).read_bytes() == before


def test_a_network_that_is_not_there_is_named(root: Path) -> None:
    (root / paths.onnx_file(MODEL)).unlink()
    done = run_stage("monitor.reference", root)
    assert done.returncode == 1
    assert paths.onnx_file(MODEL).as_posix() in done.stderr
    assert "Traceback" not in done.stderr
