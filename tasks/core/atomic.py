"""Write files and folders so that a reader sees the old one or the new one, never half of it.

They are written under a temporary name and then renamed.
"""

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_MAX_SWAPS = 100  # each failed swap means that another process finished its own swap just then


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary sibling of `path`; rename it to `path` when the block ends without error.

    Two processes may write the same `path` at once: the last one to finish wins.

    Args:
        path: Final place of a file or a folder. Its parents are made. An older file or folder
            there is replaced.

    Yields:
        The path to write to. It does not exist yet.

    Raises:
        OSError: The block wrote nothing, or `path` cannot be replaced.

    Example:
        >>> from pathlib import Path
        >>> with atomic_path(Path("table.csv")) as temporary:
        ...     _ = temporary.write_text("path,label")
        >>> Path("table.csv").read_text()
        'path,label'
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    former = path.with_name(f".{path.name}.{os.getpid()}.former.part")
    try:
        yield temporary
        _swap(temporary, path, former)
    finally:
        _remove(temporary)
        _remove(former)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text with Unix line ends, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    r"""Write JSON in one fixed form (two spaces, key order as given, no NaN), atomically.

    Raises:
        ValueError: A number is NaN or infinite. JSON cannot express it.

    Example:
        >>> from pathlib import Path
        >>> write_json(Path("metrics.json"), {"auroc": 0.9})
        >>> Path("metrics.json").read_text()
        '{\n  "auroc": 0.9\n}\n'
    """
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def _swap(temporary: Path, path: Path, former: Path) -> None:
    """Rename `temporary` to `path`; a folder that is there first moves to `former`."""
    is_folder = temporary.is_dir()
    for swaps_left in reversed(range(_MAX_SWAPS)):
        # A rename replaces a file, but not a folder with files in it
        if is_folder and os.path.lexists(path):
            _remove(former)
            with suppress(FileNotFoundError):  # another process moved it first
                path.rename(former)
        try:
            temporary.replace(path)
        except OSError as error:
            # Another process put its folder there just now: move that one away too
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST) or not swaps_left:
                raise
        else:
            return


def _remove_leftovers(path: Path) -> None:
    """Remove what killed runs left beside `path`; the files of a run still alive stay."""
    pattern = re.compile(rf"\.{re.escape(path.name)}\.([0-9]{{1,9}})(\.[a-z]+)?\.part")
    for entry in path.parent.iterdir():
        match = pattern.fullmatch(entry.name)
        if match and not _is_running(int(match[1])):
            with suppress(FileNotFoundError):  # another process removes it too
                _remove(entry)


def _is_running(pid: int) -> bool:
    """Whether another process has this number; a left-over of our own number is an older one's."""
    if pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)  # signal 0 is not delivered: it asks whether the process exists
    except ProcessLookupError:
        return False
    except PermissionError:  # it belongs to another user
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
