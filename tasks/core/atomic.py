"""Files appear whole or not at all: written under a temporary name, then renamed."""

import glob
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `path`; rename it to `path` when the block ends well.

    Args:
        path: Final place of a file or a folder. Its parents are made; what stood there before
            is replaced.

    Yields:
        The path to write to. It does not exist yet.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for left_over in path.parent.glob(f".{glob.escape(path.name)}.[0-9]*.part"):
        _remove(left_over)  # a run was killed
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    former = path.with_name(f".{path.name}.{os.getpid()}.former.part")
    try:
        yield temporary
        if temporary.is_dir() and path.exists():
            path.rename(former)  # a rename replaces a file but not a folder that is not empty
        temporary.replace(path)
    finally:
        _remove(temporary)
        _remove(former)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write JSON in one fixed form (two spaces, key order as given, no NaN), atomically.

    Raises:
        ValueError: A number is NaN or infinite: JSON has no word for it.
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file written by `write_json`."""
    return json.loads(path.read_text(encoding="utf-8"))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
