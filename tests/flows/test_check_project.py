"""A run that cannot end well is refused before its first stage."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flows.check_project import check_project, require_writable
from flows.dag import FlowError

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534  # user id


@pytest.fixture
def root(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "tasks/train/zoo", tmp_path / "tasks/train/zoo")
    shutil.copy(ROOT / "params.yaml", tmp_path)
    return tmp_path


def change(root: Path, section: str, key: str, value: object) -> None:
    params = yaml.safe_load((root / "params.yaml").read_text("utf-8"))
    params[section][key] = value
    (root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")


def test_a_project_in_order_is_accepted(root: Path) -> None:
    check_project(root, ["ingest", "train@minivggnet"])


@pytest.mark.parametrize(
    ("section", "key", "value", "found"),
    [
        ("per_model", "minivggnet", {"weigths": "imagenet"}, "minivggnet.weigths"),
        ("per_model", "minivggnet", {"weights": "imagenet"}, "per_model.minivggnet.weights"),
        ("train", "epochs", 0, "train.epochs"),
        ("ingest", "source", "data/raw/none", "no such file or folder"),
    ],
)
def test_a_fault_is_named(root: Path, section: str, key: str, value: object, found: str) -> None:
    change(root, section, key, value)
    with pytest.raises(FlowError) as refused:
        check_project(root, ["ingest"])
    assert found in refused.value.found
    check_project(root, ["draw"])  # a project of another kind


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
def test_a_folder_of_somebody_else_is_refused(root: Path) -> None:
    """As another user, because root may write everywhere."""
    require_writable(root)
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from flows.check_project import require_writable; from flows.dag import FlowError\n"
        "from pathlib import Path\n"
        f"os.setuid({NOBODY})\n"
        "try: require_writable(Path('/usr'))\n"
        "except FlowError as error: print(error)"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)], capture_output=True, text=True, check=True
    ).stdout
    assert "where: /usr" in said
    assert "git clone" in said
