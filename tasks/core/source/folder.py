"""A folder of films: every file below it is listed, and nothing outside it is read."""

import errno
import os
import stat
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from tasks.core.errors import SourceError
from tasks.core.source.file_kinds import refuse_archives_only
from tasks.core.source.file_name import name_on_disk, shown_name
from tasks.core.source.file_size import MAX_FILE_BYTES, check_size

MAX_DEPTH = 100  # folders in folders; public sets have up to 8
# If a pipe replaces a file after the check, opening it must not wait for a writer (0: Windows)
NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)


class FolderSource:
    """Files below a folder. Pipes, devices and links that lead out are listed but never opened.

    Args:
        root: The folder.
        any_name: Whether `paths` lists names that are not UTF-8, as `shown_name` writes them.
            DVC cannot track a folder that holds one, so a source of the pipeline refuses them.
            `read` finds them always.
    """

    def __init__(self, root: Path, *, any_name: bool = False) -> None:
        self._root = root.resolve()
        self._any_name = any_name

    def paths(self) -> list[str]:
        """See `Source.paths`. A link to a folder is listed as one file, so no circle is followed.

        Raises:
            SourceError: A folder cannot be listed or lies deeper than MAX_DEPTH, a name is not
                UTF-8 or stands for two files, or all files are archives.
        """
        paths = []
        waiting = [("", 0)]
        while waiting:
            folder, depth = waiting.pop()
            files, folders = self._list(folder)
            paths += files
            if folders and depth >= MAX_DEPTH:
                _too_deep(self._root / folders[0])
            waiting += [(f"{below}/", depth + 1) for below in folders]
        if not self._any_name:
            _require_utf8(paths, self._root)
        paths = sorted(map(shown_name, paths))
        _require_one_file_per_name(paths, self._root)
        refuse_archives_only(paths, str(self._root))
        return paths

    def read(self, path: str) -> bytes:
        """See `Source.read`.

        Raises:
            OSError: The file is gone, cannot be read, is larger than MAX_FILE_BYTES, is not a
                regular file, or is a link that leads out of the source.
        """
        try:
            file = self._find(path).resolve()
        except RuntimeError as error:  # before Python 3.13
            raise OSError(f"{path} is a link that leads back to itself") from error
        if not file.is_relative_to(self._root):
            raise PermissionError(f"{path} is a link that leads out of the source")
        _check_regular(path, file.stat())
        with open(file, "rb", opener=_open_without_waiting) as stream:
            state = os.fstat(stream.fileno())
            _check_regular(path, state)
            check_size(path, state.st_size)
            data = stream.read(MAX_FILE_BYTES + 1)
        check_size(path, len(data))  # the file may have grown since the check
        return data

    def _find(self, path: str) -> Path:
        """The file of a path from `paths`, whose name may not be UTF-8."""
        file = self._root / path
        return file if os.path.lexists(file) else self._root / name_on_disk(path)

    def _list(self, folder: str) -> tuple[list[str], list[str]]:
        """Paths of the files and the folders in one folder, '' or a path that ends in a slash."""
        files: list[str] = []
        folders: list[str] = []
        try:
            with os.scandir(self._root / folder) as entries:
                for entry in entries:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    (folders if is_folder else files).append(folder + entry.name)
        except OSError as error:
            _cannot_list(error)
        return files, folders


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | NEVER_WAIT)


def _check_regular(path: str, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise OSError(f"{path} is not a regular file")


def _cannot_list(error: OSError) -> NoReturn:
    step = "give yourself the right to read that folder, or move it out of the source"
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        step = "the source changed while it was read: run again when nothing writes to it"
    raise SourceError(
        "every folder of the source must be readable; otherwise its films would be missing",
        found=str(error.strerror),
        where=str(error.filename),
        next_step=step,
    ) from error


def _too_deep(folder: Path) -> NoReturn:
    raise SourceError(
        f"folders of the source must not lie more than {MAX_DEPTH} deep",
        found="a folder below that depth",
        where=f"{str(folder)[:200]}...",
        next_step="point ingest.source at the folder that holds the class folders, or move this "
        "one out of it; a program that calls itself often makes such folders",
    )


def _require_utf8(paths: list[str], root: Path) -> None:
    other = min((path for path in paths if shown_name(path) != path), default=None)
    if other is not None:
        raise SourceError(
            "file names of the source must be UTF-8, because DVC can track no others",
            found=shown_name(other),
            where=shown_name(str(root)),
            next_step="rename that file (`convmv` renames whole folders)",
        )


def _require_one_file_per_name(paths: list[str], root: Path) -> None:
    """A name may show the bytes of another one in words; the films of both would be one film."""
    twice = next((one for one, next_one in pairwise(paths) if one == next_one), None)
    if twice is not None:
        raise SourceError(
            "two files of the source must not have one name after bytes that are not UTF-8 are"
            " written as \\xff",
            found=twice,
            where=shown_name(str(root)),
            next_step="rename one of the two files",
        )
