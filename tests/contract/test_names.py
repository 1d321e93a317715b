"""One name has one meaning, and code stays short."""

import ast
import re
import statistics
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.contract.imports import CODE, ROOT

SHARED_NAMES = {"main", "logger"}
# The same idea in several folders: a package, a program, the errors of a family
SHARED_FILES = {"__init__.py", "__main__.py", "errors.py"}
VAGUE_FILES = {"utils.py", "helpers.py", "manager.py", "common.py", "misc.py"}
MAX_STARRED = 3
MAX_LINES = 260
MEDIAN_LINES, P90_LINES = 9, 27
# Programs and fixtures too: all Python files below tests/
TESTS = sorted((ROOT / "tests").rglob("*.py"))
# A path of this repository that a docstring, comment or message names
NAMED_PATH = re.compile(r"(?<![\w/.])(?:tasks|flows|tests)/[\w/]+\.(?:py|j2|css|html)\b")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def defined_names(tree: ast.Module) -> Iterator[str]:
    """Public functions, classes, constants and type aliases of the top level."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [
                name.id for target in node.targets for name in ast.walk(target) if is_target(name)
            ]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            names = []
        yield from (name for name in names if not name.startswith("_"))


def is_target(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def test_a_public_name_is_defined_in_one_module() -> None:
    modules: dict[str, list[str]] = defaultdict(list)
    for path in CODE:
        for name in set(defined_names(tree_of(path))) - SHARED_NAMES:
            modules[name].append(name_of(path))
    assert {name: found for name, found in modules.items() if len(found) > 1} == {}


def test_a_file_name_is_used_once() -> None:
    files: dict[str, list[str]] = defaultdict(list)
    for path in CODE:
        if path.name not in SHARED_FILES:
            files[path.name].append(name_of(path))
    assert {name: found for name, found in files.items() if len(found) > 1} == {}


def test_no_file_name_is_vague() -> None:
    assert [name_of(path) for path in CODE if path.name in VAGUE_FILES] == []


def test_no_call_unpacks_more_than_three_fields_of_a_tuple() -> None:
    assert [f"{name_of(path)}:{n}" for path in CODE for n in starred_calls(tree_of(path))] == []


def starred_calls(tree: ast.Module) -> list[int]:
    """Line numbers of arguments such as `*(a, b, c, d)`."""
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    starred = (arg for call in calls for arg in call.args if isinstance(arg, ast.Starred))
    return [
        arg.lineno
        for arg in starred
        if isinstance(arg.value, ast.Tuple | ast.List) and len(arg.value.elts) > MAX_STARRED
    ]


def test_functions_stay_short() -> None:
    lengths = [
        node.end_lineno - node.lineno + 1
        for path in CODE
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]
    assert statistics.median(lengths) <= MEDIAN_LINES
    assert statistics.quantiles(lengths, n=10, method="inclusive")[-1] <= P90_LINES


def test_files_stay_short() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in [*CODE, *TESTS]}
    assert {name: n for name, n in lengths.items() if n > MAX_LINES} == {}


def test_files_named_in_text_exist() -> None:
    texts = [*CODE, *TESTS, *(ROOT / name for name in ("params.yaml", "dvc.yaml", "Makefile"))]
    missing = {
        name_of(path): named
        for path in texts
        for named in NAMED_PATH.findall(path.read_text(encoding="utf-8"))
        if not (ROOT / named).exists()
    }
    assert missing == {}
