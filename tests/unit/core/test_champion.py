"""The version in use, read from real git tags, as GTO writes them."""

from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.champion import champion_dir, champion_version, read_release_tags
from tasks.core.errors import ScreeningError
from tests.git_repository import git, new_commit


def tag(root: Path, name: str, commit: str = "HEAD") -> None:
    git(root, "tag", "--annotate", "--message", "by a test", name, commit)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Versions v0.1.0, v0.9.0 and v0.10.0, of which v0.9.0 was put into use last."""
    git(tmp_path, "init", "--quiet")
    for count, version in enumerate(("v0.1.0", "v0.10.0", "v0.9.0"), 1):
        new_commit(tmp_path)
        tag(tmp_path, f"classifier@{version}")
        tag(tmp_path, f"classifier#champion#{count}")
    return tmp_path


def fill(root: Path, version: str) -> Path:
    folder = root / paths.champion_folder(version)
    folder.mkdir(parents=True)
    paths.release_json(folder).write_text("{}")
    return folder


def test_versions_and_champions_are_in_order(repository: Path) -> None:
    tags = read_release_tags(repository)
    assert list(tags.versions) == ["v0.1.0", "v0.9.0", "v0.10.0"]
    assert tags.champions == ("v0.1.0", "v0.10.0", "v0.9.0")
    assert tags.versions["v0.9.0"] == git(repository, "rev-parse", "HEAD")


def test_the_highest_number_counts_not_the_text(repository: Path) -> None:
    for count in range(4, 12):
        tag(repository, f"classifier#champion#{count}", "HEAD~2" if count == 11 else "HEAD")
    assert read_release_tags(repository).champion == "v0.1.0"


def test_the_folder_of_the_version_in_use(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fill(repository, "v0.9.0")
    assert champion_dir(repository) == folder
    monkeypatch.chdir(repository)
    assert champion_dir() == Path("data/champions/v0.9.0")


def test_a_missing_folder_is_an_error_with_the_command_that_fills_it(repository: Path) -> None:
    with pytest.raises(ScreeningError, match=r"python -m flows\.rollback v0\.9\.0"):
        champion_dir(repository)


def test_other_tags_do_not_count(repository: Path) -> None:
    fill(repository, "v0.9.0")
    git(repository, "tag", "classifier#champion#7", "HEAD~1")  # GTO reads annotated tags only
    tag(repository, "classifier#staging#8", "HEAD~1")
    tag(repository, "other#champion#9", "HEAD~1")
    tag(repository, "classifier@deprecated", "HEAD")
    assert read_release_tags(repository).champion == "v0.9.0"


def test_a_withdrawn_champion_leaves_none_in_use(repository: Path) -> None:
    tag(repository, "classifier#champion!#4")
    assert champion_dir(repository) is None


def test_without_repository_git_or_tags_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert champion_dir(tmp_path) is None
    git(tmp_path, "init", "--quiet")
    assert champion_dir(tmp_path) is None
    monkeypatch.setenv("PATH", "")
    assert champion_dir(tmp_path) is None


def test_a_repository_that_git_refuses_is_no_silent_change_of_networks(repository: Path) -> None:
    (repository / ".git/config").write_text("[core\n")
    with pytest.raises(ScreeningError, match="bad config"):
        champion_dir(repository)


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("/srv/data/champions/v1.0.0/model.onnx", "v1.0.0"),
        ("data/onnx/minivggnet/model.onnx", None),
        ("model.onnx", None),
    ],
)
def test_the_version_is_read_from_the_path(path: str, version: str | None) -> None:
    assert champion_version(Path(path)) == version
