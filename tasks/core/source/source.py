"""The source of films: a folder, a zip or a URL, listed and read in one way, never written to."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn, Protocol

from tasks.core.errors import SourceError
from tasks.core.source.archive import open_zip
from tasks.core.source.file_size import MAX_FILE_BYTES, check_size

INDEX_SUFFIXES = (".csv", ".parquet")
LOCAL_PROTOCOLS = ("file://", "local://")  # fsspec's names of it: links are watched here only
# A pipe put in the place of a file between the look and the opening must not hang; not on Windows
NEVER_WAIT = getattr(os, "O_NONBLOCK", 0)


class Source(Protocol):
    """What a stage may ask of a folder, zip or URL of films.

    A source belongs to the process that opened it: a worker process opens its own.
    """

    @property
    def index(self) -> str | None:
        """Path, as in `paths`, of the index file that `ingest.source` names; None otherwise."""
        ...

    def paths(self) -> list[str]:
        """POSIX paths of all files, relative to the root, sorted."""
        ...

    def read(self, path: str) -> bytes:
        """Bytes of one file, named as in `paths`."""
        ...


class FolderSource:
    """Files below a folder. Pipes, devices and links that lead out are listed but never opened."""

    def __init__(self, root: Path, index: str | None = None) -> None:
        self._root = root.resolve()
        self.index = index

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
            OSError: The file is gone, cannot be read, is larger than MAX_FILE_BYTES, is no
                regular file, or is a link that leads out of the source.
        """
        try:
            file = (self._root / path).resolve()
        except RuntimeError as error:  # until Python 3.12
            raise OSError(f"{path} is a link that leads back to itself") from error
        if not file.is_relative_to(self._root):
            raise PermissionError(f"{path} is a link that leads out of the source")
        _check_regular(path, file.stat())
        with open(file, "rb", opener=_open_at_once) as stream:
            state = os.fstat(stream.fileno())
            _check_regular(path, state)
            check_size(path, state.st_size)
            data = stream.read(MAX_FILE_BYTES + 1)
        check_size(path, len(data))  # it may have grown meanwhile
        return data


@contextmanager
def open_source(location: str) -> Iterator[Source]:
    """Open what `ingest.source` names.

    Args:
        location: A folder, a zip, or an index file (.csv, .parquet) that stands among its films:
            as a path, absolute or relative to the current folder, or as a URL that fsspec knows
            (`s3://bucket/films`).

    Yields:
        The source, for listing and reading. For an index file it is the index file's folder.

    Raises:
        SourceError: It does not exist, cannot be reached, is neither folder nor zip nor index
            file, or is a zip that `tasks.core.source.archive.open_zip` refuses.
    """
    if "://" in location and not location.startswith(LOCAL_PROTOCOLS):
        from tasks.core.source.remote import open_remote

        with open_remote(location, INDEX_SUFFIXES) as remote:
            yield remote
        return
    path, mode = _look(location)
    if stat.S_ISDIR(mode):
        yield FolderSource(path)
    elif path.suffix.lower() in INDEX_SUFFIXES:
        yield FolderSource(path.parent, index=path.name)
    else:
        with _open_file(path, location) as file, open_zip(file, location) as archive:
            yield archive


def _look(location: str) -> tuple[Path, int]:
    """The path of a location and its mode, if it is something that can be read."""
    for protocol in LOCAL_PROTOCOLS:
        location = location.removeprefix(protocol)
    path = Path(location)
    try:
        path = path.expanduser()
        mode = path.stat().st_mode
    except (OSError, ValueError, RuntimeError) as error:  # a NUL in it; no such home
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


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | NEVER_WAIT)


def _check_regular(path: str, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise OSError(f"{path} is no regular file")


def _cannot_list(error: OSError) -> NoReturn:
    raise SourceError(
        "every folder of the source must be readable, or films would be missed",
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
                "file names of the source must be UTF-8, or no table could name them",
                found=f"{path!r}",
                where="ingest.source",
                next_step="rename that file (`convmv` renames whole folders)",
            ) from error
