"""The stage `evaluate` as `dvc repro` runs it, on a network of random weights."""

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from tasks.core import paths
from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import ImageStore
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table, write_table
from tasks.evaluate.metrics import METRICS
from tasks.evaluate.predictions import predictions_schema
from tests.cohorts import (
    CLASSES,
    draw_squares,
    manifest_of,
    save_with_contract,
    squares_cohort,
    store_films,
)

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

ROOT = Path(__file__).resolve().parents[2]
MODEL = "minivggnet"
SIZE_PX = 16
COHORT = squares_cohort({"train": 16, "val": 12, "test": 12})


def evaluate(repository: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tasks.evaluate", "--model", MODEL],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def set_params(repository: Path, **changes: object) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["evaluate"] |= {"n_bootstrap": 200, "target_sensitivity": 0.9} | changes
    (repository / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The inputs of `evaluate`, for a network of random weights."""
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    import keras
    from keras import layers

    root = tmp_path_factory.mktemp("made")
    set_params(root)
    write_table(COHORT, SAMPLES_SCHEMA, root / paths.SAMPLES)
    write_table(manifest_of(COHORT), MANIFEST_SCHEMA, root / paths.MANIFEST)
    store_films(root / paths.IMAGES, COHORT, draw_squares(COHORT, SIZE_PX))
    keras.utils.set_random_seed(4)
    images = keras.Input((SIZE_PX, SIZE_PX, 1), dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(images))
    x = layers.Softmax(name="predictions")(layers.Dense(2, name="logits")(x))
    save_with_contract(keras.Model(images, x), MODEL, root / paths.model_dir(MODEL))
    return root


@pytest.fixture
def repository(made, tmp_path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture(scope="module")
def evaluated(made, tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    root = tmp_path_factory.mktemp("evaluated")
    shutil.copytree(made, root, dirs_exist_ok=True)
    return root, evaluate(root)


def evaluation_in(root: Path) -> dict:
    return json.loads((root / paths.evaluation(MODEL)).read_text("utf-8"))


def in_this_process(repository: Path, monkeypatch) -> None:
    from tasks.evaluate.__main__ import main

    monkeypatch.chdir(repository)
    main(argparse.Namespace(model=MODEL))


def test_stage_ends_with_one_line_in_the_log(evaluated):
    root, done = evaluated
    auroc = evaluation_in(root)["test"]["auroc"]
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        f"[evaluate] minivggnet: test AUROC {auroc['value']:.3f} (95 % interval"
        f" {auroc['low']:.3f} to {auroc['high']:.3f}) on 24 films\n"
    )


def test_predictions_have_each_validation_and_test_film_once_in_order(evaluated):
    root, _ = evaluated
    table = read_table(predictions_schema(CLASSES), root / paths.predictions(MODEL))
    held_out = COHORT[COHORT["split"] != "train"]
    expected = held_out.sort_values(["split", "image_id"])["image_id"]
    assert list(table["image_id"]) == list(expected)
    assert list(table.columns) == predictions_schema(CLASSES).names


def test_evaluation_has_the_promised_shape_and_the_counts_of_the_predictions(evaluated):
    root, _ = evaluated
    metrics = evaluation_in(root)
    assert list(metrics) == [
        *("model", "classes", "negative_class", "operating_point", "calibration"),
        *("test", "validation", "subgroups", "is_synthetic", "guard"),
    ]
    assert [row["name"] for row in metrics["subgroups"]] == ["NORMAL", "PNEUMONIA"]
    table = read_table(predictions_schema(CLASSES), root / paths.predictions(MODEL))
    for split, title in (("test", "test"), ("val", "validation")):
        films = table[table["split"] == split]
        found = metrics[title]
        counts = {key: int((films["outcome"] == key.upper()).sum()) for key in found["confusion"]}
        assert found["confusion"] == counts
        assert (found["n_images"], found["n_patients"], found["n_positive"]) == (24, 12, 12)
        assert set(METRICS) <= set(found)
    called = table["prob_positive"] >= metrics["operating_point"]["threshold"]
    assert (called == table["called_positive"]).all()
    assert metrics["validation"]["sensitivity"]["value"] >= 0.9


def test_metrics_are_the_main_numbers_of_the_evaluation(evaluated):
    root, _ = evaluated
    metrics = json.loads((root / paths.metrics(MODEL)).read_text("utf-8"))
    evaluation = evaluation_in(root)
    assert metrics["test"]["auroc"] == evaluation["test"]["auroc"]
    assert metrics["validation"]["accuracy"] == evaluation["validation"]["accuracy"]
    assert metrics["threshold"] == evaluation["operating_point"]["threshold"]


def test_plots_are_those_that_dvc_yaml_declares_with_its_axes(evaluated):
    root, _ = evaluated
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]["evaluate"]["plots"]
    axes = {
        Path(path.replace("${item.model}", MODEL)): {options["x"], options["y"]}
        for entry in declared
        for path, options in entry.items()
    }
    folder = root / paths.evaluation_plots(MODEL)
    assert {path.relative_to(root) for path in folder.iterdir()} == set(axes)
    for path, names in axes.items():
        points = json.loads((root / path).read_text("utf-8"))
        assert points
        assert all(set(point) == names for point in points)


@pytest.mark.parametrize("synthetic", [True, False])
def test_evaluation_says_whether_the_films_are_synthetic(repository, monkeypatch, synthetic):
    manifest = manifest_of(COHORT).assign(is_synthetic=synthetic)
    write_table(manifest, MANIFEST_SCHEMA, repository / paths.MANIFEST)
    in_this_process(repository, monkeypatch)
    assert evaluation_in(repository)["is_synthetic"] is synthetic


def test_second_run_in_another_process_writes_the_same_bytes(evaluated, repository, monkeypatch):
    root, _ = evaluated
    in_this_process(repository, monkeypatch)
    plots = sorted((root / paths.evaluation_plots(MODEL)).iterdir())
    written = [paths.predictions(MODEL), paths.evaluation(MODEL), paths.metrics(MODEL)]
    for path in [*written, *(plot.relative_to(root) for plot in plots)]:
        assert (repository / path).read_bytes() == (root / path).read_bytes()


def test_threshold_and_temperature_do_not_depend_on_the_test_split(
    evaluated, repository, monkeypatch
):
    root, _ = evaluated
    on_test = (COHORT["split"] == "test").to_numpy()
    changed = COHORT.copy()
    changed.loc[on_test, "class_index"] = 1 - changed.loc[on_test, "class_index"]
    changed.loc[on_test, "label"] = [CLASSES[k] for k in changed.loc[on_test, "class_index"]]
    films = draw_squares(COHORT, SIZE_PX)
    films[on_test] = 255 - films[on_test]
    write_table(changed, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    store_films(repository / paths.IMAGES, changed, films)
    in_this_process(repository, monkeypatch)
    before, after = evaluation_in(root), evaluation_in(repository)
    for name in ("operating_point", "calibration", "validation"):
        assert after[name] == before[name]
    assert after["test"] != before["test"]


def test_model_with_other_classes_than_the_films_is_an_error(repository, monkeypatch):
    renamed = COHORT.assign(label=COHORT["label"].replace("PNEUMONIA", "ABNORMAL"))
    write_table(renamed, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    with pytest.raises(EvaluationError, match=r"NORMAL, PNEUMONIA(.|\n)*ABNORMAL, NORMAL"):
        in_this_process(repository, monkeypatch)
    assert not (repository / paths.metrics(MODEL)).exists()


def test_films_that_a_model_answers_with_nan_are_counted(repository, monkeypatch):
    from tasks.evaluate.refused import count_refused

    in_this_process(repository, monkeypatch)
    assert evaluation_in(repository)["guard"] == {"test": 0, "validation": 0}
    model = argparse.Namespace(
        predict=lambda films, **_: np.where(films[:, 0, 0] < 9, np.nan, 0.5).repeat(2, axis=1)
    )
    films = np.array([1, 2, 10, 3], dtype=np.uint8).reshape(4, 1, 1, 1)
    found = count_refused(model, films, ["val", "test", "test", "test"], {"val": "v", "test": "t"})
    assert found == {"v": 1, "t": 2}


def test_wrong_negative_class_is_an_error_and_nothing_is_written(repository, monkeypatch):
    set_params(repository, negative_class="HEALTHY")
    with pytest.raises(EvaluationError, match=r"HEALTHY(.|\n)*choose from: NORMAL, PNEUMONIA"):
        in_this_process(repository, monkeypatch)
    assert not (repository / paths.evaluation(MODEL)).exists()
    assert not (repository / paths.metrics(MODEL)).exists()
    assert not (repository / paths.predictions(MODEL)).exists()


def test_the_log_says_when_there_is_no_interval(repository, monkeypatch, caplog):
    patients = ["test-000", "test-001"]  # one negative, one positive: few resamples have both
    few = COHORT[(COHORT["split"] != "test") | COHORT["patient_id"].isin(patients)]
    write_table(few, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    set_params(repository, n_bootstrap=100, seed=0)
    with caplog.at_level(logging.INFO):
        in_this_process(repository, monkeypatch)
    auroc = evaluation_in(repository)["test"]["auroc"]
    assert auroc["low"] is auroc["high"] is None
    assert caplog.messages[-1].endswith("(too few patients for an interval) on 4 films")


def test_images_of_another_size_are_an_error(repository, monkeypatch):
    store_films(repository / paths.IMAGES, COHORT, draw_squares(COHORT, SIZE_PX * 2))
    with pytest.raises(EvaluationError, match=r"16, 16, 1(.|\n)*32, 32, 1"):
        in_this_process(repository, monkeypatch)
    assert ImageStore(repository / paths.IMAGES).size_px == 32
