"""Curves need no commit, create no repository and send nothing; metrics are means."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.train.fitting.metrics_log import MetricsLog


def row(loss: float) -> dict[str, float]:
    return {"loss": loss, "accuracy": 0.5, "val_loss": 2 * loss, "val_accuracy": 0.25}


def write_two_rows(folder: str) -> None:
    with MetricsLog(folder) as log:
        for loss in (0.5, 0.25):
            log.log_epoch("", row(loss))
        log.write_means([row(0.25)], [2])


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def empty_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository without a commit, as the current folder."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    return tmp_path


def test_curves_are_written_before_the_first_commit_without_a_change_to_git(empty_repository):
    write_two_rows("live")
    curve = empty_repository / "live/plots/metrics/train/loss.tsv"
    assert curve.read_text("utf-8").split() == ["step", "loss", "0", "0.5", "1", "0.25"]
    metrics = json.loads((empty_repository / "live/metrics.json").read_text("utf-8"))
    assert metrics == {
        "train": {"loss": 0.25, "accuracy": 0.5},
        "eval": {"loss": 0.5, "accuracy": 0.25},
        "epochs": 2,
    }
    assert git("status", "--porcelain") == "?? live/\n"


def test_curves_are_written_in_a_dvc_repository_without_a_commit(empty_repository, monkeypatch):
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    subprocess.run([sys.executable, "-m", "dvc", "init", "-q"], check=True)
    before = git("status", "--porcelain")
    write_two_rows("live")
    assert (empty_repository / "live/plots/metrics/train/loss.tsv").is_file()
    assert git("status", "--porcelain") == f"{before}?? live/\n"


def test_nothing_is_sent_to_studio(tmp_path, monkeypatch, caplog):
    for name, value in {
        "DVC_STUDIO_TOKEN": "isat_token",
        "DVC_STUDIO_URL": "http://127.0.0.1:9",  # nothing listens there: a post would be logged
        "DVC_STUDIO_REPO_URL": "https://example.org/films.git",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    write_two_rows("live")
    assert (tmp_path / "live/metrics.json").is_file()
    assert caplog.messages == []


def test_metrics_are_means_over_the_networks_and_curves_are_not(tmp_path):
    with MetricsLog(str(tmp_path / "live")) as log:
        for prefix, losses in {"": (0.5, 0.25), "seed1/": (0.75,)}.items():
            log.step = 0
            for loss in losses:
                log.log_epoch(prefix, row(loss))
        log.write_means([row(0.25), row(0.75)], [2, 1])
    metrics = json.loads((tmp_path / "live/metrics.json").read_text("utf-8"))
    assert metrics == {
        "train": {"loss": 0.5, "accuracy": 0.5},
        "eval": {"loss": 1.0, "accuracy": 0.25},
        "epochs": 1.5,
    }
    curves = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.tsv")}
    assert "live/plots/metrics/eval/loss.tsv" in curves
    assert "live/plots/metrics/seed1/eval/loss.tsv" in curves
