from pathlib import Path

import pytest
import yaml

from tasks.core.dvc_hash import dvc_md5
from tests.dvc_repository import DvcRepository


def test_hash_of_files_and_folders_is_that_of_dvc(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    # Orders differ by character and by part of the path; one name is not ASCII
    for name in ("f/a.txt", "f/a/b.txt", "f/a-b.txt", "f/\u00e9.txt", "f/a/.gitignore", "lone.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{name}\r\n")
    (root / ".dvcignore").write_text(".gitignore\n")
    repository = DvcRepository(root, tmp_path, tmp_path / "site")
    repository.run("dvc", "init", "--no-scm", "--quiet", "--force")
    (root / ".dvcignore").write_text(".gitignore\n")
    repository.run("dvc", "add", "--quiet", "f", "lone.txt")
    for name in ("f", "lone.txt"):
        (out,) = yaml.safe_load((root / f"{name}.dvc").read_text())["outs"]
        assert dvc_md5(root / name) == out["md5"]


def test_a_missing_file_has_no_hash(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        dvc_md5(tmp_path / "none")
