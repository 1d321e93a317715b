"""The stage `evaluate-external`: cohorts are judged at the operating point of home, or are gaps."""

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.errors import EvaluationError
from tasks.core.image_store.builder import write_store
from tasks.core.tables import SAMPLES_SCHEMA, read_table, write_table
from tasks.evaluate.predictions import predictions_schema
from tests.cohorts import CLASSES, draw_squares, squares_cohort, store_films
from tests.evaluate_inputs import (
    MODEL,
    SIZE_PX,
    decide_in,
    evaluate_in,
    evaluation_in,
    set_evaluate_params,
    write_evaluate_inputs,
)
from tests.films import run_stage

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

HOME = squares_cohort({"train": 16, "val": 12, "test": 12})
COHORTS = dict.fromkeys(("clinic", "gone", "ill", "plain"), "films")
_WRITTEN = (paths.external_evaluation, paths.metrics)
MAIN = ("auroc", "sensitivity", "specificity", "accuracy")


def write_cohort(root: Path, name: str, films: pd.DataFrame, gap: str | None = None) -> None:
    """What the stages before write for a cohort."""
    write_table(films, SAMPLES_SCHEMA, root / paths.external_samples(name))
    if films.empty:
        write_store(root / paths.external_images(name), [], SIZE_PX, [])
    else:
        drawn = draw_squares(films.assign(class_index=films["class_index"].fillna(0)), SIZE_PX, 5)
        store_films(root / paths.external_images(name), films, drawn)
    status = "gap" if gap else "judged"
    summary = {"name": name, "status": status, "gap": gap, "classes": {}, "counts": {}, "notes": []}
    write_json(root / paths.external_summary(name), summary)


def set_cohorts(root: Path, cohorts: dict[str, str]) -> None:
    set_evaluate_params(root, external=cohorts)


def run(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tasks.evaluate.external.__main__ import main

    monkeypatch.chdir(root)
    main(argparse.Namespace(model=MODEL))


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("evaluated")
    write_evaluate_inputs(root, HOME, draw_squares(HOME, SIZE_PX), external=COHORTS)
    films = squares_cohort({"external": 12})
    nothing = pd.array([None] * len(films), dtype="Int32")
    write_cohort(root, "clinic", films)
    write_cohort(root, "ill", films[films["label"] == "PNEUMONIA"].reset_index(drop=True))
    write_cohort(root, "plain", films.assign(label=None, class_index=nothing), gap="no label")
    write_cohort(root, "gone", films.iloc[:0], gap="no such folder")
    with pytest.MonkeyPatch.context() as monkeypatch:
        decide_in(root, monkeypatch)
        evaluate_in(root, monkeypatch)
        run(root, monkeypatch)
    return root


@pytest.fixture
def repository(evaluated: Path, tmp_path: Path) -> Path:
    shutil.copytree(evaluated, tmp_path, dirs_exist_ok=True)
    return tmp_path


def external_in(root: Path) -> dict[str, dict[str, Any]]:
    found = json.loads((root / paths.external_evaluation(MODEL)).read_text("utf-8"))
    return {cohort["name"]: cohort for cohort in found["cohorts"]}


def metrics_in(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / paths.metrics(MODEL)).read_text("utf-8"))
    return found


def predictions_in(root: Path, cohort: str) -> pd.DataFrame:
    path = root / paths.external_predictions(MODEL) / f"{cohort}.parquet"
    return read_table(predictions_schema(CLASSES), path)


def test_a_cohort_is_judged_at_the_threshold_of_home(evaluated: Path) -> None:
    cohort, threshold = external_in(evaluated)["clinic"], metrics_in(evaluated)["threshold"]
    films = predictions_in(evaluated, "clinic")
    ill = films["label"] == "PNEUMONIA"
    called = films["prob_positive"] >= threshold
    assert (called == films["called_positive"]).all()
    assert cohort["evaluation"]["sensitivity"]["value"] == called[ill].mean()
    assert cohort["evaluation"]["specificity"]["value"] == (~called[~ill]).mean()
    (chosen,) = [point for point in cohort["operating_points"].values() if point["chosen"]]
    assert chosen["threshold"] == threshold
    assert chosen["cohort"]["sensitivity"] == cohort["evaluation"]["sensitivity"]
    assert len(cohort["operating_points"]) == 5
    assert cohort["threshold_shift"]["home"]["threshold"] == threshold
    assert cohort["calibration"]["after"]["ece"]["value"] is not None
    assert len(cohort["unlikeness"]["statistics"]) == 5
    assert cohort["abstention"]["novelty"]["probes"] == []


def test_metrics_hold_home_and_each_judged_cohort(evaluated: Path) -> None:
    metrics, home = metrics_in(evaluated), evaluation_in(evaluated)
    assert set(metrics) == {"test", "validation", "threshold", "clinic", "ill"}
    assert metrics["test"]["auroc"] == home["test"]["auroc"]
    assert set(metrics["clinic"]) == set(MAIN)
    assert metrics["clinic"]["auroc"] == external_in(evaluated)["clinic"]["evaluation"]["auroc"]


def test_one_class_has_one_side_and_nulls(evaluated: Path) -> None:
    cohort = external_in(evaluated)["ill"]
    nothing = {"value": None, "low": None, "high": None}
    assert cohort["evaluation"]["auroc"] == cohort["evaluation"]["specificity"] == nothing
    assert cohort["evaluation"]["sensitivity"]["value"] is not None
    assert metrics_in(evaluated)["ill"]["auroc"] == {}
    assert cohort["threshold_shift"]["oracle"]["specificity"] is None


def test_a_gap_without_labels_has_what_needs_none(evaluated: Path) -> None:
    cohort = external_in(evaluated)["plain"]
    assert (cohort["status"], cohort["gap"]) == ("gap", "no label")
    assert cohort["evaluation"] is cohort["calibration"] is None
    assert cohort["operating_points"] == {}
    assert cohort["threshold_shift"]["same_share"]["threshold"] is not None
    assert cohort["abstention"]["referred"]["value"] is not None
    assert cohort["unlikeness"]["sentences"]
    films = predictions_in(evaluated, "plain")
    assert films["outcome"].isna().all()
    assert films["prob_positive"].notna().all()


def test_a_gap_without_films_is_listed_and_has_no_table(evaluated: Path) -> None:
    cohort = external_in(evaluated)["gone"]
    parts = ("evaluation", "calibration", "abstention", "threshold_shift", "unlikeness")
    assert [cohort[part] for part in parts] == [None] * 5
    written = {path.stem for path in (evaluated / paths.external_predictions(MODEL)).iterdir()}
    assert written == {"clinic", "ill", "plain"}


def test_labels_of_a_gap_are_not_judged(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cohort with labels that the data gate refuses has no number that reads them."""
    write_cohort(repository, "ill", squares_cohort({"external": 6}), gap="few_rejected: 40 %")
    run(repository, monkeypatch)
    cohort = external_in(repository)["ill"]
    assert cohort["evaluation"] is None
    assert cohort["threshold_shift"]["oracle"]["threshold"] is None
    assert predictions_in(repository, "ill")["label"].isna().all()
    assert "ill" not in metrics_in(repository)
    assert external_in(repository)["clinic"]["evaluation"] is not None


@pytest.mark.slow
def test_the_program_logs_each_cohort_and_repeats_itself_byte_by_byte(evaluated: Path) -> None:
    tables = sorted((evaluated / paths.external_predictions(MODEL)).iterdir())
    written = [*tables, *(evaluated / path(MODEL) for path in _WRITTEN)]
    before = [path.read_bytes() for path in written]
    end = run_stage("evaluate.external", evaluated, "--model", MODEL, timeout_s=300)
    assert end.returncode == 0, end.stderr
    lines = [line.removeprefix("[evaluate-external] ") for line in end.stderr.splitlines()]
    assert lines[0] == "minivggnet: 4 external cohorts"
    assert lines[1].startswith("clinic: auroc 0.")
    assert "ill: sensitivity" in lines[3]
    assert lines[4] == "plain: no metrics: no label"
    assert [path.read_bytes() for path in written] == before


def test_removed_cohorts_leave_nothing_and_their_folders_are_not_read(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = predictions_in(repository, "ill")
    (repository / paths.external_summary("clinic")).write_text("no JSON")
    set_cohorts(repository, {"ill": "films"})
    run(repository, monkeypatch)
    assert list(external_in(repository)) == ["ill"]
    assert set(metrics_in(repository)) == {"test", "validation", "threshold", "ill"}
    folder = repository / paths.external_predictions(MODEL)
    assert [path.name for path in folder.iterdir()] == ["ill.parquet"]
    pd.testing.assert_frame_equal(predictions_in(repository, "ill"), before)


def test_without_cohorts_all_files_exist(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_cohorts(repository, {})
    run(repository, monkeypatch)
    assert external_in(repository) == {}
    assert set(metrics_in(repository)) == {"test", "validation", "threshold"}
    assert list((repository / paths.external_predictions(MODEL)).iterdir()) == []


def test_nothing_of_the_test_split_at_home_changes_a_cohort(
    repository: Path, evaluated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema, path = predictions_schema(CLASSES), repository / paths.predictions(MODEL)
    table = read_table(schema, path)
    in_test = (table["split"] == "test").to_numpy()
    table.loc[in_test, "prob_positive"] = np.linspace(0, 1, in_test.sum())
    write_table(table[~in_test], schema, path)
    run(repository, monkeypatch)
    assert external_in(repository) == external_in(evaluated)


def test_a_network_that_the_contract_does_not_know_is_an_error(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = json.loads((repository / paths.decision_file(MODEL)).read_text("utf-8"))
    contract["operating_points"][0]["threshold"] = 0.4
    write_json(repository / paths.decision_file(MODEL), contract)
    with pytest.raises(EvaluationError, match="must be complete, unchanged, and of this network"):
        run(repository, monkeypatch)
