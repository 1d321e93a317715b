"""The flow reads its graph, and what is up to date, from DVC."""

import os
import re
import resource
import signal
import sys
from pathlib import Path

import pytest

from flows.dag import FlowError, StageDag, read_changes, read_dag, read_plan

# The project of the fixtures: raw.txt.dvc -> prepare -> train@a, train@b -> compare
DIAMOND = {
    "raw.txt.dvc": (),
    "prepare": ("raw.txt.dvc",),
    "train@a": ("prepare",),
    "train@b": ("prepare",),
    "compare": ("train@a", "train@b"),
}


def test_graph_equals_that_of_dvc_dag(project):
    drawn = re.findall(r'"(.+)" -> "(.+)"', project.dvc("dag", "--dot"))

    upstream = read_dag(project.root).upstream

    assert sorted(drawn) == sorted((up, stage) for stage, ups in upstream.items() for up in ups)
    assert upstream == DIAMOND


def test_every_stage_follows_its_upstream(project):
    upstream = read_dag(project.root).upstream

    order = list(upstream)
    assert all(order.index(up) < order.index(stage) for stage in order for up in upstream[stage])


def test_names_do_not_depend_on_the_current_folder(project, monkeypatch):
    monkeypatch.chdir(project.root / "runs")

    assert list(read_dag(Path()).upstream) == list(DIAMOND)


def test_a_stage_of_a_subfolder_has_the_name_that_dvc_repro_takes(project):
    folder = project.root / "sub"
    folder.mkdir()
    (folder / "dvc.yaml").write_text("stages: {copy: {cmd: cp ../raw.txt ., outs: [raw.txt]}}")

    name = "sub/dvc.yaml:copy"
    assert name in read_dag(project.root, name).upstream
    project.dvc("repro", "--single-item", "sub/dvc.yaml:copy")
    assert (folder / "raw.txt").read_text() == "raw\n"


@pytest.mark.parametrize("needed", [True, False])
def test_a_stage_of_a_subfolder_runs_only_if_the_root_needs_it(project, needed):
    (project.root / "raw.txt.dvc").unlink()
    output = "../raw.txt: {cache: false}" if needed else "other.txt: {cache: false}"
    (project.root / "sub").mkdir()
    (project.root / "sub/dvc.yaml").write_text(f"stages: {{draw: {{cmd: x, outs: [{output}]}}}}")

    upstream = read_dag(project.root).upstream

    assert ("sub/dvc.yaml:draw" in upstream) is needed
    assert upstream["prepare"] == (("sub/dvc.yaml:draw",) if needed else ())


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("train@a", ["raw.txt.dvc", "prepare", "train@a"]),
        ("train", ["raw.txt.dvc", "prepare", "train@a", "train@b"]),
        ("raw.txt.dvc", ["raw.txt.dvc"]),
        ("compare", list(DIAMOND)),
    ],
)
def test_a_target_is_kept_with_its_ancestors(target, kept):
    assert list(StageDag(Path(), DIAMOND).restricted_to(target).upstream) == kept


def test_the_name_of_a_matrix_stage_does_not_include_stages_that_begin_with_it():
    upstream = {"train@a": (), "train-augmentation@a": (), "train-augmentation@b": ()}
    dag = StageDag(Path(), upstream)
    assert list(dag.restricted_to("train").upstream) == ["train@a"]
    assert list(dag.restricted_to("train-augmentation").upstream) == list(upstream)[1:]
    assert list(dag.restricted_to("train-augmentation@b").upstream) == ["train-augmentation@b"]


def test_the_error_for_an_unknown_target_lists_the_stages():
    with pytest.raises(FlowError, match=r"'trian'(.|\n)*prepare, train@a, train@b, compare"):
        StageDag(Path(), DIAMOND).restricted_to("trian")


@pytest.mark.parametrize(
    ("changed", "fresh"),
    [
        ({"train@a"}, {"raw.txt.dvc", "prepare", "train@b"}),
        ({"raw.txt.dvc"}, set()),
        (set(), set(DIAMOND)),
    ],
)
def test_stages_after_a_changed_stage_are_not_up_to_date(changed, fresh):
    assert StageDag(Path(), DIAMOND).up_to_date(frozenset(changed)) == fresh


def test_changed_stages_are_those_of_dvc_status(project):
    dag = read_dag(project.root)
    assert set(read_changes(dag)) == {"prepare", "train@a", "train@b", "compare"}  # none has run

    project.dvc("repro", "--quiet")
    assert read_changes(dag) == {}

    project.set_params(rate_b=0.2)
    assert set(read_changes(dag)) == {"train@b"}

    project.set_params()
    (project.root / "raw.txt").write_text("new\n")
    assert set(read_changes(dag)) == {"raw.txt.dvc", "prepare"}


def test_a_folder_without_dvc_is_refused(tmp_path):
    with pytest.raises(FlowError, match=r"no `\.dvc` folder"):
        read_dag(tmp_path)
    with pytest.raises(FlowError, match="no such folder"):
        read_dag(tmp_path / "nowhere")


def test_the_error_for_an_invalid_dvc_yaml_names_the_line(project):
    (project.root / "dvc.yaml").write_text("stages:\n  train: {cmd: [\n")
    with pytest.raises(FlowError, match=r"dvc\.yaml.*corrupted.*line 3"):
        read_dag(project.root)


def test_a_project_without_stages_is_refused(project):
    for name in ("dvc.yaml", "raw.txt.dvc"):
        (project.root / name).unlink()
    with pytest.raises(FlowError, match="at least one stage"):
        read_dag(project.root)


def test_a_full_disk_is_one_error_with_its_cause(project):
    dag = read_dag(project.root)
    former_limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    former_answer = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, former_limit[1]))  # no file may be written
        with pytest.raises(FlowError, match=r"disk I/O error|File too large") as caught:
            read_changes(dag)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former_limit)
        signal.signal(signal.SIGXFSZ, former_answer)
    assert caught.value.next_step.startswith("Free some space")


@pytest.mark.skipif(sys.platform != "linux", reason="the file system refuses such names")
def test_a_name_that_dvc_cannot_track_is_told_with_the_file(project):
    films = project.root / "films"
    films.mkdir()
    (films / os.fsdecode(b"a\xff.jpeg")).write_bytes(b"film")
    (project.root / "dvc.yaml").write_text("stages: {copy: {cmd: 'true', deps: [films]}}")
    with pytest.raises(FlowError, match="compare the project") as caught:
        read_plan(project.root)
    assert r"films/a\xff.jpeg: DVC can track only" in caught.value.next_step
