"""dvc.lock while DVC writes it in place, and after a stop that cut it off."""

import threading
import time

import pytest

from flows import whole_lock
from flows.dag import FlowError, read_dag
from flows.retrain.steps import retrain_stages
from flows.watch import TerminalWatch
from tests.git_repository import git, new_commit

CUT = ["", "schema: '2.0'\nstages:\n  prepare:\n    cmd: 'pyth"]


def run(project):
    return {one.stage: one.status for one in retrain_stages(
        project.root, None, 1, TerminalWatch()).outcomes}  # fmt: skip


@pytest.fixture
def no_patience(monkeypatch):
    monkeypatch.setattr(whole_lock, "LONGEST_WRITE_S", 0.3)


@pytest.mark.usefixtures("no_patience", "author")
@pytest.mark.parametrize("cut", CUT)
@pytest.mark.parametrize("is_committed", [True, False])
def test_a_run_mends_what_a_stop_has_cut_off_and_trains_nothing_again(
    project, cut, is_committed, capsys
):
    run(project)
    if is_committed:
        new_commit(project.root, "results")
    lock = project.root / "dvc.lock"
    before, runs = lock.read_text(), project.n_runs()
    lock.write_text(cut)
    assert set(run(project).values()) == {"cached"}
    assert "WARNING: a stop cut dvc.lock off" in capsys.readouterr().err
    assert lock.read_text() == before
    assert project.n_runs() == runs
    assert is_committed == (git(project.root, "status", "--porcelain", "dvc.lock") == "")


@pytest.mark.usefixtures("no_patience")
def test_a_reader_names_the_cure(project):
    (project.root / "dvc.lock").write_text("")
    with pytest.raises(FlowError, match=r"`git checkout dvc\.lock` restores"):
        read_dag(project.root)


def test_a_reader_waits_until_the_file_is_written(project):
    run(project)
    lock = project.root / "dvc.lock"
    whole = lock.read_text()

    def write_slowly():
        lock.write_text(whole[: len(whole) // 3])
        time.sleep(1.5)
        lock.write_text(whole)

    writer = threading.Thread(target=write_slowly)
    writer.start()
    time.sleep(0.1)
    assert "prepare" in read_dag(project.root).upstream
    writer.join()
    assert lock.read_text() == whole


def test_a_fault_of_dvc_yaml_is_told_at_once(project):
    (project.root / "dvc.yaml").write_text("stages: [")
    started_s = time.monotonic()
    with pytest.raises(FlowError, match=r"dvc\.yaml"):
        read_dag(project.root)
    assert time.monotonic() - started_s < whole_lock.LONGEST_WRITE_S / 2
