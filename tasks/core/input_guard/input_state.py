"""The state of files and parameters at one moment, and what differs between two states."""

import fnmatch
import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.core import paths

# Largest file whose content is looked at. A film set has thousands of files: of those in a folder,
# size, time and inode must do, as for DVC itself.
MAX_HASHED_BYTES = 2**20
_NEVER = {".git", ".dvc", ".hg", ".dvcignore"}  # Source: DVC 3.67, dvc/ignore.py
_ABSENT = "absent"

InputState = Mapping[str, Any]


def state_of_files(places: Sequence[str]) -> dict[str, Any]:
    """State of each file that is a place or lies below one.

    Args:
        places: Paths of files and folders. Code and single files of at most MAX_HASHED_BYTES are
            compared by content too; a file that is written again counts as changed, because nobody
            knows what it held meanwhile.

    Returns:
        (size in bytes, time of change in ns, inode, SHA-256 or None) by path.
    """
    ignored = _ignored_names()
    found: dict[str, Any] = {}
    for place in map(Path, places):
        if place.is_dir():
            is_code = place.is_relative_to(paths.STAGE_CODE)
            for file in _files_below(str(place), ignored):
                found[file.path] = _state(file, is_hashed=is_code)
        else:
            found[str(place)] = _state(place, is_hashed=True)
    return found


def _state(file: Path | os.DirEntry[str], *, is_hashed: bool) -> Any:
    try:
        stat = file.stat()
        content = None
        if is_hashed and stat.st_size <= MAX_HASHED_BYTES:
            content = hashlib.sha256(Path(file).read_bytes()).hexdigest()
    except FileNotFoundError:
        return _ABSENT
    return stat.st_size, stat.st_mtime_ns, stat.st_ino, content


def _files_below(folder: str, ignored: re.Pattern[str]) -> Iterator[os.DirEntry[str]]:
    """Files and links to folders, without what DVC ignores."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if ignored.match(entry.name):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(entry.path, ignored)
            else:
                yield entry


def _ignored_names() -> re.Pattern[str]:
    """Pattern of the names in .dvcignore; files of a pattern with a slash count as inputs."""
    try:
        lines = Path(".dvcignore").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        lines = []
    stripped = (line.strip() for line in lines)
    names = {line.rstrip("/") for line in stripped if line and line[0] not in "#!"}
    patterns = sorted(_NEVER | {name for name in names if "/" not in name})
    return re.compile("|".join(map(fnmatch.translate, patterns)))


def state_of_params(values: Any, keys: Sequence[str]) -> dict[str, str]:
    """Value of each dotted key as JSON text.

    Args:
        values: Content of params.yaml.
        keys: Dotted keys.
    """
    return {key: _text(values, key) for key in keys}


def _text(values: Any, key: str) -> str:
    for part in key.split("."):
        if not isinstance(values, Mapping) or part not in values:
            return _ABSENT
        values = values[part]
    return json.dumps(values, sort_keys=True, ensure_ascii=False, default=str)


def changed_places(before: InputState, after: InputState) -> dict[str, str]:
    """What differs: each path or key, with how it differs.

    Example:
        >>> changed_places({"a": 1, "b": 2}, {"a": 3, "c": 4})
        {'a': 'changed', 'b': 'removed', 'c': 'added'}
    """
    names = dict.fromkeys((*before, *after))
    both = {name: (before.get(name, _ABSENT), after.get(name, _ABSENT)) for name in names}
    return {name: _how(old, new) for name, (old, new) in both.items() if old != new}


def _how(old: Any, new: Any) -> str:
    if _ABSENT in (old, new):
        return "added" if old == _ABSENT else "removed"
    return "changed"
