"""Test films of another run: of a git revision, a folder, or a file."""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tasks.core import paths
from tasks.core.errors import EvaluationError
from tasks.evaluate.comparison.prediction_tables import read_test_films


def films_of_run(run: str, model: str, columns: Sequence[str]) -> pd.DataFrame:
    """Test films of another run, as it predicted them.

    Args:
        run: A Parquet file, a folder with `data/predictions/` or with the table itself, or a git
            revision.
        model: Name of the model.
        columns: Columns to read.

    Raises:
        EvaluationError: There is no such file, folder or revision, or DVC has not its predictions.
        TableError: The table is damaged or lacks a column.
    """
    place = Path(run)
    table = paths.predictions(model)
    for file in (place, place / table, place / table.name):
        if file.is_file():
            return read_test_films(file, columns)
    if place.is_dir():
        raise _no_such_run(run, f"no {table.name} in this folder", "give the folder of a run")
    commit = _output("git", "rev-parse", "--verify", "--quiet", f"{run}^{{commit}}")
    if commit.returncode:
        step = "give a revision of `git log`, a folder or a Parquet file"
        raise _no_such_run(run, "no such git revision, folder or file", step)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / table.name
        revision = ["--rev", commit.stdout.strip()]
        got = _output(
            sys.executable, "-m", "dvc", "get", ".", table.as_posix(), *revision, "-o", str(file)
        )
        if got.returncode:
            lines = got.stderr.strip().splitlines() or ["dvc get failed"]
            step = f"check out {run}, run `dvc repro`, come back; or `dvc pull` from its remote"
            raise _no_such_run(run, f"no {table} of this revision: {lines[0]}", step)
        return read_test_films(file, columns)


def shared_films(
    here: pd.DataFrame, there: pd.DataFrame, run: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of the films that two runs have with the same label, aligned.

    Raises:
        EvaluationError: There is no such film.
    """
    keys = ["image_id", "label"]
    both = here[keys].merge(there[keys], on=keys)
    if both.empty:
        found = f"none of {len(here)} and {len(there)} test films is in both with one label"
        raise _no_such_run(run, found, "compare runs of the same source")
    ids = both["image_id"]
    return (
        here[here["image_id"].isin(ids)].reset_index(drop=True),
        there[there["image_id"].isin(ids)].reset_index(drop=True),
    )


def _output(*command: str) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:  # git is not installed
        return subprocess.CompletedProcess(command, 127, "", str(error))


def _no_such_run(run: str, found: str, next_step: str) -> EvaluationError:
    return EvaluationError(
        "a run to compare with must have predictions for the same test films",
        found=found,
        where=f"--with {run}",
        next_step=next_step,
    )
