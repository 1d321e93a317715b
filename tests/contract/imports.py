"""Read the imports of the code from its source, without running it."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
# A stage for each key of a mapping (`foreach`) has its definition under `do`
STAGES: dict[str, Any] = {
    name: stage.get("do", stage)
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].items()
}

# Rooms whose programs are no stages: the network in use, or the films, come from anywhere
PROGRAM_ROOMS = ("gate", "screen")


def room_of(stage: str) -> str:
    """Room of a stage of dvc.yaml: `train` for `train-augmentation`."""
    return stage.partition("-")[0]


def stage_rooms() -> list[str]:
    """Return the rooms that have a stage, in the order of dvc.yaml."""
    return list(dict.fromkeys(room_of(stage) for stage in STAGES))


def rooms() -> list[str]:
    """Return all rooms of tasks/: those with a stage, then those with programs only."""
    return [*stage_rooms(), *PROGRAM_ROOMS]


def modules_of(package: str) -> list[Path]:
    """Return the Python files of a folder, such as `tasks/ingest` or `flows`, sorted."""
    return sorted((ROOT / package).rglob("*.py"))


CODE = [*modules_of("tasks"), *modules_of("flows")]


def imported_names(module: Path) -> set[str]:
    """Return the dotted names that a file imports, also inside functions.

    `from tasks.core import paths` counts as `tasks.core.paths`. Imports for type checking do not
    count.
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
    """Return the top-level packages that a file imports."""
    return {name.split(".")[0] for name in imported_names(module)}


@cache
def imports_of(module: Path) -> frozenset[Path]:
    """Return the files of tasks/ and flows/ that a file imports."""
    found = (file_of(name) for name in imported_names(module))
    return frozenset(file for file in found if file is not None and file != module)


def file_of(name: str) -> Path | None:
    """Return the file of a module, or of the module that defines a name; None for other code."""
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
    """Return a program and the files that it imports, directly or indirectly.

    The `__init__.py` of a package counts if one of its modules is imported and if it holds more
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
    """Whether a file holds nothing but a docstring."""
    return len(ast.parse(file.read_text(encoding="utf-8")).body) <= 1
