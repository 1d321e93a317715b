"""A cohort of the recipe study is prepared once, with one setting."""

from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.errors import ParamsError
from tests.studies.recipes import cohort


def make(folder: Path, source: Path, size_px: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the stages that `prepare` starts; a stage is replaced by its last output."""
    started = []
    files = dict(
        zip(cohort.STAGES, (paths.MANIFEST, paths.SAMPLES, paths.RESIZE_JSON), strict=True)
    )

    def run(command: list[str], cwd: Path, **_: object) -> None:
        stage = command[-1].removeprefix("tasks.")
        started.append(stage)
        (cwd / files[stage]).parent.mkdir(parents=True, exist_ok=True)
        (cwd / files[stage]).touch()

    monkeypatch.setattr(cohort.subprocess, "run", run)
    cohort.prepare(source, folder, size_px)
    return started


def test_finished_stages_are_skipped(tmp_path, monkeypatch):
    source, folder = tmp_path / "films", tmp_path / "work"
    assert make(folder, source, 64, monkeypatch) == ["ingest", "resample", "resize"]
    assert make(folder, source, 64, monkeypatch) == []
    (folder / paths.RESIZE_JSON).unlink()
    assert make(folder, source, 64, monkeypatch) == ["resize"]
    params = yaml.safe_load((folder / paths.PARAMS).read_text("utf-8"))
    assert params["ingest"]["source"] == str(source)
    assert (params["resample"]["labels"], params["resize"]["size_px"]) == ("binary", 64)


def test_another_size_in_the_same_folder_is_refused(tmp_path, monkeypatch):
    make(tmp_path / "work", tmp_path / "films", 64, monkeypatch)
    with pytest.raises(ParamsError, match="other values of resize"):
        make(tmp_path / "work", tmp_path / "films", 96, monkeypatch)
