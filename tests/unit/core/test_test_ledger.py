import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.errors import EvaluationError
from tasks.core.readings import Reading, read_readings
from tasks.core.test_ledger import current_commit, record_reading

ROOT = Path(__file__).resolve().parents[3]
WRITER = (
    "import sys; from tasks.core.test_ledger import record_reading\n"
    "for n in range(20): record_reading('ann', f'{sys.argv[1]}-{n:02d}', 'c', 'n', 'f')"
)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.c")
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A git repository with one file of code; it is the working folder."""
    root = tmp_path / "lungline"
    (root / "tasks").mkdir(parents=True)
    (root / "tasks/a.txt").write_text("1")
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "start")
    monkeypatch.chdir(root)
    return root


def ledger(root: Path) -> list[Reading]:
    return read_readings(root / paths.TEST_LEDGER)


def test_a_reading_is_one_row_with_the_commit(repository):
    record_reading("ann", "evaluate", "c1", "n1", "f1")
    head = git(repository, "rev-parse", "HEAD")
    assert ledger(repository) == [Reading("ann", "evaluate", "n1", "c1", "f1", head)]


def test_the_same_reading_changes_no_byte_also_at_another_commit(repository):
    record_reading("ann", "evaluate", "c1", "n1", "f1")
    path = repository / paths.TEST_LEDGER
    before, time = path.read_bytes(), path.stat().st_mtime_ns
    git(repository, "commit", "-q", "--allow-empty", "-m", "next")
    record_reading("ann", "evaluate", "c1", "n1", "f1")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, time)


@pytest.mark.parametrize("changed", range(5))
def test_a_reading_that_differs_in_anything_adds_a_row(repository, changed):
    first = ["ann", "evaluate", "c1", "n1", "f1"]
    record_reading(*first)
    first[changed] = "other"
    record_reading(*first)
    assert len(ledger(repository)) == 2


def test_commit_tells_of_changed_code_and_not_of_other_files(repository):
    head = git(repository, "rev-parse", "HEAD")
    (repository / "notes.txt").write_text("new")
    (repository / "tasks/b.txt").write_text("untracked")
    assert current_commit() == head
    (repository / "tasks/a.txt").write_text("2")
    assert current_commit() == f"{head}+changes"
    git(repository, "add", "-A")
    assert current_commit() == f"{head}+changes"


def test_a_change_that_the_index_of_git_does_not_see_is_told(repository):
    code, index = repository / "tasks/a.txt", repository / ".git/index"
    git(repository, "update-index", "--assume-unchanged", "tasks/a.txt")
    before = index.read_bytes()
    code.write_text("3")
    assert git(repository, "status", "--porcelain") == ""
    assert current_commit().endswith("+changes")
    assert index.read_bytes() == before


def test_no_git_is_said(repository, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert current_commit() == "no git"
    record_reading("ann", "evaluate", "c1", "n1", "f1")
    assert ledger(tmp_path)[0].commit == "no git"
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", "")
    assert current_commit() == "no git"


def test_a_copy_of_a_queue_writes_both_ledgers_with_all_rows(repository, monkeypatch):
    record_reading("ann", "evaluate", "c1", "n1", "f1")
    copy = repository / ".dvc/tmp/exps/tmp1a2b"
    copy.mkdir(parents=True)
    monkeypatch.chdir(copy)
    record_reading("ann", "evaluate", "c2", "n2", "f1")
    assert [row.model_sha256 for row in ledger(copy)] == ["n1", "n2"]
    assert ledger(copy) == ledger(repository)


def test_stages_at_once_lose_no_row(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, name], cwd=tmp_path, env=environment)
        for name in ("a", "b")
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    rows = ledger(tmp_path)
    expected = [f"{name}-{number:02d}" for name in ("a", "b") for number in range(20)]
    assert [row.reading for row in rows] == expected


def test_a_damaged_ledger_is_an_error_and_is_kept(repository):
    path = repository / paths.TEST_LEDGER
    path.parent.mkdir()
    path.write_text("<<<<<<< HEAD\n")
    with pytest.raises(EvaluationError, match="line 1"):
        record_reading("ann", "evaluate", "c1", "n1", "f1")
    assert path.read_text() == "<<<<<<< HEAD\n"
