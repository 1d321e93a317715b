"""The stage `evaluate-errors` on a network of random weights."""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.errors import EvaluationError, TableError
from tasks.core.readings import read_readings
from tasks.core.tables import read_table
from tasks.evaluate.errors.__main__ import main
from tasks.evaluate.predictions import predictions_schema
from tests.cohorts import CLASSES, draw_squares, squares_cohort
from tests.evaluate_inputs import (
    MODEL,
    ROOT,
    SIZE_PX,
    decide_in,
    evaluate_in,
    write_evaluate_inputs,
)

# Keras 3.15 saves its variables through an __array__ without NumPy 2's `copy`
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

COHORT = squares_cohort({"train": 10, "val": 8, "test": 12})


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory) -> Path:
    """A model with its contract, its predictions and its error book."""
    root = tmp_path_factory.mktemp("evaluated")
    write_evaluate_inputs(root, COHORT, draw_squares(COHORT, SIZE_PX))
    with pytest.MonkeyPatch.context() as monkeypatch:
        decide_in(root, monkeypatch)
        evaluate_in(root, monkeypatch)
        monkeypatch.chdir(root)
        main(argparse.Namespace(model=MODEL))
    return root


def run_stage(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tasks.evaluate.errors", *arguments],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_book_holds_every_wrong_call_with_three_training_films(evaluated):
    book = json.loads((evaluated / paths.error_book(MODEL)).read_text("utf-8"))
    predictions = read_table(predictions_schema(CLASSES), evaluated / paths.predictions(MODEL))
    test = predictions[predictions["split"] == "test"]
    wrong = test[test["outcome"].isin(["FN", "FP"])]
    assert {entry["image_id"] for entry in book["errors"]} == set(wrong["image_id"])
    assert (book["n_errors"], book["n_images"]) == (len(wrong), len(test))
    assert len(wrong) > 0
    kinds = [entry["kind"] for entry in book["errors"]]
    assert kinds == sorted(kinds)  # FN before FP
    training = COHORT[COHORT["split"] == "train"].set_index("image_id")["group_id"]
    for entry in book["errors"]:
        patients = [training[one["image_id"]] for one in entry["nearest"]]
        assert len(set(patients)) == 3


def test_every_test_film_has_its_nearest_training_films(evaluated):
    book = json.loads((evaluated / paths.error_book(MODEL)).read_text("utf-8"))
    assert list(book["nearest_of_test"]) == sorted(
        COHORT.loc[COHORT["split"] == "test", "image_id"]
    )
    for entry in book["errors"]:
        listed = [
            {k: one[k] for k in ("image_id", "label", "distance")} for one in entry["nearest"]
        ]
        assert book["nearest_of_test"][entry["image_id"]] == listed


def test_the_reading_of_the_test_films_is_counted(evaluated):
    assert "errors" in {row.reading for row in read_readings(evaluated / paths.TEST_LEDGER)}


@pytest.mark.slow
def test_another_process_writes_the_same_bytes(evaluated):
    written = (evaluated / paths.error_book(MODEL)).read_bytes()
    done = run_stage(evaluated, "--model", MODEL)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"[evaluate-errors] {MODEL}: ")
    assert (evaluated / paths.error_book(MODEL)).read_bytes() == written


def test_missing_predictions_are_an_error(evaluated, monkeypatch):
    (evaluated / paths.predictions(MODEL)).unlink()
    monkeypatch.chdir(evaluated)
    with pytest.raises(TableError, match="no such file"):
        main(argparse.Namespace(model=MODEL))


def test_a_missing_contract_is_an_error(evaluated, monkeypatch):
    (evaluated / paths.decision_file(MODEL)).unlink()
    monkeypatch.chdir(evaluated)
    with pytest.raises(EvaluationError):
        main(argparse.Namespace(model=MODEL))
