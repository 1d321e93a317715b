"""Curves are files of this stage: no commit is needed, no repository made, nothing sent."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.train.curves import Curves


def write_two_rows(folder: str) -> None:
    with Curves(folder) as curves:
        for loss in (0.5, 0.25):
            curves.log_metric("train/loss", loss)
            curves.next_step()


def git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def empty_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository without a commit, as the current folder."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    return tmp_path


def test_curves_are_written_before_the_first_commit_and_git_is_left_alone(empty_repository):
    write_two_rows("live")
    curve = empty_repository / "live/plots/metrics/train/loss.tsv"
    assert curve.read_text("utf-8").split() == ["step", "loss", "0", "0.5", "1", "0.25"]
    metrics = json.loads((empty_repository / "live/metrics.json").read_text("utf-8"))
    assert metrics == {"train": {"loss": 0.25}, "step": 1}
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
        "DVC_STUDIO_URL": "http://127.0.0.1:9",  # the port of `discard`: a post fails, with a log
        "DVC_STUDIO_REPO_URL": "https://example.org/films.git",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    write_two_rows("live")
    assert (tmp_path / "live/metrics.json").is_file()
    assert caplog.messages == []
