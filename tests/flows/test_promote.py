"""Promotion and rollback on a real git and DVC repository with the real stage `release`."""

import shutil
import threading
from pathlib import Path

import pytest

from flows.dag import FlowError
from flows.publish.errors import PublishError
from flows.publish.promotion import promote, roll_back
from flows.publish.publish_lock import only_promotion
from flows.publish.version_table import NO_VERSION, version_table
from tasks.core import paths
from tasks.core.champion import champion_dir
from tests.flows.released_project import ReleasedProject, files_in, released_project
from tests.git_repository import AUTHOR, git, new_commit


def quiet(_line: str) -> None:
    """Take a line of progress."""


pytestmark = pytest.mark.usefixtures("author")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ReleasedProject:
    """v0.1.0 is in use; another release is committed, and the gate lets it pass."""
    project = released_project(tmp_path_factory.mktemp("made") / "project")
    assert version_table(project.root) == NO_VERSION
    assert promote(project.root, quiet) == "v0.1.0"
    project.release(1.0, auroc=0.95)
    return project


@pytest.fixture
def project(made: ReleasedProject, tmp_path: Path) -> ReleasedProject:
    return ReleasedProject(shutil.copytree(made.root, tmp_path / "project", symlinks=True))


def test_the_next_version_is_in_use_whole(project: ReleasedProject) -> None:
    lines: list[str] = []
    assert promote(project.root, lines.append) == "v0.2.0"
    folder = champion_dir(project.root)
    assert folder is not None
    assert files_in(folder) == files_in(project.root / paths.RELEASE)
    assert project.tags().versions["v0.2.0"] == git(project.root, "rev-parse", "HEAD")
    assert lines == [
        "data here only: this project has no default DVC remote",
        f"v0.2.0 is the version of commit {git(project.root, 'rev-parse', '--short=10', 'HEAD')}",
        "v0.2.0 is in use; before: v0.1.0",
    ]


def test_a_rollback_restores_the_earlier_bytes_and_touches_no_file_in_git(
    project: ReleasedProject,
) -> None:
    before = champion_dir(project.root)
    assert before is not None
    first = files_in(before)
    promote(project.root, quiet)
    shutil.rmtree(before)
    (project.root / "params.yaml").write_text("an engineer is at work")
    assert roll_back(project.root, quiet) == "v0.1.0"
    assert champion_dir(project.root) == before
    assert files_in(before) == first
    assert (project.root / "params.yaml").read_text() == "an engineer is at work"
    with pytest.raises(FlowError, match=r"v0\.1\.0 is the first one"):
        roll_back(project.root, quiet)


def test_a_promotion_after_a_rollback_makes_no_second_version(project: ReleasedProject) -> None:
    promote(project.root, quiet)
    roll_back(project.root, quiet)
    project.decide("promote", champion={"release_sha256": "of the version before"})
    with pytest.raises(PublishError, match="another network than the version in use") as error:
        promote(project.root, quiet)
    assert "flows.retrain" in error.value.next_step
    project.decide("promote")
    assert promote(project.root, quiet) == "v0.2.0"
    assert project.tags().champions == ("v0.1.0", "v0.2.0", "v0.1.0", "v0.2.0")


def test_what_is_in_use_already_needs_no_gate_and_no_tag(project: ReleasedProject) -> None:
    promote(project.root, quiet)
    (project.root / paths.GATE_JSON).unlink()
    new_commit(project.root, "a later commit with the same network")
    champion = project.champion()
    assert champion is not None
    (champion / "model.onnx").write_bytes(b"damaged")
    assert promote(project.root, quiet) == "v0.2.0"
    assert len(project.tags().champions) == 2
    assert files_in(champion) == files_in(project.root / paths.RELEASE)


def test_the_gate_decides(project: ReleasedProject) -> None:
    project.decide("refuse", reasons=["sensitivity is lower", "AUROC is no better"])
    with pytest.raises(PublishError, match="sensitivity is lower; AUROC is no better"):
        promote(project.root, quiet)
    project.decide("promote", challenger={"release_sha256": "another"})
    with pytest.raises(PublishError, match="another network than the release"):
        promote(project.root, quiet)
    (project.root / paths.GATE_JSON).write_text("{}")
    with pytest.raises(PublishError, match="no key decision"):
        promote(project.root, quiet)
    (project.root / paths.GATE_JSON).unlink()
    with pytest.raises(PublishError, match="no decision"):
        promote(project.root, quiet)
    assert list(project.tags().versions) == ["v0.1.0"]
    assert promote(project.root, quiet, override="a\nfault  in the gate") == "v0.2.0"
    assert "Override: a fault in the gate" in git(project.root, "tag", "-n9", "-l", "*v0.2.0")
    assert "override: a fault in the gate" in version_table(project.root)


def test_only_a_clean_commit_on_a_branch_is_promoted(project: ReleasedProject) -> None:
    root = project.root
    (root / "params.yaml").write_text((root / "params.yaml").read_text() + "\n")
    with pytest.raises(FlowError, match=r"found: params\.yaml"):
        promote(root, quiet)
    git(root, "checkout", "--quiet", "params.yaml")
    git(root, "switch", "--quiet", "--detach")
    with pytest.raises(FlowError, match="detached HEAD"):
        promote(root, quiet)
    git(root, "switch", "--quiet", "main")
    network = root / paths.network_file(paths.model_dir("minivggnet"))
    network.write_text("trained again")
    with pytest.raises(FlowError, match="not up to date: release"):
        promote(root, quiet)
    assert list(project.tags().versions) == ["v0.1.0"]


def test_a_commit_without_a_release_is_refused(project: ReleasedProject) -> None:
    git(project.root, "rm", "--quiet", "--cached", "dvc.lock")
    git(project.root, "commit", "--quiet", "--message", "no dvc.lock")
    with pytest.raises(FlowError, match=r"dvc\.lock names data/classifier"):
        promote(project.root, quiet)


def test_a_version_can_be_named_but_not_taken_twice(project: ReleasedProject) -> None:
    with pytest.raises(FlowError, match=r"it names commit .*, not"):
        promote(project.root, quiet, version="v0.1.0")
    for wrong in ("v0.0.9", "1.0.0", "v1.0", "latest"):
        with pytest.raises(FlowError, match=r"the newest version is v0\.1\.0"):
            promote(project.root, quiet, version=wrong)
    assert promote(project.root, quiet, version="v1.0.0") == "v1.0.0"
    with pytest.raises(FlowError, match=r"the release has the version v1\.0\.0"):
        promote(project.root, quiet, version="v2.0.0")


def test_an_unknown_version_is_named_with_those_that_exist(project: ReleasedProject) -> None:
    with pytest.raises(FlowError, match=r"the versions are: v0\.1\.0") as error:
        roll_back(project.root, quiet, version="v7.0.0")
    assert error.value.found == "'v7.0.0'"


def test_git_must_know_who_promotes(
    project: ReleasedProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in AUTHOR:
        if name.startswith(("GIT_AUTHOR", "GIT_COMMITTER")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("EMAIL", "")
    git(project.root, "config", "user.useConfigOnly", "true")
    for command in (promote, roll_back):
        with pytest.raises(FlowError, match=r"git config user\.name"):
            command(project.root, quiet)


def test_a_second_promotion_at_the_same_time_is_refused(project: ReleasedProject) -> None:
    found: list[FlowError] = []

    def second() -> None:
        with pytest.raises(FlowError) as error:
            promote(project.root, quiet)
        found.append(error.value)

    with only_promotion(project.root):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert found[0].rule == "One promotion or rollback runs at a time."
    assert promote(project.root, quiet) == "v0.2.0"


def test_files_that_are_nowhere_are_named(project: ReleasedProject) -> None:
    promote(project.root, quiet)
    champion = project.root / paths.champion_folder("v0.1.0")
    shutil.rmtree(champion)
    shutil.rmtree(project.root / ".dvc/cache")
    with pytest.raises(FlowError, match=r"files of v0\.1\.0 must be in DVC's cache"):
        roll_back(project.root, quiet)
    assert project.tags().champion == "v0.2.0"


def test_old_folders_go_and_come_back_with_a_rollback(project: ReleasedProject) -> None:
    promote(project.root, quiet)
    project.release(2.0)
    promote(project.root, quiet)
    folders = {path.name for path in (project.root / paths.CHAMPIONS).iterdir()}
    assert folders == {"v0.2.0", "v0.3.0"}
    assert roll_back(project.root, quiet, version="v0.1.0") == "v0.1.0"
    assert champion_dir(project.root) == project.root / paths.champion_folder("v0.1.0")


def test_the_table_shows_the_newest_version_first(project: ReleasedProject) -> None:
    promote(project.root, quiet)
    header, newest, oldest = version_table(project.root).splitlines()
    assert header.split()[:2] == ["version", "in"]
    assert newest.split()[:2] == ["v0.2.0", "yes"]
    assert "0.950 (0.850 to 1.000)" in newest
    assert oldest.split()[:2] == ["v0.1.0", "before"]
    assert "here only" in oldest


def test_both_programs_end_with_their_exit_codes(project: ReleasedProject) -> None:
    refused = project.program("rollback")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith("ERROR: A rollback needs a version")
    (project.root / paths.GATE_JSON).unlink()
    no_gate = project.program("promote")
    assert (no_gate.returncode, "Traceback" in no_gate.stderr) == (1, False)
    done = project.program("promote", "--override", "a test")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("v0.2.0 is in use; before: v0.1.0\n")
    listed = project.program("promote", "--list")
    assert "v0.2.0   yes" in listed.stdout
    assert project.program("promote", "--override", " ").returncode == 2
