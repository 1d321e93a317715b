"""Each of our own networks, from phantom films to its explanations: one epoch, real stages."""

from pathlib import Path

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.phantom.plan import PhantomSettings
from tasks.core.phantom.write import write_phantom
from tests.films import ROOT, run_stage, workspace

SIZE_PX = 72  # xception needs at least 71
MODELS = ["ann", "chexnet", "cnn4", "cnn4_bn", "cnn4_bn_dropout", "cnn_deep", "minivggnet",
          "resnet101", "twin5", "xception"]  # fmt: skip
OF_CONVOLUTIONS = {"hires_cam", "grad_cam", "grad_cam_plus_plus"}
FAST = {"n_shared": 2, "n_per_outcome": 1, "n_lime_samples": 50, "n_graded": 2, "n_maximised": 1}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the stages before `train` have run, with phantoms and fast settings."""
    folder = workspace(
        tmp_path_factory.mktemp("zoo"),
        resize={"size_px": SIZE_PX},
        train={"epochs": 1, "n_seeds": 1, "batch_size": 16, "precision": "float32"},
        per_model={model: {} for model in MODELS},  # random weights: no download
        evaluate={"n_bootstrap": 100},
        explain=FAST,
    )
    write_phantom(folder / paths.PHANTOM, PhantomSettings(seed=5, n_train=32, n_val=12, n_test=12))
    for stage in ("ingest", "resample", "resize", "explain.films"):
        end = run_stage(stage, folder)
        assert end.returncode == 0, end.stderr
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_trained_and_explained_by_every_method_that_it_allows(
    cohort: Path, model: str
) -> None:
    for stage in ("train", "evaluate.contract", "evaluate", "explain"):
        end = run_stage(stage, cohort, "--model", model, timeout_s=600)
        assert end.returncode == 0, end.stderr
    explanations = read_json(cohort / paths.explanations_json(model))
    found = {method["name"] for method in explanations["methods"]}
    assert {"lime", "occlusion", "integrated_gradients"} <= found
    assert (found & OF_CONVOLUTIONS == set()) == (model == "ann")
    with np.load(cohort / paths.heat_maps(model), allow_pickle=False) as heat:
        for name in found:
            assert heat[name].shape[:2] == (len(explanations["cases"]), 2)
            assert np.isfinite(heat[name]).all()
    grades = read_json(cohort / paths.grades_json(model))
    assert {grade["name"] for grade in grades["methods"]} == found
    layers = read_json(cohort / paths.activations_json(model))["layers"]
    assert bool(layers) == (model != "ann")


@pytest.mark.slow
def test_all_our_own_networks_are_tested_here() -> None:
    files = (ROOT / "tasks/train/zoo").glob("[a-z]*.py")
    own = {path.stem for path in files if "of keras.applications" not in path.read_text("utf-8")}
    assert {*own, "resnet101", "xception"} == set(MODELS)
