"""The stage `evaluate` on three classes, with and without a negative one."""

import json
import logging
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tasks.core import paths
from tasks.core.tables import SAMPLES_SCHEMA, read_table, write_table
from tasks.evaluate.evaluation import main_metrics
from tasks.evaluate.metrics import METRICS
from tasks.evaluate.predictions import predictions_schema
from tests.cohorts import draw_squares, squares_cohort
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

CLASSES = ("COVID", "NORMAL", "VIRAL")
NOTHING = {"value": None, "low": None, "high": None}


def three_classes() -> pd.DataFrame:
    """Two films per patient; every third patient has no finding."""
    cohort = squares_cohort({"train": 18, "val": 12, "test": 12})
    patient = cohort["patient_id"].str[-3:].astype(int)
    cohort["class_index"] = [(1, 0, 2)[k % 3] for k in patient]
    return cohort.assign(label=[CLASSES[k] for k in cohort["class_index"]])


COHORT = three_classes()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("made")
    films = draw_squares(COHORT.assign(class_index=COHORT["class_index"] != 1), SIZE_PX)
    write_evaluate_inputs(root, COHORT, films)
    return root


def run_in(folder: Path, made: Path, cohort: pd.DataFrame = COHORT, **changes: object) -> dict:
    shutil.copytree(made, folder, dirs_exist_ok=True)
    set_evaluate_params(folder, **changes)
    write_table(cohort, SAMPLES_SCHEMA, folder / paths.SAMPLES)
    with pytest.MonkeyPatch.context() as monkeypatch:
        decide_in(folder, monkeypatch)
        evaluate_in(folder, monkeypatch)
    return evaluation_in(folder)


@pytest.fixture(scope="module")
def without_sides(made, tmp_path_factory) -> tuple[Path, dict]:
    root = tmp_path_factory.mktemp("without")
    return root, run_in(root, made, negative_class=None)


def test_with_a_negative_class_both_views_stand_side_by_side(made, tmp_path):
    found = run_in(tmp_path, made)
    assert found["negative_class"] == "NORMAL"
    assert found["test"]["n_positive"] == 16
    view = found["classes_view"]["test"]
    assert view["labels"] == list(CLASSES)
    assert [row["n_images"] for row in view["per_class"]] == [8, 8, 8]
    assert sum(map(sum, view["matrix"])) == found["test"]["n_images"] == 24
    table = read_table(predictions_schema(CLASSES), tmp_path / paths.predictions(MODEL))
    test = table[table["split"] == "test"]
    right = (test["called_class"] == test["label"]).mean()
    assert view["accuracy"]["value"] == pytest.approx(right)
    assert len(found["operating_points"]) == 5


def test_without_a_negative_class_the_two_sided_keys_are_null(without_sides):
    root, found = without_sides
    assert found["negative_class"] is found["operating_point"]["threshold"] is None
    assert all(found["test"][name] == NOTHING for name in METRICS)
    assert found["per_patient"] == {"test": None, "validation": None}
    assert found["operating_points"] == {}
    table = read_table(predictions_schema(CLASSES), root / paths.predictions(MODEL))
    assert table[["positive", "prob_positive", "called_positive", "outcome"]].isna().all(axis=None)


def test_without_a_negative_class_the_main_numbers_are_the_macro_means(without_sides):
    _, found = without_sides
    main, macro = main_metrics(found), found["classes_view"]["test"]["macro"]
    assert set(main) == {"test", "validation"}
    assert main["test"]["auroc"] == macro["auroc"]
    assert main["test"]["sensitivity"] == macro["recall"]
    assert main["test"]["specificity"] == macro["specificity"]
    assert main["test"]["accuracy"] == found["classes_view"]["test"]["accuracy"]


def test_without_a_negative_class_the_plots_have_their_axes_and_the_classes(without_sides):
    root, _ = without_sides
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]["evaluate"]["plots"]
    for entry in declared:
        ((path, options),) = entry.items()
        points = json.loads((root / path.replace("${item.model}", MODEL)).read_text("utf-8"))
        assert points
        assert all(set(point) == {options["x"], options["y"]} for point in points)
    confusion = json.loads((root / paths.evaluation_plots(MODEL) / "confusion.json").read_text())
    assert {row["actual"] for row in confusion} == set(CLASSES)


@pytest.mark.parametrize("negative_class", ["NORMAL", None])
def test_a_class_that_test_lacks_is_a_gap_and_nothing_else_is_lost(
    made, tmp_path, negative_class, caplog
):
    lacking = COHORT[(COHORT["split"] != "test") | (COHORT["label"] != "VIRAL")]
    with caplog.at_level(logging.INFO):
        found = run_in(tmp_path, made, lacking, negative_class=negative_class)
    viral = found["classes_view"]["test"]["per_class"][2]
    assert viral["recall"] == viral["auroc"] == NOTHING
    (sentence,) = [gap for gap in found["test"]["gaps"] if "VIRAL" in gap]
    assert sentence.startswith("No film of class VIRAL: its recall and AUROC are undefined")
    assert found["classes_view"]["test"]["macro"]["recall"]["value"] is not None
    assert found["classes_view"]["validation"]["per_class"][2]["recall"]["value"] is not None
    auroc = "AUROC" if negative_class else "macro AUROC"
    assert f"test {auroc} 0." in caplog.messages[-1]
