"""The stage `evaluate` as `dvc repro` runs it, on a network of random weights."""

import json
import logging
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tasks.core import paths
from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import ImageStore
from tasks.core.readings import read_readings
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table, write_table
from tasks.evaluate.evaluation import count_refused
from tasks.evaluate.metrics import METRICS
from tasks.evaluate.predictions import predictions_schema
from tests.cohorts import CLASSES, draw_squares, manifest_of, squares_cohort, store_films
from tests.evaluate_inputs import (
    MODEL,
    ROOT,
    SIZE_PX,
    decide_in,
    evaluate_in,
    evaluation_in,
    set_evaluate_params,
    write_evaluate_inputs,
)

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

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


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """The inputs of `evaluate`, and the contract."""
    root = tmp_path_factory.mktemp("made")
    write_evaluate_inputs(root, COHORT, draw_squares(COHORT, SIZE_PX))
    with pytest.MonkeyPatch.context() as monkeypatch:
        decide_in(root, monkeypatch)
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
        *("model", "classes", "negative_class", "operating_point", "test", "validation"),
        *("classes_view", "per_patient", "operating_points", "prevalences", "decision_curve"),
        *("calibration", "abstention", "subgroups", "is_synthetic", "guard"),
    ]
    assert {row["name"] for row in metrics["subgroups"]} >= {"NORMAL", "PNEUMONIA"}
    assert sum(metrics["abstention"]["set_sizes"].values()) == 24
    assert metrics["abstention"]["novelty"]["probes"]
    table = read_table(predictions_schema(CLASSES), root / paths.predictions(MODEL))
    for split, title in (("test", "test"), ("val", "validation")):
        films = table[table["split"] == split]
        found = metrics[title]
        counts = {key: int((films["outcome"] == key.upper()).sum()) for key in found["confusion"]}
        assert found["confusion"] == counts
        assert (found["n_images"], found["n_patients"], found["n_positive"]) == (24, 12, 12)
        assert set(METRICS) <= set(found)
        assert metrics["per_patient"][title]["n_positive"] == 6
    called = table["prob_positive"] >= metrics["operating_point"]["threshold"]
    assert (called == table["called_positive"]).all()
    assert metrics["validation"]["sensitivity"]["value"] >= 0.9
    chosen = [name for name, point in metrics["operating_points"].items() if point["chosen"]]
    assert chosen == ["target_sensitivity"]
    assert len(metrics["operating_points"]) == 5


def test_scores_are_those_of_the_test_films_in_their_order(evaluated):
    root, _ = evaluated
    scores = json.loads((root / paths.scores(MODEL)).read_text("utf-8"))
    table = read_table(predictions_schema(CLASSES), root / paths.predictions(MODEL))
    test = table[table["split"] == "test"]
    assert scores["films"]["prob_finding"] == test["prob_positive"].tolist()
    assert len(set(scores["films"]["patient"])) == 12
    assert scores["threshold"] == evaluation_in(root)["operating_point"]["threshold"]


def test_the_operating_points_are_those_of_the_contract(evaluated):
    root, _ = evaluated
    contract = json.loads((root / paths.decision_file(MODEL)).read_text("utf-8"))
    thresholds = {row["name"]: row["threshold"] for row in contract["operating_points"]}
    found = evaluation_in(root)["operating_points"]
    assert {name: point["threshold"] for name, point in found.items()} == thresholds


def test_the_stage_leaves_metrics_to_the_stage_that_reads_the_external_cohorts(evaluated):
    root, _ = evaluated
    assert not (root / paths.metrics(MODEL)).exists()


def test_each_reading_of_the_test_split_is_counted_once(evaluated, repository, monkeypatch):
    root, _ = evaluated
    (row,) = read_readings(root / paths.TEST_LEDGER)
    assert (row.model, row.reading) == (MODEL, "evaluate")
    evaluate_in(repository, monkeypatch)
    evaluate_in(repository, monkeypatch)
    assert len(read_readings(repository / paths.TEST_LEDGER)) == 1


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
    evaluate_in(repository, monkeypatch)
    assert evaluation_in(repository)["is_synthetic"] is synthetic


def test_second_run_in_another_process_writes_the_same_bytes(evaluated, repository, monkeypatch):
    root, _ = evaluated
    evaluate_in(repository, monkeypatch)
    plots = sorted((root / paths.evaluation_plots(MODEL)).iterdir())
    written = [paths.predictions(MODEL), paths.evaluation(MODEL)]
    for path in [*written, *(plot.relative_to(root) for plot in plots)]:
        assert (repository / path).read_bytes() == (root / path).read_bytes()


def test_what_validation_decided_stands_before_the_test_films(evaluated, repository, monkeypatch):
    root, _ = evaluated
    on_test = (COHORT["split"] == "test").to_numpy()
    changed = COHORT.copy()
    changed.loc[on_test, "class_index"] = 1 - changed.loc[on_test, "class_index"]
    changed.loc[on_test, "label"] = [CLASSES[k] for k in changed.loc[on_test, "class_index"]]
    films = draw_squares(COHORT, SIZE_PX)
    films[on_test] = 255 - films[on_test]
    write_table(changed, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    store_films(repository / paths.IMAGES, changed, films)
    decide_in(repository, monkeypatch)
    contract = repository / paths.decision_file(MODEL)
    assert contract.read_bytes() == (root / paths.decision_file(MODEL)).read_bytes()
    evaluate_in(repository, monkeypatch)
    before, after = evaluation_in(root), evaluation_in(repository)
    for name in ("operating_point", "validation"):
        assert after[name] == before[name]
    assert after["test"] != before["test"]


def test_an_edited_contract_is_an_error_and_test_is_not_read(repository, monkeypatch):
    path = repository / paths.decision_file(MODEL)
    path.write_text(path.read_text("utf-8").replace('"youden"', '"half"', 1), "utf-8")
    (repository / paths.SAMPLES).unlink()  # it would be missed first, if it were read first
    with pytest.raises(EvaluationError, match="unchanged"):
        evaluate_in(repository, monkeypatch)
    assert not (repository / paths.TEST_LEDGER).exists()


def test_model_with_other_classes_than_the_films_is_an_error(repository, monkeypatch):
    renamed = COHORT.assign(label=COHORT["label"].replace("PNEUMONIA", "ABNORMAL"))
    write_table(renamed, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    with pytest.raises(EvaluationError, match=r"NORMAL, PNEUMONIA(.|\n)*ABNORMAL, NORMAL"):
        evaluate_in(repository, monkeypatch)
    assert not (repository / paths.evaluation(MODEL)).exists()


def test_a_class_of_test_without_training_films_is_an_error(repository, monkeypatch):
    few = COHORT[(COHORT["split"] == "test") | (COHORT["label"] == "NORMAL")]
    write_table(few, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    with pytest.raises(EvaluationError, match=r"no training film of PNEUMONIA(.|\n)*split test"):
        evaluate_in(repository, monkeypatch)
    assert not (repository / paths.predictions(MODEL)).exists()


def test_refused_films_are_counted(evaluated):
    root, _ = evaluated
    assert evaluation_in(root)["guard"] == {"test": 0, "validation": 0}
    films = pd.DataFrame({"split": ["val", "test", "test", "test"]})
    films["is_refused"] = [True, True, False, True]
    assert count_refused(films) == {"test": 2, "validation": 1}


def test_the_log_says_when_there_is_no_interval(repository, monkeypatch, caplog):
    patients = ["test-000", "test-001"]  # one negative, one positive: few resamples have both
    few = COHORT[(COHORT["split"] != "test") | COHORT["patient_id"].isin(patients)]
    write_table(few, SAMPLES_SCHEMA, repository / paths.SAMPLES)
    set_evaluate_params(repository, n_bootstrap=100, seed=0)
    with caplog.at_level(logging.INFO):
        evaluate_in(repository, monkeypatch)
    auroc = evaluation_in(repository)["test"]["auroc"]
    assert auroc["low"] is auroc["high"] is None
    assert caplog.messages[-1].endswith("(too few patients for an interval) on 4 films")


def test_images_of_another_size_are_an_error(repository, monkeypatch):
    store_films(repository / paths.IMAGES, COHORT, draw_squares(COHORT, SIZE_PX * 2))
    with pytest.raises(EvaluationError, match=r"16, 16, 1(.|\n)*32, 32, 1"):
        evaluate_in(repository, monkeypatch)
    assert ImageStore(repository / paths.IMAGES).size_px == 32
