"""Which sources the copies of queued experiments lack."""

import subprocess
from pathlib import Path

import pytest

from tasks.core.queued_copy import missing_in_queue


@pytest.fixture(autouse=True)
def _in_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run(["git", "init", "--quiet"], check=True)
    Path(".gitignore").write_text("/data/raw/*\n")
    Path("data/raw/added").mkdir(parents=True)
    Path("data/raw/added.dvc").touch()


@pytest.mark.parametrize(
    "source",
    [
        "data/phantom/kaggle",
        "data/phantom",
        "/srv/films",
        "s3://films/chest",
        "data/raw/added",
        "data/raw/added/chest_xray",
        "films_in_git",
    ],
)
def test_a_source_that_the_copies_hold_is_accepted(source: str) -> None:
    assert missing_in_queue(source) is None


def test_a_folder_outside_the_repository_cannot_be_added_to_it() -> None:
    said = missing_in_queue("../films")
    assert said is not None
    assert "dvc add" not in said


@pytest.mark.parametrize("source", ["data/raw/films", "data/raw/archive (1).zip"])
def test_a_source_that_the_copies_lack_is_named_with_both_cures(source: str) -> None:
    said = missing_in_queue(source)
    assert said is not None
    assert f"set ingest.source to {Path(source).absolute()}" in said
    assert f"`dvc add '{source}'`" in said


def test_a_folder_without_git_gives_no_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").rename(tmp_path / "was_git")
    assert missing_in_queue("data/raw/films") is None
    monkeypatch.setenv("PATH", "")
    assert missing_in_queue("data/raw/films") is None
