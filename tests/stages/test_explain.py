"""The stage `explain` on small networks with random weights."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.classifier import load_classifier
from tasks.core.errors import EvaluationError, TableError
from tasks.core.image_store.builder import write_store
from tasks.explain.__main__ import main
from tests.cohorts import save_with_contract
from tests.explained_models import KINDS, MODEL, SIZE_PX, TWO, write_state

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

ROOT = Path(__file__).parents[2]
ALL_METHODS = {
    "hires_cam",
    "grad_cam",
    "grad_cam_plus_plus",
    "lime",
    "occlusion",
    "integrated_gradients",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the stage has run for a network of two classes with convolutions."""
    root = tmp_path_factory.mktemp("made")
    write_state(root)
    explain_in(root)
    return root


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "run"))


def explain_in(root: Path) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        main(argparse.Namespace(model=MODEL))
    return read_json(root / paths.explanations_json(MODEL))


def contents(folder: Path) -> dict[str, bytes]:
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def maps_of(root: Path) -> dict[str, np.ndarray]:
    with np.load(root / paths.heat_maps(MODEL), allow_pickle=False) as loaded:
        return dict(loaded)


def test_a_network_that_averages_views_is_explained(tmp_path: Path) -> None:
    """The last maps stay 16 x 16: those of the views are put back at their places."""
    write_state(tmp_path)
    from tasks.train.network.ensemble import average_logits

    folder = tmp_path / paths.model_dir(MODEL)
    viewed = average_logits([load_classifier(folder)], 6)
    shutil.rmtree(folder)
    save_with_contract(viewed, MODEL, folder, classes=TWO)
    explained = explain_in(tmp_path)
    assert explained["methods_left_out"] == []
    assert explained["conv_layers"] == ["block1_conv1", "block2_conv1"]
    assert maps_of(tmp_path)["hires_cam"].shape[2:] == (16, 16)


def test_cases_are_the_shared_films_and_then_those_of_each_outcome(made: Path) -> None:
    explained = read_json(made / paths.explanations_json(MODEL))
    cases = explained["cases"]
    assert [case["index"] for case in cases] == list(range(len(cases)))
    assert [case["is_shared"] for case in cases] == [True, True, False, False, False]
    assert [case["outcome"] for case in cases[2:]] == ["TP", "TN", "FN"]
    assert explained["missing_outcomes"] == ["FP"]
    assert {case["image_id"] for case in cases[:2]} == {"test-00", "test-01"}
    for case in cases:
        assert case["classes"][0] == case["called_class"]
        assert sorted(case["classes"]) == ["NORMAL", "PNEUMONIA"]
        assert sum(case["probabilities"].values()) == pytest.approx(1)


def test_every_map_is_stored_and_described(made: Path) -> None:
    explained = read_json(made / paths.explanations_json(MODEL))
    maps, n = maps_of(made), len(explained["cases"])
    segments = maps.pop("lime_segments")
    assert (segments.shape, segments.dtype) == ((n, SIZE_PX, SIZE_PX), np.uint16)
    assert set(maps) == {method["name"] for method in explained["methods"]} >= ALL_METHODS
    assert [method["rank"] for method in explained["methods"]] == list(range(1, len(maps) + 1))
    for method in explained["methods"]:
        heat = maps[method["name"]]
        assert (heat.shape[:2], heat.dtype) == ((n, 2), np.float16)
        limit = np.percentile(np.abs(heat.astype(np.float32)), 99.5)
        assert method["limit"] == pytest.approx(float(limit))
        for case in explained["cases"]:
            facts = case["heat"][method["name"]]
            assert facts["empty"] == [not one.any() for one in heat[case["index"]]]
            for share, empty in zip(facts["lung_share"], facts["empty"], strict=True):
                assert share is None if empty else share is None or 0 <= share <= 1


def test_folder_contains_the_named_pictures(made: Path) -> None:
    explained = read_json(made / paths.explanations_json(MODEL))
    names = set(contents(made / paths.explanations(MODEL)))
    pictures = set(chain(*((case["overlay"], case["lime"]) for case in explained["cases"])))
    assert {name for name in names if name.startswith(("overlays/", "lime/"))} == pictures
    assert {"explanations.json", "heat.npz", "grades.json", "activations.json"} <= names
    for name in pictures:
        with Image.open(made / paths.explanations(MODEL) / name) as picture:
            assert (picture.mode, max(picture.size)) == ("P", 256)  # the films of the fixture


def test_overlay_shows_the_best_method_that_passed_its_sanity_check(made: Path) -> None:
    explained = read_json(made / paths.explanations_json(MODEL))
    grades = {one["name"]: one for one in read_json(made / paths.grades_json(MODEL))["methods"]}
    for method in explained["methods"]:
        assert method["is_sane"] == grades[method["name"]]["sanity"]["passed"]
    sane = [one["name"] for one in explained["methods"] if one["is_sane"] is not False]
    assert explained["overlay_method"] == (sane or [explained["methods"][0]["name"]])[0]


def test_two_runs_write_the_same_bytes_and_leave_the_model_as_it_is(folder: Path) -> None:
    once = contents(folder / paths.explanations(MODEL))
    model = contents(folder / paths.model_dir(MODEL))
    (folder / paths.explanations(MODEL) / "left-over.png").write_bytes(b"")
    explain_in(folder)
    assert contents(folder / paths.explanations(MODEL)) == once
    assert contents(folder / paths.model_dir(MODEL)) == model


def test_dense_network_goes_without_the_methods_that_need_a_convolution(tmp_path: Path) -> None:
    write_state(tmp_path, dense=True)
    explained = explain_in(tmp_path)
    assert (explained["gradcam_layer"], explained["conv_layers"]) == (None, [])
    names = {method["name"] for method in explained["methods"]}
    assert names == {"lime", "occlusion", "integrated_gradients"}
    assert {"Grad-CAM", "Grad-CAM++"} <= set(explained["methods_left_out"])
    assert all(case["overlay"] and case["lime"] for case in explained["cases"])


@pytest.mark.parametrize("negative", [None, "NORMAL"])
def test_three_classes_are_all_in_question(tmp_path: Path, negative: str | None) -> None:
    write_state(tmp_path, KINDS, negative)
    explained = explain_in(tmp_path)
    outcomes = {case["outcome"] for case in explained["cases"]}
    assert outcomes <= ({"right", "wrong"} if negative is None else {"TP", "TN", "FP", "FN"})
    assert (explained["threshold"] is None) == (negative is None)
    for case in explained["cases"]:
        assert sorted(case["classes"]) == sorted(KINDS)
        assert case["classes"][0] == case["called_class"]
        if case["label"] != case["called_class"]:
            assert case["classes"][1] == case["label"]
    heat = maps_of(tmp_path)["occlusion"]
    assert heat.shape[1] == 3


def test_a_network_that_sees_nothing_has_empty_maps(folder: Path) -> None:
    from tasks.core.classifier import load_classifier
    from tests.cohorts import save_with_contract

    model = load_classifier(folder / paths.model_dir(MODEL))
    weights, bias = model.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([np.zeros_like(weights), bias])
    shutil.rmtree(folder / paths.model_dir(MODEL))
    save_with_contract(model, MODEL, folder / paths.model_dir(MODEL))
    explained = explain_in(folder)
    assert {method["limit"] for method in explained["methods"]} == {0.0}
    for facts in chain(*(case["heat"].values() for case in explained["cases"])):
        assert facts == {"empty": [True, True], "lung_share": [None] * 2, "hottest": [None] * 2}


def test_evaluation_with_another_threshold_is_refused_and_nothing_is_written(folder: Path) -> None:
    shutil.rmtree(folder / paths.explanations(MODEL))
    evaluation = read_json(folder / paths.evaluation(MODEL))
    evaluation["operating_point"]["threshold"] = 0.9
    write_json(folder / paths.evaluation(MODEL), evaluation)
    with pytest.raises(TableError, match=r"outcome TP, .* 0\.9 it must be FN"):
        explain_in(folder)
    assert not (folder / paths.explanations(MODEL)).exists()


def test_images_of_another_size_are_refused(folder: Path) -> None:
    ids = [f"{split}-{n:02}" for n, split in enumerate(["test"] * 8 + ["train"] * 6 + ["val"] * 6)]
    write_store(folder / paths.IMAGES, ids, SIZE_PX * 2, [0] * len(ids))
    with pytest.raises(EvaluationError, match=rf"{SIZE_PX}, {SIZE_PX}, 1"):
        explain_in(folder)


def test_a_film_without_its_large_copy_is_refused(folder: Path) -> None:
    shutil.rmtree(folder / paths.FILMS)
    with pytest.raises(EvaluationError, match="explain-films"):
        explain_in(folder)


@pytest.mark.slow
def test_stage_runs_on_jax_and_explains_the_same_films(folder: Path) -> None:
    on_tensorflow = read_json(folder / paths.explanations_json(MODEL))
    heat = maps_of(folder)
    shutil.rmtree(folder / paths.explanations(MODEL))
    done = subprocess.run(
        [sys.executable, "-m", "tasks.explain", "--model", MODEL],
        cwd=folder,
        env={**os.environ, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    on_jax = json.loads((folder / paths.explanations_json(MODEL)).read_text("utf-8"))
    for found, expected in zip(on_jax["cases"], on_tensorflow["cases"], strict=True):
        for key in ("image_id", "classes", "outcome", "why", "overlay"):
            assert found[key] == expected[key]
    for name, maps in maps_of(folder).items():
        limit = max(1e-3, float(np.abs(heat[name].astype(float)).max()))
        assert np.abs(maps.astype(float) - heat[name].astype(float)).max() < 0.02 * limit, name


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, runpy; sys.argv[1:] = ['--help']\n"
        "try: runpy.run_module('tasks.explain', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print(sorted({'keras', 'tensorflow', 'pandas', 'numpy', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Stage `explain`" in done.stdout
    assert done.stdout.rstrip().endswith("[]")
