"""`dvc exp run --queue` and `--run-all` in a real clone, whose films git ignores."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Clone, make_clone

PHANTOM = "tasks/core/phantom/dvc.yaml"
FEW_FILMS = {
    "validate": {"min_films": 10, "min_class_films": 2, "min_class_patients": 2, "severity": {}},
    "train": {"epochs": 1, "n_seeds": 1},
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone with a phantom of 48 films; the worker of the queue is stopped afterwards."""
    made = make_clone(tmp_path_factory.mktemp("queue"))
    stages = made.root / PHANTOM
    command = "exec python -m tasks.core.phantom"
    stages.write_text(stages.read_text().replace(command, f"{command} --films 48"))
    made.set_params(FEW_FILMS)
    run(made, "git commit -q -a -m small")
    yield made
    made.run("dvc queue stop --kill")


def run(clone: Clone, command: str) -> str:
    done = clone.run(command)
    assert done.returncode == 0, done.stdout
    return done.stdout


def experiments(clone: Clone) -> list[dict[str, Any]]:
    """Each experiment as `dvc exp show` lists it."""
    (_, baseline) = json.loads(run(clone, "dvc exp show --json"))
    return [experiment["revs"][0] for experiment in baseline["experiments"] or []]


@pytest.mark.slow
def test_a_queued_experiment_draws_the_films_that_git_ignores(small: Clone) -> None:
    run(small, "dvc exp run --queue -S ingest.min_side_px=65 ingest")
    assert not (small.root / "data/phantom").exists()
    printed = run(small, "dvc exp run --run-all")
    (done,) = experiments(small)
    assert done["data"]["outs"]["data/manifest.parquet"]["hash"], printed
    assert "48 usable films" in printed
    run(small, "dvc exp remove --all-commits")


@pytest.mark.slow
def test_a_zip_with_spaces_and_brackets_is_set_and_draws_no_phantom(
    small: Clone, tmp_path: Path
) -> None:
    run(small, f"python -m tasks.core.phantom --films 16 --out {tmp_path}/films")
    shutil.make_archive(str(small.root / "data/raw/archive (1)"), "zip", tmp_path / "films/kaggle")
    try:
        # The outer quotes are for the shell, the inner ones for DVC's own grammar
        command = """dvc exp run -S "ingest.source='data/raw/archive (1).zip'" ingest"""
        printed = run(small, command)
        assert "17 files in data/raw/archive (1).zip" in printed
        assert "phantom/dvc.yaml" not in printed
        assert not (small.root / "data/phantom").exists()
        assert "up to date" in run(small, f"dvc pull {PHANTOM}")  # no remote holds the films
    finally:
        run(small, "git checkout -q .")
        run(small, "dvc exp remove --all-commits")
    assert experiments(small) == []  # other tests count theirs


@pytest.mark.slow
def test_queued_experiments_reach_the_report(small: Clone) -> None:
    run(small, "dvc exp run --queue -S train.learning_rate=0.001,0.0003")
    printed = run(small, "dvc exp run --run-all")
    done = experiments(small)
    assert len(done) == 2
    for experiment in done:
        assert experiment["data"]["outs"]["reports/index.html"]["hash"], printed
    rates = {e["data"]["params"]["params.yaml"]["data"]["train"]["learning_rate"] for e in done}
    assert rates == {0.001, 0.0003}
