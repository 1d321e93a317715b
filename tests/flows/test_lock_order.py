"""dvc.lock does not depend on which stage ended first."""

import pytest

from flows.dag import open_project
from flows.lock_order import serial_order, sort_new_entries
from flows.retrain.in_terminal import run_in_terminal

ENTRIES = {
    name: f"  {name}:\n    cmd: x\n    outs:\n    - path: {name}.txt\n"
    for name in ("prepare", "train@a", "train@b", "compare")
}


def lock_of(*names):
    return "schema: '2.0'\nstages:\n" + "".join(ENTRIES[name] for name in names)


@pytest.mark.parametrize(
    ("before", "found", "sorted_"),
    [
        ([], ["prepare", "train@b", "train@a"], ["prepare", "train@a", "train@b"]),
        (["compare"], ["compare", "train@b", "prepare"], ["compare", "prepare", "train@b"]),
        (["train@b", "train@a"], ["train@b", "train@a", "prepare"], None),
        ([], ["prepare"], None),
    ],
)
def test_only_new_entries_are_sorted(project, before, found, sorted_):
    path = project.root / "dvc.lock"
    path.write_text(lock_of(*found))
    sort_new_entries(project.root, before)
    assert path.read_text() == lock_of(*(sorted_ or found))


def test_without_dvc_lock_there_is_nothing_to_sort(project):
    sort_new_entries(project.root, [])
    assert not (project.root / "dvc.lock").exists()


def test_the_flow_writes_the_dvc_lock_of_dvc_repro(project, make_project, tmp_path):
    other = make_project(tmp_path / "other")
    other.dvc("repro", "--quiet")
    project.order("train@a", "time.sleep(3)")  # train@b ends first
    assert run_in_terminal(project.root, None, 2).failures == []
    assert (project.root / "dvc.lock").read_bytes() == (other.root / "dvc.lock").read_bytes()
    with open_project(project.root) as repo:
        assert [n for n in serial_order(repo) if n in ENTRIES] == list(ENTRIES)
