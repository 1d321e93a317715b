"""Put new entries of dvc.lock in the order in which `dvc repro` would have written them.

DVC appends the entry of a stage when the stage ends, and stages that run side by side end in any
order. The file must not depend on that: two clones must have the same dvc.lock, byte for byte.
"""

import os
import re
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from flows.dag import open_project
from flows.run_story.lock_file import LOCK_FILE
from tasks.core import paths

ENTRY = re.compile(r"^  (?P<name>[^\s].*?):\n(?:    .*\n)*", re.MULTILINE)


def sort_new_entries(root: Path, before: Collection[str]) -> None:
    """Sort the entries of dvc.lock that are not in `before`; the others keep their places.

    Args:
        root: Folder that holds `.dvc`.
        before: Names of the stages that dvc.lock recorded before the run.
    """
    path = root / LOCK_FILE
    if not path.exists() or len(_new(path.read_text(encoding="utf-8"), before)) < 2:
        return
    with open_project(root) as repo, repo.lock:
        text = path.read_text(encoding="utf-8")
        entries = _new(text, before)
        places = {name: place for place, name in enumerate(serial_order(repo))}
        ordered = sorted(entries, key=lambda entry: places.get(_name(entry), len(places)))
        if ordered == entries:
            return
        replacements = iter(ordered)
        _replace(path, ENTRY.sub(lambda m: _next(m, before, replacements), text))


def serial_order(repo: Any) -> list[str]:
    """Names of the stages in the order in which `dvc repro` runs them."""
    from dvc.repo.reproduce import get_active_graph, plan_repro

    stages = repo.stage.collect(str(Path(repo.root_dir, paths.PIPELINE)))
    graph = get_active_graph(repo.index.graph)
    return [str(getattr(s, "name", s.relpath)) for s in plan_repro(graph, stages)]


def _new(text: str, before: Collection[str]) -> list[re.Match[str]]:
    return [entry for entry in ENTRY.finditer(text) if _name(entry) not in before]


def _name(entry: re.Match[str]) -> str:
    return entry["name"].strip("'\"")


def _next(
    entry: re.Match[str], before: Collection[str], replacements: Iterator[re.Match[str]]
) -> str:
    """Text that takes the place of an entry."""
    return entry[0] if _name(entry) in before else next(replacements)[0]


def _replace(path: Path, text: str) -> None:
    """Write a file at once: a kill leaves the old or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".dvc.lock.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).chmod(path.stat().st_mode)
    Path(name).replace(path)
