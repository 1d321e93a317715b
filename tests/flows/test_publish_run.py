"""A run that publishes: refusal, promotion and rollback on the real stage `release`.

The gate has decided before, by hand: its own tests show how it decides.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.dag import FlowError
from flows.outcome import RunResult
from flows.publish.promotion import roll_back
from flows.retrain.steps import retrain_stages
from flows.run_story.story import write_story
from flows.watch import TerminalWatch
from flows.worktree import BRANCH, own_worktree
from tests.flows.released_project import ReleasedProject, environment, files_in, released_project
from tests.git_repository import git
from tests.releasable import write_parts


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment().items():
            patch.setenv(name, value)
        yield


def run(root: Path) -> tuple[RunResult, dict[str, str]]:
    result = retrain_stages(root, None, 1, TerminalWatch(), publish=True)
    return result, {one.stage: one.status for one in result.outcomes}


def test_after_a_refusal_the_network_in_use_is_not_called_refused(tmp_path: Path) -> None:
    project = released_project(tmp_path / "project")
    run(project.root)
    project.release(1.0, auroc=0.6)
    project.decide("refuse", headline="AUROC is lower.")
    result, _ = run(project.root)
    assert "AUROC is lower." in write_story(result, lambda _: [])

    write_parts(project.root, 0.0, 0.9)  # the settings of the network in use are back
    result, steps = run(project.root)
    assert (steps["gate"], steps["commit"]) == ("cached", "ran")
    story = write_story(result, lambda _: [])
    assert "**Gate.** It did not judge: the release is v0.1.0, which is in use." in story
    assert "AUROC is lower." not in story + git(project.root, "log", "-1", "--format=%B")


def test_a_run_refuses_promotes_and_is_undone(tmp_path: Path) -> None:
    project = released_project(tmp_path / "project")
    root = project.root
    result, first = run(root)
    assert first == {"release": "cached", "gate": "cached", "commit": "cached", "publish": "ran"}
    champion = project.champion()
    assert champion is not None
    before = files_in(champion)

    project.release(1.0, auroc=0.6)
    project.decide("refuse", headline="AUROC is lower.")
    result, worse = run(root)
    assert worse == {"release": "cached", "gate": "refused", "commit": "cached"}
    assert (result.is_refused, result.failures) == (True, [])
    assert project.tags().champion == "v0.1.0"

    project.release(2.0, auroc=0.95)
    assert run(root)[1]["publish"] == "ran"
    assert project.tags().champion == "v0.2.0"
    assert run(root)[1] == {
        "release": "cached",
        "gate": "cached",
        "commit": "cached",
        "publish": "cached",
    }
    assert roll_back(root, print) == "v0.1.0"
    restored = project.champion()
    assert restored is not None
    assert files_in(restored) == before

    (root / "params.yaml").write_text((root / "params.yaml").read_text() + "\n")
    with pytest.raises(FlowError, match=r"found: params\.yaml"):
        run(root)
    with own_worktree(root) as tree:
        assert git(tree, "symbolic-ref", "--short", "HEAD") == BRANCH
        assert ReleasedProject(tree).champion() is not None
