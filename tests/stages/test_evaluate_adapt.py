"""The stage `evaluate-adapt` as `dvc repro` runs it: at the other place all films are brighter."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.classifier import load_classifier, predict_logits, prepare_backend
from tasks.core.decision.decision import read_decision
from tasks.core.decision.hashes import hash_file, hash_json
from tasks.core.image_store.store import ImageStore
from tasks.core.tables import SAMPLES_SCHEMA, write_table
from tasks.evaluate.inference import infer
from tasks.evaluate.predictions import predict_films, predictions_schema
from tests.blind_networks import draw_parts, mean_of_part, parts
from tests.cohorts import save_with_contract, squares_cohort, store_films

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

ROOT = Path(__file__).resolve().parents[2]
SIZE_PX = 16
PART = parts(SIZE_PX)["lungs"]
HOME = squares_cohort({"train": 16, "val": 24, "test": 2})
THERE = squares_cohort({"test": 20})
BRIGHTER = 30  # grey levels
GAP = {"name": "empty", "status": "gap", "gap": "the cohort has no film"}


def set_params(repository: Path, **adapt: object) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["evaluate"] |= {"n_bootstrap": 200, "target_sensitivity": 0.9}
    params["evaluate"]["adapt"] |= adapt
    (repository / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


def normalised_mean() -> Any:
    """Build a network with one batch normalisation that holds the statistics of the home films."""
    import keras
    from keras import layers

    films = draw_parts(HOME, PART) / 255
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    norm, head = layers.BatchNormalization(name="block1_bn1"), layers.Dense(2, name="logits")
    x = layers.Flatten()(norm(layers.Rescaling(1 / 255)(images)))
    model = keras.Model(images, layers.Softmax(name="predictions")(head(x)))
    norm.moving_mean.assign([films.mean()])
    norm.moving_variance.assign([films.var()])
    weights = np.stack([0 * PART.ravel(), 6 * PART.ravel() / PART.sum()], axis=1)
    head.set_weights([weights.astype(np.float32), np.zeros(2, dtype=np.float32)])
    return model


def make_repository(root: Path, name: str, model: Any) -> Path:
    from tasks.evaluate.contract.__main__ import main as decide

    write_table(HOME, SAMPLES_SCHEMA, root / paths.SAMPLES)
    store_films(root / paths.IMAGES, HOME, draw_parts(HOME, PART))
    write_table(THERE, SAMPLES_SCHEMA, root / paths.external_samples("bright"))
    there = np.minimum(draw_parts(THERE, PART, seed=5), 255 - BRIGHTER) + BRIGHTER
    store_films(root / paths.external_images("bright"), THERE, there.astype(np.uint8))
    cohorts = [{"name": "bright", "status": "judged"}, GAP]
    write_json(root / paths.external_evaluation(name), {"cohorts": cohorts})
    save_with_contract(model, name, root / paths.model_dir(name))
    set_params(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        decide(argparse.Namespace(model=name))
        films = HOME[HOME["split"] == "val"].sort_values("image_id")
        images = ImageStore(paths.IMAGES).read(list(films["image_id"]))
        decision = read_decision(name)
        called = predict_films(films, infer(model, images), decision, images)
        write_table(called, predictions_schema(decision.classes), paths.predictions(name))
    return root


def run_here(repository: Path, model: str, **adapt: object) -> dict:
    from tasks.evaluate.adapt.__main__ import main

    set_params(repository, **adapt)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        main(argparse.Namespace(model=model))
    return json.loads((repository / paths.adaptation(model)).read_text("utf-8"))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    prepare_backend()
    return make_repository(tmp_path_factory.mktemp("made"), "cnn4_bn", normalised_mean())


@pytest.fixture(scope="module")
def adapted(made) -> tuple[Path, dict]:
    return made, run_here(made, "cnn4_bn", layers="all")


def test_only_judged_cohorts_are_adapted_to(adapted):
    root, report = adapted
    assert [cohort["name"] for cohort in report["cohorts"]] == ["bright"]
    assert [place.name for place in (root / paths.adapted_dir("cnn4_bn")).iterdir()] == ["bright"]
    assert (report["layers"], report["alpha"], report["note"]) == ("all", 1.0, None)


def test_brighter_films_are_called_positive_until_the_statistics_are_theirs(adapted):
    _, report = adapted
    ways = {row["way"]: row for row in report["cohorts"][0]["ways"]}
    assert list(ways) == ["none", "statistics", "threshold", "both"]
    assert ways["none"]["specificity"]["value"] < 0.2
    assert ways["none"]["change"] is None
    for name in ("statistics", "threshold", "both"):
        assert ways[name]["specificity"]["value"] > 0.6
        assert ways[name]["change"]["specificity"]["low"] > 0.3
        assert "specificity rose by" in ways[name]["finding"]
    assert ways["threshold"]["auroc"] == ways["none"]["auroc"]
    assert ways["statistics"]["threshold"] == ways["none"]["threshold"]
    assert ways["threshold"]["threshold"] > ways["none"]["threshold"]


def test_the_number_of_films_and_the_mix_of_classes_are_measured(adapted):
    _, report = adapted
    cohort = report["cohorts"][0]
    assert [row["n_films"] for row in cohort["films_needed"]] == [8, 16, 32]
    for row in cohort["films_needed"]:
        specificity = row["statistics"]["specificity"]
        assert specificity["lowest"] <= specificity["mean"] <= specificity["highest"]
    mix = {row["films"]: row for row in cohort["class_mix"]}
    assert [row["n_films"] for row in mix.values()] == [20] * 3
    # the mean of negative films is darker, so all films look brighter: more are called positive
    found = {name: row["sensitivity"]["value"] for name, row in mix.items()}
    assert found["negative only"] >= found["as they come"] >= found["positive only"]
    assert found["negative only"] > found["positive only"]


def test_the_adapted_network_says_where_it_comes_from(adapted):
    root, report = adapted
    original = root / paths.network_file(paths.model_dir("cnn4_bn"))
    folder = root / paths.adapted_dir("cnn4_bn") / "bright"
    provenance = json.loads((folder / "provenance.json").read_text("utf-8"))
    assert provenance["original_sha256"] == hash_file(original)
    assert provenance["films_sha256"] == hash_json(sorted(THERE["image_id"]))
    assert (provenance["cohort"], provenance["n_films"]) == ("bright", 40)
    assert (provenance["layers"], provenance["alpha"]) == (["block1_bn1"], 1.0)
    ways = {row["way"]: row for row in report["cohorts"][0]["ways"]}
    assert provenance["threshold"] == {
        "home": ways["none"]["threshold"],
        "reanchored": ways["both"]["threshold"],
    }
    films = ImageStore(root / paths.external_images("bright")).read(list(THERE["image_id"]))
    loaded = load_classifier(folder)
    home = load_classifier(root / paths.model_dir("cnn4_bn"))
    assert float(loaded.get_layer("block1_bn1").moving_mean[0]) == pytest.approx(
        films.mean() / 255, rel=1e-5
    )
    assert predict_logits(loaded, films)[:, 1].mean() < predict_logits(home, films)[:, 1].mean()


def test_a_second_run_writes_the_same_bytes_and_leaves_the_original(adapted, tmp_path):
    root, _ = adapted
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    run_here(tmp_path, "cnn4_bn", layers="all")
    files = [*(root / "data").rglob("*"), root / paths.adaptation("cnn4_bn")]
    for file in (one.relative_to(root) for one in files if one.is_file()):
        assert (tmp_path / file).read_bytes() == (root / file).read_bytes(), file


def test_switched_off_it_writes_an_empty_result_that_says_so(adapted, tmp_path):
    root, _ = adapted
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    report = run_here(tmp_path, "cnn4_bn", layers="none")
    assert report["cohorts"] == []
    assert report["note"] == "evaluate.adapt.layers is none, so no network was adapted"
    assert list((tmp_path / paths.adapted_dir("cnn4_bn")).iterdir()) == []


def test_fewer_films_and_a_smaller_alpha_change_less(adapted, tmp_path):
    root, full = adapted
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    report = run_here(tmp_path, "cnn4_bn", layers="early", alpha=0.5, n_films=8)
    cohort = report["cohorts"][0]
    assert cohort["n_films_used"] == 8
    probabilities = [
        {row["way"]: row for row in one["cohorts"][0]["ways"]}["statistics"]["specificity"]["value"]
        for one in (report, full)
    ]
    assert probabilities[0] < probabilities[1]


def test_a_network_without_batch_normalisation_has_its_threshold_moved_only(
    made,  # noqa: ARG001 - it prepares the backend
    tmp_path,
):
    model = mean_of_part(PART)
    repository = make_repository(tmp_path, "cnn4", model)
    cohort = run_here(repository, "cnn4", layers="all")["cohorts"][0]
    assert cohort["note"].startswith("the network has no batch normalisation")
    assert [row["way"] for row in cohort["ways"]] == ["none", "threshold"]
    assert (cohort["films_needed"], cohort["class_mix"], cohort["layers"]) == ([], [], [])
    assert list((repository / paths.adapted_dir("cnn4")).iterdir()) == []
