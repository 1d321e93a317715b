"""The whole pipeline in a small clone: `make run`, a second run, a wrong source, `make clean`."""

import json
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.conftest import FirstRun

OUTPUTS = [
    "data/manifest.parquet",
    "data/samples.parquet",
    "data/excluded.parquet",
    "data/images/store.json",
    "data/models/minivggnet/model.keras",
    "data/predictions/minivggnet.parquet",
    "reports/validation.html",
    "reports/minivggnet/evaluation.json",
    "reports/minivggnet/metrics.json",
    "reports/minivggnet/explanations/explanations.json",
    "reports/minivggnet.html",
    "reports/index.html",
]


@pytest.mark.parametrize("path", OUTPUTS)
def test_make_run_writes_each_output(first_run: FirstRun, path: str) -> None:
    assert (first_run.clone.root / path).stat().st_size > 0


def test_screening_gives_the_answers_of_the_evaluation(first_run: FirstRun) -> None:
    done = first_run.clone.run("python -m tasks.screen data/phantom/kaggle")
    assert done.returncode == 0, done.stdout
    rows = pd.read_csv(first_run.clone.root / "data/screened/worklist.csv", dtype={"sha256": str})
    predictions = pd.read_parquet(first_run.clone.root / "data/predictions/minivggnet.parquet")
    # a validation film may lie exactly on a limit that it has chosen, and rounding decides there
    films = predictions[predictions["split"] == "test"].merge(
        rows, left_on="image_id", right_on="sha256", suffixes=("_keras", "")
    )
    assert len(films) == (predictions["split"] == "test").sum() > 0
    answered = films[~films["is_refused"]]
    assert (answered["prob_finding"] - answered["prob_positive"]).abs().max() < 1e-4
    called = answered["called_positive"].map({"yes": True, "no": False})
    assert called.tolist() == answered["called_positive_keras"].tolist()
    assert (films["refer"] == "yes").tolist() == films["is_referred"].tolist()


def test_make_run_prints_the_headline_and_the_path_of_the_report_last(first_run: FirstRun) -> None:
    last = first_run.printed.strip().splitlines()[-8:]
    metrics = json.loads(_text(first_run, "reports/minivggnet/metrics.json"))
    assert f"{metrics['test']['auroc']['value']:.3f}" in "\n".join(last)
    assert "synthetic" in "\n".join(last)
    assert last[-1].startswith("Open reports/index.html")


def test_the_terminal_shows_no_messages_of_libraries(first_run: FirstRun) -> None:
    for noise in ("oneDNN", "cuda", "absl", "Warning", "Traceback"):
        assert noise not in first_run.printed


def test_dvc_status_is_clean_after_make_run(first_run: FirstRun) -> None:
    assert first_run.clone.run("dvc status --json").stdout.strip() == "{}"


def test_make_run_changes_only_dvc_lock_and_metrics_in_git(first_run: FirstRun) -> None:
    assert first_run.changed <= {
        "dvc.lock",
        "reports/minivggnet/metrics.json",
        "reports/minivggnet/training/metrics.json",
        "reports/test_ledger.csv",
        "tasks/core/phantom/dvc.lock",  # another kind of processor draws other rounding
    }


def test_a_second_run_ends_within_ten_seconds_and_runs_no_stage(first_run: FirstRun) -> None:
    start_s = time.monotonic()
    done = first_run.clone.run("dvc repro")
    assert time.monotonic() - start_s < 10
    assert done.returncode == 0
    assert "Running stage" not in done.stdout


def test_the_tables_account_for_every_file_of_the_source(first_run: FirstRun) -> None:
    root = first_run.clone.root
    source = root / "data/phantom/kaggle"
    manifest = pd.read_parquet(root / "data/manifest.parquet")
    samples = pd.read_parquet(root / "data/samples.parquet")
    excluded = pd.read_parquet(root / "data/excluded.parquet")
    assert len(manifest) == sum(path.is_file() for path in source.rglob("*"))
    assert (manifest["status"] == "ok").sum() == len(samples) + len(excluded)


def test_no_patient_is_in_two_splits(first_run: FirstRun) -> None:
    samples = pd.read_parquet(first_run.clone.root / "data/samples.parquet")
    assert (samples.groupby("group_id")["split"].nunique() == 1).all()
    assert (samples.groupby("patient_id")["split"].nunique() == 1).all()


def test_artifacts_contain_no_path_of_this_machine(first_run: FirstRun) -> None:
    root = first_run.clone.root
    for path in [*root.glob("reports/**/*"), *root.glob("data/*.parquet"), root / "dvc.lock"]:
        if path.is_file():
            assert str(root.parent).encode() not in path.read_bytes(), path


def test_a_missing_source_gives_one_error(first_run: FirstRun) -> None:
    root = first_run.clone.root
    kept = _text(first_run, "params.yaml")
    try:
        first_run.clone.set_params({"ingest": {"source": "data/raw/typo"}})
        done = first_run.clone.run("make run READY=")
    finally:
        (root / "params.yaml").write_text(kept)
    assert done.returncode != 0
    assert done.stdout.count("ERROR") == 1
    assert "data/raw/typo" in done.stdout
    assert "next:" in done.stdout
    assert (root / "reports/index.html").exists()


def test_make_clean_leaves_no_output_that_git_does_not_track(first_run: FirstRun) -> None:
    root = first_run.clone.root
    locked = yaml.safe_load((root / "dvc.lock").read_text())["stages"].values()
    outputs = {out["path"] for stage in locked for out in stage["outs"]}
    tracked = set(first_run.clone.run("git ls-files").stdout.splitlines())
    try:
        done = first_run.clone.run("make clean READY=")
        assert done.returncode == 0, done.stdout
        assert {path for path in outputs if (root / path).exists()} == outputs & tracked
        assert list((root / "data/phantom/kaggle").iterdir())
        assert first_run.clone.run("git status --porcelain").stdout == ""
    finally:
        first_run.restore()


def _text(first_run: FirstRun, path: str) -> str:
    return (first_run.clone.root / Path(path)).read_text()
