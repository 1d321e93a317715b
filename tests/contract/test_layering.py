"""Imports go one way: flows -> rooms (through DVC) -> core; heavy imports stay where allowed."""

import subprocess
import sys
import time
from graphlib import TopologicalSorter

import pytest

from tests.contract.import_table import PACKAGE, with_import_table
from tests.contract.imports import CODE, ROOT, imports_of, modules_of, rooms, top_level_imports

# Packages that are slow to import or belong to one layer, and the places that may import them
ALLOWED = {
    "tensorflow": {"tasks/train", "tasks/evaluate", "tasks/explain", "tasks/core/classifier.py"},
    "keras": {"tasks/train", "tasks/evaluate", "tasks/explain", "tasks/core/classifier.py"},
    "dvclive": {"tasks/train"},
    "great_expectations": {"tasks/validate"},
    "prefect": {"flows"},
    "dvc": {"flows"},
    "flows": {"flows"},
}
HEAVY = ("tensorflow", "keras", "great_expectations", "prefect", "dvc", "pandas", "matplotlib")


def folders_reached(package: str) -> set[str]:
    """Return the names of the folders of tasks/ that a package imports from."""
    files = set().union(*(imports_of(module) for module in modules_of(package)))
    parts_of_files = (file.relative_to(ROOT).parts for file in files)
    return {parts[1] for parts in parts_of_files if parts[0] == "tasks" and len(parts) > 2}


@pytest.mark.parametrize("package", ALLOWED)
def test_a_heavy_package_is_imported_only_where_allowed(package: str) -> None:
    importers = {
        module.relative_to(ROOT).as_posix()
        for module in CODE
        if package in top_level_imports(module)
    }
    assert [name for name in importers if not name.startswith(tuple(ALLOWED[package]))] == []


def test_tasks_holds_the_rooms_and_core_and_no_module() -> None:
    folders = {path.parent.name for path in (ROOT / "tasks").glob("*/__init__.py")}
    assert folders == {*rooms(), "core"}
    assert [path.name for path in (ROOT / "tasks").glob("*.py")] == ["__init__.py"]


def test_the_docstring_of_tasks_names_the_rooms_in_the_order_of_the_dag() -> None:
    lines = PACKAGE.read_text(encoding="utf-8").splitlines()[1:]
    named = [line.split()[0] for line in lines if line[:1].islower()]
    assert named[: len(rooms())] == rooms()


def test_the_docstring_of_tasks_holds_the_table_of_imports() -> None:
    text = PACKAGE.read_text(encoding="utf-8")
    assert with_import_table(text) == text, "run `make graph`"


@pytest.mark.parametrize("room", rooms())
def test_a_room_imports_only_itself_and_core(room: str) -> None:
    assert folders_reached(f"tasks/{room}") <= {room, "core"}


def test_core_imports_no_room() -> None:
    assert folders_reached("tasks/core") == {"core"}


def test_flows_import_no_room() -> None:
    assert folders_reached("flows") <= {"core"}


def test_no_imports_form_a_circle() -> None:
    TopologicalSorter({module: imports_of(module) for module in CODE}).prepare()


@pytest.mark.parametrize("stage", rooms())
def test_help_takes_less_than_two_seconds_and_imports_no_heavy_package(stage: str) -> None:
    start_s = time.monotonic()
    program = (
        f"import runpy, sys; sys.argv = ['{stage}', '--help']\n"
        f"try: runpy.run_module('tasks.{stage}', run_name='__main__')\n"
        f"except SystemExit: print('HEAVY', sorted(set({HEAVY}) & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert "HEAVY []" in shown
    assert f"python -m tasks.{stage}" in shown
    assert time.monotonic() - start_s < 2
