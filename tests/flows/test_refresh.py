"""Imports and tracked data are brought up to date; a network is tried again, nothing else is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.refresh import has_work, is_network_error, refresh
from tests.flows.tiny_project import Project
from tests.git_repository import new_commit


@pytest.fixture
def imported(project: Project, tmp_path: Path) -> Project:
    """A project with an import of a folder outside, committed."""
    (tmp_path / "films").mkdir()
    (tmp_path / "films/a.txt").write_text("a")
    project.dvc("import-url", "--quiet", str(tmp_path / "films"), "films")
    new_commit(project.root)
    return project


def test_without_an_import_nothing_is_done(project: Project) -> None:
    new_commit(project.root)
    assert not has_work(project.root)


def test_an_import_that_moved_is_updated_and_one_that_did_not_costs_nothing(
    imported: Project, tmp_path: Path
) -> None:
    lines: list[str] = []
    assert refresh(imported.root, lines.append).status == "cached"
    assert lines == ["films.dvc: as before"]
    (tmp_path / "films/b.txt").write_text("b")
    assert refresh(imported.root, lines.append).status == "ran"
    assert (imported.root / "films/b.txt").read_text() == "b"


def test_tracked_data_that_is_gone_is_pulled(project: Project, tmp_path: Path) -> None:
    project.dvc("remote", "add", "--quiet", "--default", "storage", str(tmp_path / "storage"))
    project.dvc("push", "--quiet")
    new_commit(project.root)
    (project.root / "raw.txt").unlink()
    shutil.rmtree(project.root / ".dvc/cache")
    assert refresh(project.root, print).status == "ran"
    assert (project.root / "raw.txt").read_text() == "raw\n"


def test_data_that_nobody_has_is_a_failure_at_once(project: Project) -> None:
    new_commit(project.root)
    (project.root / "raw.txt").unlink()
    shutil.rmtree(project.root / ".dvc/cache")
    outcome = refresh(project.root, print, waits_s=(600.0,))
    assert outcome.status == "failed"
    assert outcome.last_lines


def failing(errors: list[Exception]) -> Callable[..., None]:
    def update(*_: object) -> None:
        if errors:
            raise errors.pop(0)

    return update


def test_a_network_is_tried_again_and_offline_is_said(
    imported: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr("flows.refresh._update", failing([ConnectionResetError("reset")]))
    assert refresh(imported.root, lines.append, waits_s=(0.0,)).status == "cached"
    assert lines[0] == "dvc update films.dvc: reset; again in 0 s"
    monkeypatch.setattr("flows.refresh._update", failing([TimeoutError("late")] * 9))
    assert refresh(imported.root, lines.append, waits_s=(0.0, 0.0)).status == "cached"
    assert lines[-1].startswith("WARNING: films.dvc: offline; the run goes on")
    monkeypatch.setattr("flows.refresh._update", failing([PermissionError("no")]))
    assert refresh(imported.root, lines.append, waits_s=(600.0,)).status == "failed"


def test_an_error_of_a_remote_is_known_by_its_package() -> None:
    from botocore.exceptions import EndpointConnectionError, NoCredentialsError

    assert is_network_error(EndpointConnectionError(endpoint_url="http://127.0.0.1:9"))
    assert not is_network_error(NoCredentialsError())
    caused = RuntimeError("pull failed")
    caused.__cause__ = TimeoutError()
    assert is_network_error(caused)
