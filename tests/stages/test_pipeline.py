"""The whole pipeline in a small clone: `make run`, then again, then with bad input."""

import json
import time
from pathlib import Path

import pandas as pd
import pytest

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
def test_make_run_writes(first_run: FirstRun, path: str) -> None:
    assert (first_run.clone.root / path).stat().st_size > 0


def test_make_run_ends_with_the_headline_and_the_path_of_the_report(first_run: FirstRun) -> None:
    last = first_run.printed.strip().splitlines()[-8:]
    metrics = json.loads(_text(first_run, "reports/minivggnet/metrics.json"))
    assert f"{metrics['test']['auroc']['value']:.3f}" in "\n".join(last)
    assert "synthetic" in "\n".join(last)
    assert last[-1].startswith("Open reports/index.html")


def test_the_terminal_shows_no_library_notices(first_run: FirstRun) -> None:
    for noise in ("oneDNN", "cuda", "absl", "Warning", "Traceback"):
        assert noise not in first_run.printed


def test_afterwards_nothing_is_changed(first_run: FirstRun) -> None:
    assert first_run.clone.run("dvc status --json").stdout.strip() == "{}"


def test_git_sees_only_the_lock_and_the_metrics_change(first_run: FirstRun) -> None:
    assert first_run.changed <= {
        "dvc.lock",
        "reports/minivggnet/metrics.json",
        "reports/minivggnet/training/metrics.json",
    }


def test_a_second_run_does_no_stage_within_ten_seconds(first_run: FirstRun) -> None:
    start_s = time.monotonic()
    done = first_run.clone.run("dvc repro")
    assert time.monotonic() - start_s < 10
    assert done.returncode == 0
    assert "Running stage" not in done.stdout


def test_every_file_of_the_source_is_accounted_for(first_run: FirstRun) -> None:
    root = first_run.clone.root
    source = root / "data/phantom/kaggle"
    manifest = pd.read_parquet(root / "data/manifest.parquet")
    samples = pd.read_parquet(root / "data/samples.parquet")
    excluded = pd.read_parquet(root / "data/excluded.parquet")
    assert len(manifest) == sum(path.is_file() for path in source.rglob("*"))
    assert (manifest["status"] == "ok").sum() == len(samples) + len(excluded)


def test_no_patient_is_on_both_sides_of_a_split(first_run: FirstRun) -> None:
    samples = pd.read_parquet(first_run.clone.root / "data/samples.parquet")
    assert (samples.groupby("group_id")["split"].nunique() == 1).all()
    assert (samples.groupby("patient_id")["split"].nunique() == 1).all()


def test_artifacts_hold_no_path_of_this_machine(first_run: FirstRun) -> None:
    root = first_run.clone.root
    for path in [*root.glob("reports/**/*"), *root.glob("data/*.parquet"), root / "dvc.lock"]:
        if path.is_file():
            assert str(root.parent).encode() not in path.read_bytes(), path


def test_a_missing_source_gets_one_clear_error(first_run: FirstRun) -> None:
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


def _text(first_run: FirstRun, path: str) -> str:
    return (first_run.clone.root / Path(path)).read_text()
