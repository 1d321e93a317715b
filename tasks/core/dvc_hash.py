"""Hash of a file or folder as DVC writes it into dvc.lock."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

_IGNORED = {".gitignore", "__pycache__"}  # as in .dvcignore, as far as results can hold them


def dvc_md5(path: Path) -> str:
    """MD5 of a file; of a folder, MD5 of its list of files, with `.dir` behind it.

    Raises:
        FileNotFoundError: There is no file or folder at `path`.

    Source:
        dvc-data 3.19, hashfile/tree.py: `Tree.as_bytes` and `Tree.digest`.

    Example:
        >>> _ = Path("a.txt").write_text("hello")
        >>> dvc_md5(Path("a.txt"))
        '5d41402abc4b2a76b9719d911017c592'
    """
    if not path.is_dir():
        return _md5_of_file(path)
    listed = [
        {"md5": _md5_of_file(file), "relpath": file.relative_to(path).as_posix()}
        for file in _files_below(path)
    ]
    listed.sort(key=lambda entry: entry["relpath"])
    text = json.dumps(listed, sort_keys=True).encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest() + ".dir"


def _files_below(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _IGNORED]
        yield from (Path(place, name) for name in names if name not in _IGNORED)


def _md5_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
