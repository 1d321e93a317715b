"""`make clean` removes what the stages wrote, and nothing else."""

import subprocess
from pathlib import Path

import pytest
import yaml

from flows.clean import clean
from flows.dag import FlowError
from tests.flows.flow_runs import PROJECT_ROOT

KEPT = (
    "params.yaml",
    ".dvc/cache/files/md5/ab/cdef",
    ".venv/bin/python",
    "data/raw/chest_xray/train/NORMAL/a.jpeg",
    "data/raw/README.md",
    "data/phantom/kaggle/a.jpeg",
    "reports/results/defects.json",
)
TRACKED_OUTPUT = "reports/minivggnet/metrics.json"
WORKING_FILES = (
    "data/.images.0a1b.unfinished/shard-0/pixels.npy",
    "data/.manifest.parquet.4711.part",
    "data/checkpoints/minivggnet/seed_0.keras",
    "dvc_plots/index.html",
    "reports/earlier_model/explanations/a.png",  # of a model that params.yaml no longer names
    "reports/earlier_model.html",
    "reports/minivggnet/training/report.html",
)


def declared_outputs() -> list[str]:
    """Every output of the real dvc.yaml, for the model `minivggnet`."""
    stages = yaml.safe_load((PROJECT_ROOT / "dvc.yaml").read_text())["stages"]
    entries = [
        entry
        for stage in stages.values()
        for kind in ("outs", "metrics", "plots")
        for entry in stage.get(kind, [])
    ]
    paths = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
    return [path.replace("${item.model}", "minivggnet") for path in paths]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A git repository with dvc.yaml, in which every stage has written its outputs."""
    (tmp_path / "dvc.yaml").write_bytes((PROJECT_ROOT / "dvc.yaml").read_bytes())
    for name in (*KEPT, *WORKING_FILES):
        write(tmp_path / name)
    for output in declared_outputs():
        # half of the outputs are folders; a file in a folder stands for any output
        write(tmp_path / output if Path(output).suffix else tmp_path / output / "content.bin")
    tracked = ["dvc.yaml", "params.yaml", "data/raw/README.md", TRACKED_OUTPUT, KEPT[-1]]
    for command in (["init", "--quiet"], ["add", "--force", *tracked]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def write(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("content")


def test_every_output_and_working_file_is_removed(root: Path) -> None:
    clean(root)
    left = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    left = {path for path in left if not path.startswith(".git/")}
    assert left == {*KEPT, TRACKED_OUTPUT, "dvc.yaml"}


def test_empty_folders_are_removed(root: Path) -> None:
    clean(root)
    assert not (root / "reports/earlier_model").exists()
    assert not (root / "data/models").exists()


def test_removed_paths_are_returned_and_a_second_call_removes_nothing(root: Path) -> None:
    removed = clean(root)
    assert Path("data/manifest.parquet") in removed
    assert Path(TRACKED_OUTPUT) not in removed
    assert len(removed) == len(set(removed))
    assert clean(root) == []


def test_a_link_is_removed_and_its_target_stays(root: Path) -> None:
    target = root / "data/raw/shared"
    write(target / "images/pixels.npy")
    link = root / "data/checkpoints/linked"
    link.symlink_to(target)
    clean(root)
    assert not link.is_symlink()
    assert (target / "images/pixels.npy").exists()


def test_a_folder_without_dvc_yaml_or_git_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="git repository"):
        clean(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    with pytest.raises(FlowError, match=r"dvc\.yaml"):
        clean(tmp_path)
