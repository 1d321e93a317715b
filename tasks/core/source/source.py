"""Open the source of films: a folder, a zip or a URL. All are listed and read in one way."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn, Protocol

from tasks.core.errors import SourceError
from tasks.core.source.archive import open_zip
from tasks.core.source.file_size import MAX_FILE_BYTES, check_size
from tasks.core.source.index_file import refuse_index_file

# fsspec's names of the local file system; FolderSource reads it, because it also checks links
LOCAL_PROTOCOLS = ("file://", "local://")
# If a pipe replaces a file after the check, opening it must not wait for a writer (0: Windows)
NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)


class Source(Protocol):
    """A folder, zip or URL of films.

    A source belongs to the process that opened it. A worker process opens its own.
    """

    def paths(self) -> list[str]:
        """POSIX paths of all files, relative to the root, sorted."""
        ...

    def read(self, path: str) -> bytes:
        """Bytes of one file, named as in `paths`.

        Raises:
            OSError: This file cannot be read. The source itself is still in order.
        """
        ...


class FolderSource:
    """Files below a folder. Pipes, devices and links that lead out are listed but never opened."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def paths(self) -> list[str]:
        """See `Source.paths`.

        Raises:
            SourceError: A folder cannot be listed, or a name is not UTF-8.
        """
        files = []
        for folder, folders, names in os.walk(self._root, onerror=_cannot_list):
            links = [name for name in folders if Path(folder, name).is_symlink()]
            files += [Path(folder, name) for name in (*links, *names)]
        paths = sorted(path.relative_to(self._root).as_posix() for path in files)
        _check_names(paths)
        return paths

    def read(self, path: str) -> bytes:
        """See `Source.read`.

        Raises:
            OSError: The file is gone, cannot be read, is larger than MAX_FILE_BYTES, is not a
                regular file, or is a link that leads out of the source.
        """
        try:
            file = (self._root / path).resolve()
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


@contextmanager
def open_source(location: str) -> Iterator[Source]:
    """Open what `ingest.source` names.

    Args:
        location: A folder or a zip: a path, absolute or relative to the current folder, or a URL
            that fsspec knows (`s3://bucket/films`).

    Yields:
        The source, for listing and reading.

    Raises:
        SourceError: It does not exist, cannot be reached, is neither a folder nor a zip, is an
            index file, or is a zip that `tasks.core.source.archive.open_zip` refuses.

    Example:
        >>> from pathlib import Path
        >>> Path("films/NORMAL").mkdir(parents=True)
        >>> _ = Path("films/NORMAL/a.jpeg").write_bytes(b"film")
        >>> with open_source("films") as source:
        ...     print(source.paths(), source.read("NORMAL/a.jpeg"))
        ['NORMAL/a.jpeg'] b'film'
    """
    if "://" in location and not location.startswith(LOCAL_PROTOCOLS):
        from tasks.core.source.remote import open_remote

        with open_remote(location) as remote:
            yield remote
        return
    path, mode = _path_and_mode(location)
    if stat.S_ISDIR(mode):
        yield FolderSource(path)
    else:
        refuse_index_file(location)
        with _open_file(path, location) as file, open_zip(file, location) as archive:
            yield archive


def _path_and_mode(location: str) -> tuple[Path, int]:
    """Path of a location, and its mode as `stat` gives it; a folder or a regular file only."""
    for protocol in LOCAL_PROTOCOLS:
        location = location.removeprefix(protocol)
    path = Path(location)
    try:
        path = path.expanduser()
        mode = path.stat().st_mode
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in the path; no such home folder
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        found = "no such file or folder" if missing else str(error)
        _does_not_exist(path, location, found, error)
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        _does_not_exist(path, location, "a pipe, socket or device", None)
    return path, mode


def _does_not_exist(path: Path, location: str, found: str, cause: Exception | None) -> NoReturn:
    raise SourceError(
        "ingest.source must exist",
        found=found,
        where=f"{location} (in {PurePosixPath(path.parent)})",
        next_step="set `ingest.source` in params.yaml to your folder or zip, or type "
        "`make phantom` for the synthetic set",
    ) from cause


@contextmanager
def _open_file(path: Path, location: str) -> Iterator[IO[bytes]]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise SourceError(
            "ingest.source must be readable",
            found=str(error.strerror),
            where=location,
            next_step="give yourself the right to read that file",
        ) from error
    with file:
        yield file


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | NEVER_WAIT)


def _check_regular(path: str, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise OSError(f"{path} is not a regular file")


def _cannot_list(error: OSError) -> NoReturn:
    raise SourceError(
        "every folder of the source must be readable; otherwise its films would be missing",
        found=str(error.strerror),
        where=str(error.filename),
        next_step="give yourself the right to read that folder, or move it out of the source",
    ) from error


def _check_names(paths: list[str]) -> None:
    for path in paths:
        try:
            path.encode()
        except UnicodeEncodeError as error:
            raise SourceError(
                "file names of the source must be UTF-8, because tables store them as UTF-8",
                found=f"{path!r}",
                where="ingest.source",
                next_step="rename that file (`convmv` renames whole folders)",
            ) from error
