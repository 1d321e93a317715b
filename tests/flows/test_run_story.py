"""A run told in words: why stages ran, what failed and what to do, and what came out."""

import json
import subprocess

import pytest

from flows.outcome import RunResult, StageOutcome
from flows.run_story.figures import gate_lines, gate_rows, metric_rows
from flows.run_story.likely_cause import likely_cause
from flows.run_story.lock_file import RecordedStage, read_lock
from flows.run_story.pages import page_lines
from flows.run_story.story import table, write_story
from flows.run_story.why import Reasons
from tasks.core import paths

LOCK = """\
schema: '2.0'
stages:
  resize: {cmd: x, outs: [{path: data/images, md5: i1}]}
  train:
    cmd: x
    deps:
    - {path: data/images, md5: i1}
    - {path: tasks/train/fitting, md5: c1}
    params: {params.yaml: {train: {epochs: 5, learning_rate: 0.002}, models: [a]}}
    outs: [{path: data/models, md5: m1}]
"""
PARAMS = "train: {epochs: 5, learning_rate: 0.002}\nmodels: [a]\n"


def why(tmp_path, *, params=PARAMS, after=LOCK, status=(), stage="train"):
    (tmp_path / "dvc.lock").write_text(LOCK)
    before = read_lock(tmp_path)
    (tmp_path / "dvc.lock").write_text(after)
    (tmp_path / "params.yaml").write_text(params)
    return Reasons(tmp_path, before, read_lock(tmp_path), {stage: status}).why(stage)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"params": PARAMS.replace("0.002", "0.0005")},
            "parameter train.learning_rate: 0.002 → 0.0005",
        ),
        ({"params": PARAMS.replace("5", "null")}, "parameter train.epochs: 5 → null"),
        ({"params": PARAMS.replace("epochs: 5, ", "")}, "parameter train.epochs: 5 removed"),
        ({"params": PARAMS.replace("5,", "5, warm: 1,")}, "parameter train.warm: 1 added"),
        ({"after": LOCK.replace("i1", "i2")}, "new data/images from resize"),
        ({"after": LOCK.replace("c1", "c2")}, "changed code: tasks/train/fitting"),
        (
            {"status": ({"changed deps": {"tasks/train/fitting": "modified"}},)},
            "changed code: tasks/train/fitting",
        ),
        (
            {"status": ({"changed outs": {"data/models": "deleted"}},)},
            "its output data/models was missing",
        ),
        ({"status": ("changed command",)}, "its command changed"),
        ({"status": ({"changed outs": {"o": "new"}},), "stage": "new"}, "it had no result yet"),
        ({}, ""),
    ],
)
def test_the_reason_names_what_had_changed(tmp_path, change, words):
    assert why(tmp_path, **change) == words


def test_three_reasons_are_named_and_the_others_counted(tmp_path):
    status = ({"changed outs": {f"o{i}": "modified" for i in range(5)}},)
    assert why(tmp_path, status=status).endswith("o2 was edited; and 2 more")


MISSING = (
    {"changed deps": {"data/images": "deleted"}, "changed outs": {"data/models": "deleted"}},
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"status": MISSING}, "inputs (1) and outputs (1) were missing"),
        (
            {"status": MISSING, "after": LOCK.replace("i1", "i2")},
            "new data/images from resize; its output data/models was missing",
        ),
        ({"status": MISSING[:1], "after": ""}, "inputs (1) and outputs (1) were missing"),
        (
            {"status": ({"changed outs": dict.fromkeys(["o1", "o2"], "deleted")},)},
            "outputs (2) were missing",
        ),
        (
            {"status": ({"changed deps": {"data/images": "deleted"}},)},
            "its input data/images was missing",
        ),
    ],
)
def test_in_a_clone_without_data_nothing_is_called_new(tmp_path, change, words):
    assert why(tmp_path, **change) == words


def test_a_project_without_dvc_lock_has_no_recorded_stage(tmp_path):
    assert read_lock(tmp_path) == {}
    (tmp_path / "dvc.lock").write_text("")
    assert read_lock(tmp_path) == {}


@pytest.mark.parametrize(
    ("detail", "last_line", "cause", "step"),
    [
        ("killed by SIGKILL", "epoch 3", "memory", "batch_size"),
        ("exited with 137", "epoch 3", "memory", "oom"),
        ("exited with 1", "OSError: [Errno 28] No space left on device: 'x'", "disk", "dvc gc"),
        ("exited with 1", "[Errno 2] No such file: 'data/phantom/kaggle'", "missing", "phantom"),
        (
            "exited with 1",
            "[validate] ERROR: every expectation of severity `error` must pass before training",
            "rule of `validate`",
            "limit in params.yaml",
        ),
        (
            "exited with 1",
            "parameters, code and data of a stage must stay as they are while it runs",
            "refused",
            "Run it again",
        ),
        ("DVC waits for a process that is no DVC: process 7 is `sh`", "", "lock", "rwlock"),
        ("did not end within 360 minutes, and was ended", "epoch 1", "stalled", "timeout"),
    ],
)
def test_a_known_cause_has_a_next_step(detail, last_line, cause, step):
    outcome = StageOutcome("train", "failed", detail, last_lines=(last_line,))
    known = likely_cause(outcome)
    assert known is not None
    assert cause in known.cause
    assert step in known.next_step


def test_an_unknown_failure_has_no_guessed_cause():
    outcome = StageOutcome("train", "failed", "exited with 3", last_lines=("epoch 1",))
    assert likely_cause(outcome) is None


@pytest.fixture
def committed(tmp_path):
    """A repository whose last commit has metrics; the file of now has other ones."""
    metrics = tmp_path / paths.metrics("net")
    metrics.parent.mkdir(parents=True)
    metrics.write_text(json.dumps({"test": {"auroc": {"value": 0.9}}}))
    for command in (
        ["init", "--quiet"],
        ["add", "--all"],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "first night"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    metrics.write_text(json.dumps({"test": {"auroc": {"value": 0.95}}}))
    return tmp_path


def test_metrics_are_compared_with_the_last_commit(committed):
    first, second, _ = metric_rows(committed)
    assert first == {
        "model": "net",
        "measure": "auroc",
        "this run": "0.950",
        "last commit": "0.900",
        "change": "+0.050",
    }
    assert second["this run"] == second["change"] == ""  # no sensitivity is known


def test_the_gate_is_told_with_its_reasons_and_paired_differences(tmp_path):
    gate = tmp_path / "gate.json"
    assert gate_lines(gate) == gate_rows(gate) == []
    rows = [
        {"name": "AUROC", "films": "test", "champion": 0.93, "challenger": 0.95}
        | {"difference": 0.02, "interval": [0.01, 0.03]},
        {"name": "AUROC", "films": "site", "champion": None, "challenger": 0.9}
        | {"difference": None, "interval": None},
    ]
    decision = {"decision": "promote", "headline": "It is better.", "reasons": ["AUROC"]}
    gate.write_text(json.dumps(decision | {"rows": rows}))
    assert gate_lines(gate) == ["**Gate: promote.** It is better.", "- AUROC"]
    assert gate_rows(gate)[0]["difference (95 %)"] == "+0.020 (+0.010 to +0.030)"
    assert gate_rows(gate)[1]["champion"] == ""


def test_pages_are_files_and_links_where_a_web_server_shows_them(committed, monkeypatch):
    page = committed / paths.page("net")
    page.write_text("page")
    assert page_lines(committed) == [f"- net: `{page}`"]
    monkeypatch.setenv("LUNGLINE_REPORTS_URL", "http://host:8000/")
    assert page_lines(committed) == [
        f"- net: [http://host:8000/net.html](http://host:8000/net.html), `{page}`"
    ]


def test_a_failure_is_told_first_with_its_cause_and_last_lines(committed):
    log = committed / ".dvc/tmp/retrain/train-x.log"
    failed = StageOutcome("train", "failed", "killed by SIGKILL", 3.0, ("epoch ``` 1",), log)
    outcomes = [StageOutcome("resize", "ran", elapsed_s=2.0), failed]
    result = RunResult(committed, outcomes, {"resize": "changed code: a|b"})
    story = write_story(result, lambda _: ["train.epochs: 5 → 6"])
    assert story.startswith("# Failed: 1 ran, 1 failed\n\n## train failed\n\n**killed by SIGKILL**")
    order = ["Likely cause", "Next step", "epoch", "## Changed parameters", "## Stages"]
    positions = [story.index(part) for part in [*order, "## Commit"]]
    assert positions == sorted(positions)
    assert "| resize | **ran** | 2.0 | changed code: a\\|b |" in story
    assert "epoch ` ` ` 1\n```\n" in story
    assert "- `train.epochs: 5 → 6`" in story
    assert "first night`, with 1 changed files" in story
    assert "Metrics" not in story  # they would be those of an earlier run


def test_a_run_in_which_nothing_changed_says_so(tmp_path):
    result = RunResult(tmp_path, [StageOutcome("resize", "cached", "up-to-date")])
    story = write_story(result, lambda _: [])
    assert story.startswith("# Nothing changed\n\nAll 1 stages were up to date; none ran.")
    assert "Nothing is committed yet." in story


def test_a_table_without_rows_is_empty():
    assert table([]) == ""


def test_a_stage_of_another_dvc_yaml_has_no_reason(tmp_path):
    reasons = Reasons(tmp_path, {"a": RecordedStage()}, {}, {})
    assert reasons.why("films.dvc") == ""
    assert reasons.changed_params("films.dvc") == []
