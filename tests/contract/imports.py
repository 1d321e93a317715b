"""What the code imports, read from its source without running it."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]


def room_of(stage: str) -> str:
    """Folder of tasks/ that a stage of dvc.yaml belongs to: `train` of `train-augmentation`."""
    return stage.partition("-")[0]


def rooms() -> list[str]:
    """Folders of tasks/ that dvc.yaml runs, in its order."""
    return list(dict.fromkeys(room_of(stage) for stage in STAGES))


def modules_of(package: str) -> list[Path]:
    """Python files of a folder, such as `tasks/ingest` or `flows`, sorted."""
    return sorted((ROOT / package).rglob("*.py"))


def imported_names(module: Path) -> set[str]:
    """Dotted names a file imports, function-level imports included.

    `from tasks.core import paths` counts as `tasks.core.paths`. Imports for type checking only are
    left out.
    """
    names: set[str] = set()
    tree = ast.parse(module.read_text(encoding="utf-8"))
    typing_only = {
        id(node)
        for branch in ast.walk(tree)
        if isinstance(branch, ast.If) and ast.unparse(branch.test) == "TYPE_CHECKING"
        for child in branch.body
        for node in ast.walk(child)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def top_level_imports(module: Path) -> set[str]:
    """First words of the third-party and standard modules a file imports."""
    return {name.split(".")[0] for name in imported_names(module)}


@cache
def imports_of(module: Path) -> frozenset[Path]:
    """Files of tasks/ and flows/ that a file imports by name."""
    found = (file_of(name) for name in imported_names(module))
    return frozenset(file for file in found if file is not None and file != module)


def file_of(name: str) -> Path | None:
    """The file behind a dotted name, be it a module or something that a module holds."""
    if name.split(".", maxsplit=1)[0] not in ("tasks", "flows"):
        return None
    while name:
        path = ROOT.joinpath(*name.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
        name = name.rpartition(".")[0]
    return None


def reached_from(program: Path) -> set[Path]:
    """Files that a program imports, directly or through others, itself included.

    The `__init__.py` of a package counts where one of its modules is imported and it holds more
    than a docstring.
    """
    reached: set[Path] = set()
    waiting = {program}
    while waiting:
        file = waiting.pop()
        reached.add(file)
        packages = {parent / "__init__.py" for parent in file.parents if ROOT in parent.parents}
        waiting |= {one for one in {*imports_of(file), *packages} if one.is_file()} - reached
    return {file for file in reached if not holds_docstring_only(file)}


@cache
def holds_docstring_only(file: Path) -> bool:
    """Whether a file does nothing but describe its package."""
    return len(ast.parse(file.read_text(encoding="utf-8")).body) <= 1
