"""What the code imports, read from its source without running it."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rooms() -> set[str]:
    """Packages of tasks/: one per stage."""
    return {init.parent.name for init in (ROOT / "tasks").glob("*/__init__.py")}


def modules_of(package: str) -> list[Path]:
    """Python files of `tasks/<package>` or `flows`, sorted."""
    return sorted((ROOT / package).rglob("*.py"))


def imported_names(module: Path) -> set[str]:
    """Dotted names a file imports, function-level imports included.

    `from tasks import paths` counts as `tasks.paths`. Imports for type checking only are left out.
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


def parts_of_tasks(module: Path) -> set[str]:
    """Shared modules and rooms of tasks/ that a file imports, by their bare name."""
    return {name.split(".")[1] for name in imported_names(module) if name.startswith("tasks.")}


def shared_modules_reached(room: str) -> set[str]:
    """Shared modules that a room imports, directly or through other shared modules."""
    reached: set[str] = set()
    waiting = set().union(*(parts_of_tasks(module) for module in modules_of(f"tasks/{room}")))
    while waiting:
        name = waiting.pop()
        if name in reached or name in rooms():
            continue
        reached.add(name)
        waiting |= parts_of_tasks(ROOT / "tasks" / f"{name}.py")
    return reached
