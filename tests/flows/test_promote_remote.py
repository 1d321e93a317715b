"""Versions elsewhere: data in a folder and on S3, tags in a bare repository, a second clone."""

import shutil
from pathlib import Path

import pytest

from flows.publish.errors import PublishError
from flows.publish.promotion import promote, roll_back
from flows.publish.version_table import version_table
from tasks.core import paths
from tests.flows.released_project import ReleasedProject, files_in, released_project
from tests.git_repository import git
from tests.s3_server import ACCOUNT, BUCKET, s3_server

pytestmark = pytest.mark.usefixtures("author")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> ReleasedProject:
    return released_project(tmp_path_factory.mktemp("made") / "project")


@pytest.fixture
def project(made: ReleasedProject, tmp_path: Path) -> ReleasedProject:
    """One release without a version, and the bare repository `origin`."""
    root = shutil.copytree(made.root, tmp_path / "project", symlinks=True)
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", "origin.git")
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(root, "push", "--quiet", "origin", "main")
    return ReleasedProject(root)


def name_remote(project: ReleasedProject, url: str) -> None:
    """Make `storage` the default DVC remote, in a commit that others clone."""
    project.run("dvc", "remote", "add", "--default", "storage", url)
    git(project.root, "commit", "--quiet", "--all", "--message", "where the data is")
    git(project.root, "push", "--quiet", "origin", "main")


def clone(folder: Path) -> ReleasedProject:
    git(folder, "clone", "--quiet", str(folder / "origin.git"), "elsewhere")
    return ReleasedProject(folder / "elsewhere")


def fetched_elsewhere(project: ReleasedProject, folder: Path) -> None:
    """A clone gets a version by its number and by its use, and can roll back to it."""
    lines: list[str] = []
    promote(project.root, lines.append, git_remote="origin")
    assert lines[0].startswith("data in the DVC remote storage (")
    assert lines[-1] == "tags sent to origin"
    project.release(1.0)
    promote(project.root, lines.append, git_remote="origin")
    other = clone(folder)
    url = str(folder / "origin.git")
    for out, choice in (("by-number", "--rev=v0.2.0"), ("by-use", "--stage=champion")):
        other.run("dvc", "artifacts", "get", url, "classifier", choice, "--out", out)
        assert files_in(other.root / out) == files_in(project.root / paths.RELEASE)
    assert roll_back(other.root, lines.append) == "v0.1.0"
    ours = project.root / paths.champion_folder("v0.1.0")
    assert files_in(other.root / paths.champion_folder("v0.1.0")) == files_in(ours)
    assert "in the DVC remote storage" in version_table(other.root)


def test_another_clone_gets_a_version_from_a_folder(
    project: ReleasedProject, tmp_path: Path
) -> None:
    name_remote(project, str(tmp_path / "storage"))
    fetched_elsewhere(project, tmp_path)


@pytest.mark.slow
def test_another_clone_gets_a_version_from_s3(project: ReleasedProject, tmp_path: Path) -> None:
    with s3_server() as s3:
        name_remote(project, f"s3://{BUCKET}/versions")
        fetched_elsewhere(project, tmp_path)
        assert s3.client.list_objects_v2(Bucket=BUCKET)["KeyCount"] >= 12


def test_data_that_cannot_be_sent_leaves_no_tag(project: ReleasedProject, tmp_path: Path) -> None:
    (tmp_path / "full").write_text("a file in place of the storage")
    name_remote(project, str(tmp_path / "full" / "storage"))
    with pytest.raises(PublishError, match="the DVC remote storage") as error:
        promote(project.root, print)
    assert "dvc push" in error.value.next_step
    assert not project.tags().versions
    (tmp_path / "full").unlink()
    assert promote(project.root, print) == "v0.1.0"


def test_a_remote_without_an_answer_is_told(project: ReleasedProject) -> None:
    name_remote(project, f"s3://{BUCKET}/versions")
    project.run("dvc", "remote", "modify", "storage", "endpointurl", "http://127.0.0.1:9")
    project.run("dvc", "remote", "modify", "storage", "connect_timeout", "1")
    git(project.root, "commit", "--quiet", "--all", "--message", "nobody listens there")
    done = project.program("promote", AWS_MAX_ATTEMPTS="1", **ACCOUNT)
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "127.0.0.1:9" in done.stderr
    assert not project.tags().versions


def test_tags_that_cannot_be_sent_are_told_and_sent_the_next_time(
    project: ReleasedProject, tmp_path: Path
) -> None:
    git(project.root, "remote", "set-url", "origin", str(tmp_path / "moved.git"))
    with pytest.raises(PublishError, match="here the version is in use"):
        promote(project.root, print, git_remote="origin")
    assert project.tags().champion == "v0.1.0"
    git(project.root, "remote", "set-url", "origin", str(tmp_path / "origin.git"))
    assert promote(project.root, print, git_remote="origin") == "v0.1.0"
    sent = git(tmp_path / "origin.git", "tag", "--list").splitlines()
    assert sent == ["classifier#champion#1", "classifier@v0.1.0"]


def test_a_version_that_another_clone_took_first_is_not_overwritten(
    project: ReleasedProject, tmp_path: Path
) -> None:
    other = clone(tmp_path)
    git(other.root, "commit", "--quiet", "--allow-empty", "--message", "theirs")
    git(other.root, "tag", "--annotate", "--message", "theirs", "classifier@v0.1.0")
    git(other.root, "push", "--quiet", "origin", "classifier@v0.1.0")
    theirs = git(tmp_path / "origin.git", "rev-parse", "classifier@v0.1.0")
    with pytest.raises(PublishError, match="someone promoted at the same time"):
        promote(project.root, print, git_remote="origin")
    assert git(tmp_path / "origin.git", "rev-parse", "classifier@v0.1.0") == theirs
    assert git(tmp_path / "origin.git", "tag", "--list") == "classifier@v0.1.0"


def test_what_a_killed_push_left_empty_is_sent_again(
    project: ReleasedProject, tmp_path: Path
) -> None:
    """DVC makes a file under its final name first, and a kill can leave it so."""
    name_remote(project, str(tmp_path / "storage"))
    promote(project.root, print)
    objects = [path for path in (tmp_path / "storage").rglob("*") if path.is_file()]
    whole = {path: path.read_bytes() for path in objects}
    for path in objects:
        path.chmod(0o644)
        path.write_bytes(b"")
    shutil.rmtree(project.root / paths.CHAMPIONS)
    promote(project.root, print)
    assert {path: path.read_bytes() for path in objects} == whole


def test_what_a_killed_fetch_left_empty_is_fetched_again(
    project: ReleasedProject, tmp_path: Path
) -> None:
    name_remote(project, str(tmp_path / "storage"))
    promote(project.root, print)
    whole = files_in(project.root / paths.RELEASE)
    cached = [path for path in (project.root / ".dvc/cache/files").rglob("*") if path.is_file()]
    for path in cached:
        path.chmod(0o644)
        path.write_bytes(b"")
    shutil.rmtree(project.root / paths.CHAMPIONS)
    assert roll_back(project.root, print, version="v0.1.0") == "v0.1.0"
    assert files_in(project.root / paths.champion_folder("v0.1.0")) == whole
