"""What the gate changes in the ledger is shown by the pages of the same run."""

from flows.dag import read_dag
from flows.retrain.steps import run_stale
from flows.watch import TerminalWatch


def test_only_the_stages_that_are_not_up_to_date_run(project):
    project.dvc("repro")
    (project.root / "b.txt").write_text("written by something else\n")
    result = run_stale(read_dag(project.root), 2, TerminalWatch())
    assert [(one.stage, one.status) for one in result.outcomes] == [
        ("train@b", "cached"),
        ("compare", "cached"),
    ]
    project.set_params(rate_b=0.5)
    result = run_stale(read_dag(project.root), 2, TerminalWatch())
    assert [(one.stage, one.status) for one in result.outcomes] == [
        ("train@b", "ran"),
        ("compare", "ran"),
    ]
    assert run_stale(read_dag(project.root), 2, TerminalWatch()).outcomes == []
    assert project.n_runs() == {"prepare": 1, "train@a": 1, "train@b": 2, "compare": 2}
