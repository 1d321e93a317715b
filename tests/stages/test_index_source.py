"""Films that an index file lists, in a real DVC repository: a replaced film reruns `ingest`."""

import os
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.films import ROOT, jpeg, output_of, run_stage, stage_environment, workspace, write_tree

FILES = {
    "index.csv": b"path,label\na.jpeg,well\nb.jpeg,ill\n",
    "a.jpeg": jpeg(1),
    "b.jpeg": jpeg(2),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A DVC repository with the stage `ingest` and the films in data/raw."""
    root = workspace(tmp_path / "run", ingest={"source": "data/raw"})
    write_tree(root / "data/raw", FILES)
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["ingest"]
    stage["deps"] = [path for path in stage["deps"] if not path.startswith("tasks/")]
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"ingest": stage}}))
    dvc(root, "init", "--no-scm", "-q")
    return root


def dvc(root: Path, *arguments: str) -> str:
    """Run DVC in a repository, without the settings of this machine."""
    home = root.parent / "home"
    environment = {
        **stage_environment(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "site"),
        "DVC_GLOBAL_CONFIG_DIR": str(home / "global"),
        "DVC_SYSTEM_CONFIG_DIR": str(home / "system"),
    }
    return output_of(["dvc", *arguments], root, environment)


def ids_by_path(root: Path) -> dict[str, str]:
    manifest = pd.read_parquet(root / "data/manifest.parquet")
    assert (manifest["layout"] == "index").all()
    return dict(zip(manifest["path"], manifest["image_id"], strict=True))


def test_a_replaced_film_is_noticed_and_ingest_runs_again(repository: Path) -> None:
    dvc(repository, "repro", "-q")
    before = ids_by_path(repository)
    assert list(before) == ["a.jpeg", "b.jpeg", "index.csv"]
    assert "up to date" in dvc(repository, "status")

    (repository / "data/raw/b.jpeg").write_bytes(jpeg(3))
    assert "data/raw" in dvc(repository, "status")
    assert "Running stage 'ingest'" in dvc(repository, "repro")
    after = ids_by_path(repository)
    assert [path for path in before if before[path] != after[path]] == ["b.jpeg"]


@pytest.mark.parametrize("module", ["ingest", "ingest.check"])
def test_the_index_itself_is_refused_as_a_source(tmp_path: Path, module: str) -> None:
    write_tree(tmp_path / "films", FILES)
    run = workspace(tmp_path / "run", ingest={"source": "../films/index.csv"})
    end = run_stage(module, run)
    lines = end.stderr.splitlines()
    assert end.returncode == 1
    assert lines[0].startswith(f"[{module}] ERROR: ingest.source must be the folder")
    assert lines[-1].startswith("  next:  write `ingest.source: ../films`")
    assert [path.name for path in run.rglob("*.*")] == ["params.yaml"]
