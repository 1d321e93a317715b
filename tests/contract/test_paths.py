"""tasks/core/paths.py, with the modules that it re-exports, alone builds paths."""

import ast

import pytest

from tests.contract.imports import CODE, ROOT

FOLDERS = ("data/", "reports/")
NAMES = (
    *("paths", "cohort_paths", "explain_paths", "gate_paths", "monitor_paths"),
    *("release_paths", "screen_paths"),
)
PATHS = [ROOT / f"tasks/core/{name}.py" for name in NAMES]


def docstrings_of(tree: ast.Module) -> set[int]:
    """Identities of the constants that are docstrings."""
    bodies = [node.body for node in ast.walk(tree) if hasattr(node, "body")]
    first = [body[0] for body in bodies if isinstance(body, list) and body]
    return {id(node.value) for node in first if isinstance(node, ast.Expr)}


def built_paths(tree: ast.Module) -> list[str]:
    """Strings that are one word and begin with a folder of artifacts.

    A docstring, or a sentence that names a path, is no such string. Neither is the name of a folder
    alone: archives have a folder `data/` too.
    """
    docstrings = docstrings_of(tree)
    starts = {id(node.values[0]) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
        and node.value.startswith(FOLDERS)
        and " " not in node.value
        and (node.value not in FOLDERS or id(node) in starts)
    ]


def test_no_other_module_builds_a_path() -> None:
    built = {
        path.relative_to(ROOT).as_posix(): built_paths(ast.parse(path.read_text(encoding="utf-8")))
        for path in CODE
        if path not in PATHS
    }
    assert {name: found for name, found in built.items() if found} == {}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('"""data/x"""', []),
        ('a = Path("data/x")', ["data/x"]),
        ('a = f"reports/{model}.json"', ["reports/"]),
        ('a = "data/x is missing"', []),
        ('a = entry.startswith("data/")', []),
    ],
)
def test_built_paths_are_told_from_text(code: str, found: list[str]) -> None:
    assert built_paths(ast.parse(code)) == found
