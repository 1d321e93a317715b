"""The stage `evaluate-comparison`, and the comparison of two runs of one model."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from tasks.core import paths
from tasks.core.errors import EvaluationError
from tasks.core.readings import read_readings
from tasks.evaluate.comparison.__main__ import main
from tasks.evaluate.comparison.runs import main as compare_runs

ROOT = Path(__file__).resolve().parents[2]
N = 40


def write_predictions(root: Path, model: str, skill: float, first: int = 0) -> None:
    """Write test films (and one of validation) with calls that are right by chance and skill."""
    positive = np.arange(N) % 2 == 0
    noise = np.random.default_rng(len(model)).normal(0, 1, N)
    prob = 1 / (1 + np.exp(-(skill * (positive - 0.5) + noise)))
    called = prob >= 0.5
    table = pd.DataFrame(
        {
            "image_id": [f"f{k + first:03d}" for k in range(N)],
            "split": ["val", *["test"] * (N - 1)],
            "label": np.where(positive, "P", "N"),
            "group_id": [f"g{k // 2:03d}" for k in range(N)],
            "positive": positive,
            "prob_positive": prob,
            "called_positive": called,
            "called_class": np.where(called, "P", "N"),
        }
    )
    path = root / paths.predictions(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_parquet(path)


def write_baseline(root: Path) -> None:
    """Write a baseline that calls every test film positive."""
    films = pd.DataFrame({"image_id": [f"f{k:03d}" for k in range(1, N)]})
    films["label"] = ["P" if k % 2 == 0 else "N" for k in range(1, N)]
    films["group_id"] = [f"g{k // 2:03d}" for k in range(1, N)]
    films = films.assign(
        baseline="always", positive=films["label"] == "P", prob_positive=1.0, called_positive=True
    )
    films.assign(called_class=None).to_parquet(root / paths.BASELINE_FILMS)


def set_models(root: Path, *models: str) -> None:
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["models"] = list(models)
    params["evaluate"]["n_bootstrap"] = 200
    (root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    for model, skill in (("ann", 0.0), ("twin5", 6.0), ("cnn_deep", 6.0)):
        write_predictions(tmp_path, model, skill)
    write_baseline(tmp_path)
    set_models(tmp_path, "ann", "twin5")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def runs(model: str, other: str) -> None:
    compare_runs(argparse.Namespace(model=model, **{"with": other}))


def test_stage_compares_the_models_of_params_and_no_removed_one(repository):
    main(argparse.Namespace())
    found = json.loads((repository / paths.COMPARISON).read_text("utf-8"))
    assert found["models"] == ["ann", "twin5"]
    (pair,) = found["pairs"]
    assert (pair["a"], pair["b"], pair["better"]) == ("ann", "twin5", "twin5")
    assert (found["n_images"], found["n_patients"]) == (N - 1, N // 2)
    assert [(row["model"], row["baseline"]) for row in found["baselines"]] == [
        ("ann", "always"),
        ("twin5", "always"),
    ]
    assert found["baselines"][1]["auroc"]["value"] > 0.4  # a skill of 6 against a constant
    readings = read_readings(repository / paths.TEST_LEDGER)
    assert {(row.model, row.reading) for row in readings} == {
        ("ann", "comparison"),
        ("twin5", "comparison"),
    }
    written = (repository / paths.COMPARISON).read_bytes()
    done = subprocess.run(
        [sys.executable, "-m", "tasks.evaluate.comparison"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "[evaluate-comparison] pairs of models: 1, with a better one: 1\n"
    assert (repository / paths.COMPARISON).read_bytes() == written


def test_one_model_gives_an_empty_list_and_says_so(repository):
    set_models(repository, "ann")
    main(argparse.Namespace())
    found = json.loads((repository / paths.COMPARISON).read_text("utf-8"))
    assert (found["pairs"], found["models"]) == ([], ["ann"])
    assert "one model" in found["gap"]
    assert [row["model"] for row in found["baselines"]] == ["ann"]


def test_models_on_other_films_are_an_error_and_nothing_is_written(repository):
    write_predictions(repository, "ann", 0.0, first=5)
    with pytest.raises(EvaluationError, match="films are in one of the two tables only"):
        main(argparse.Namespace())
    assert not (repository / paths.COMPARISON).exists()


@pytest.mark.parametrize("form", ["run", "predictions", "file"])
def test_a_run_is_compared_with_a_folder_or_a_file(repository, capsys, form):
    other = repository / "other"
    write_predictions(other, "ann", 6.0, first=10)
    table = other / paths.predictions("ann")
    runs("ann", str({"run": other, "predictions": table.parent, "file": table}[form]))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("this run less ")
    assert "29 test films" in lines[0]  # f011 to f039: f010 is a validation film of the other run
    assert [line.split()[0] for line in lines[2:6]] == [
        *("auroc", "accuracy", "sensitivity", "specificity"),
    ]
    assert lines[-1].endswith("is better")


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ("empty", r"no ann\.parquet in this folder"),
        ("no-such-revision", "no such git revision, folder or file"),
        ("foreign", "none of 39 and 39 test films"),
    ],
)
def test_what_cannot_be_compared_is_named(repository, other, found):
    (repository / "empty").mkdir()
    write_predictions(repository / "foreign", "ann", 1.0, first=500)
    with pytest.raises(EvaluationError, match=found):
        runs("ann", other)


@pytest.fixture
def revisions(repository, tmp_path_factory, monkeypatch) -> Path:
    """A DVC repository: predictions in the cache at v1, and only their hash at v2."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(home / "site"))
    (home / ".gitconfig").write_text("[user]\n  name = test\n  email = test@example.org\n")

    def run(*command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    dvc = (sys.executable, "-m", "dvc")
    run("git", "init", "-q")
    run(*dvc, "init", "-q")
    for tag, skill in (("v1", 6.0), ("v2", 3.0)):
        write_predictions(repository, "ann", skill)
        run(*dvc, "add", "-q", paths.predictions("ann").as_posix())
        run("git", "add", "-A")
        run("git", "commit", "-q", "-m", tag)
        run("git", "tag", tag)
        if tag == "v2":
            pointer = yaml.safe_load(Path(f"{paths.predictions('ann')}.dvc").read_text("utf-8"))
            digest = pointer["outs"][0]["md5"]
            cached = repository / ".dvc/cache/files/md5" / digest[:2] / digest[2:]
            cached.chmod(0o644)
            cached.unlink()
    write_predictions(repository, "ann", 0.0)
    return repository


def test_a_run_is_compared_with_a_revision(revisions, capsys):
    runs("ann", "v1")
    assert "39 test films" in capsys.readouterr().out
    with pytest.raises(EvaluationError, match="of this revision"):
        runs("ann", "v2")
    shutil.rmtree(revisions / ".dvc")
    with pytest.raises(EvaluationError, match="of this revision"):
        runs("ann", "v1~0")


def test_help_names_both_options():
    done = subprocess.run(
        [sys.executable, "-m", "tasks.evaluate.comparison.runs", "--help"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "--model" in done.stdout
    assert "--with" in done.stdout
