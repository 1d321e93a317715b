"""What reruns after a change of code, asked of DVC in a real repository."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.contract.imports import ROOT, STAGES

MODEL = "minivggnet"
ZOO = "tasks/train/zoo"
STAGE = f"train@{MODEL}"


class Repository:
    """A DVC repository with this code, in which the training of one model is up to date."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root.parent / "home").mkdir()
        shutil.copytree(
            ROOT / "tasks", root / "tasks", ignore=shutil.ignore_patterns("__pycache__")
        )
        for name in ("dvc.yaml", "params.yaml", ".dvcignore"):
            shutil.copy(ROOT / name, root / name)
        for path in entries("deps"):
            if not path.startswith("tasks/"):
                self._write(path)
        for kind in ("outs", "metrics", "plots"):
            for path in entries(kind):
                self._write(path)
        self.dvc("init", "--no-scm")
        self.dvc("commit", "--force", STAGE)

    def _write(self, path: str) -> None:
        """Write a file, or a folder with a file, in place of an artifact."""
        file = self.root / path
        file = file if file.suffix else file / "content.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(path, encoding="utf-8")

    def dvc(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *arguments],
            cwd=self.root,
            env={
                **os.environ,
                "HOME": str(self.root.parent / "home"),
                "DVC_NO_ANALYTICS": "1",
                "DVC_SITE_CACHE_DIR": str(self.root.parent / "site"),
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def status(self) -> str:
        """Changes of the training of `MODEL`, as DVC reports them."""
        return self.dvc("status", STAGE)

    def append(self, path: str, text: str) -> None:
        with (self.root / path).open("a", encoding="utf-8") as file:
            file.write(text)


def entries(kind: str) -> list[str]:
    """Paths of one kind in the training stage of `MODEL`."""
    listed: list[Any] = STAGES["train"].get(kind, [])
    names = [entry if isinstance(entry, str) else next(iter(entry)) for entry in listed]
    return [name.replace("${item.model}", MODEL) for name in names]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    root = tmp_path_factory.mktemp("dvc") / "repository"
    root.mkdir()
    return Repository(root)


def change_another_network(repository: Repository) -> None:
    repository.append("tasks/train/zoo/ann.py", "\n# changed\n")


def add_a_network(repository: Repository) -> None:
    repository.append(f"{ZOO}/linear.py", '"""A new network."""\n')
    params = yaml.safe_load((repository.root / "params.yaml").read_text("utf-8"))
    params["models"].append("linear")
    params["per_model"]["linear"] = {}
    (repository.root / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")


def change_a_docstring_of_the_page(repository: Repository) -> None:
    path = repository.root / "tasks/page/__main__.py"
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""')
    path.write_text('"""Changed. ' + text.removeprefix('"""'), encoding="utf-8")


def change_a_template(repository: Repository) -> None:
    templates = sorted(
        path.relative_to(repository.root).as_posix()
        for path in (repository.root / "tasks").rglob("*.j2")
    )
    assert templates
    for template in templates:
        repository.append(template, "<!-- changed -->\n")


def change_the_contact_sheet(repository: Repository) -> None:
    repository.append("tasks/train/augmentation/contact_sheet.py", "\n# changed\n")


Change = Callable[[Repository], None]
CHANGES: list[Change] = [
    change_another_network,
    add_a_network,
    change_a_docstring_of_the_page,
    change_a_template,
    change_the_contact_sheet,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_elsewhere_retrains_nothing(repository: Repository, change: Change) -> None:
    change(repository)
    assert "up to date" in repository.status()


@pytest.mark.parametrize("path", [f"tasks/train/zoo/{MODEL}.py", "tasks/train/network/blocks.py"])
def test_a_change_of_the_network_or_of_shared_code_retrains(
    repository: Repository, path: str
) -> None:
    before = (repository.root / path).read_text(encoding="utf-8")
    repository.append(path, "\n# changed\n")
    status = repository.status()
    (repository.root / path).write_text(before, encoding="utf-8")
    assert STAGE in status
    assert "modified:" in status
    assert "up to date" in repository.status()
