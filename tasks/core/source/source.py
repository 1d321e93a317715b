"""Open the source of films: a folder, a zip or a URL. All are listed and read in one way."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

from tasks.core.errors import SourceError
from tasks.core.source.archive import open_zip
from tasks.core.source.folder import FolderSource
from tasks.core.source.index_file import refuse_index_file
from tasks.core.source.location import check_location


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


@contextmanager
def open_source(location: str, *, any_name: bool = False) -> Iterator[Source]:
    """Open what `ingest.source` names.

    Args:
        location: A folder or a zip: a path, absolute or relative to the current folder, or a URL
            that DVC and fsspec know (`s3://bucket/films`). It is taken letter by letter.
        any_name: Whether a folder may hold names that are not UTF-8, see `FolderSource`.

    Yields:
        The source, for listing and reading.

    Raises:
        SourceError: `check_location` refuses it; it cannot be reached, is neither a folder nor a
            zip, is an index file, or is a zip that `open_zip` refuses.

    Example:
        >>> from pathlib import Path
        >>> Path("films/NORMAL").mkdir(parents=True)
        >>> _ = Path("films/NORMAL/a.jpeg").write_bytes(b"film")
        >>> with open_source("films") as source:
        ...     print(source.paths(), source.read("NORMAL/a.jpeg"))
        ['NORMAL/a.jpeg'] b'film'
    """
    check_location(location)
    if "://" in location:
        from tasks.core.source.remote import open_remote

        with open_remote(location) as remote:
            yield remote
        return
    path, mode = _path_and_mode(location)
    if stat.S_ISDIR(mode):
        yield FolderSource(path, any_name=any_name)
    else:
        refuse_index_file(location)
        with _open_file(path, location) as file, open_zip(file, location) as archive:
            yield archive


def _path_and_mode(location: str) -> tuple[Path, int]:
    """Path of a location, and its mode as `stat` gives it; a folder or a regular file only."""
    path = Path(location)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        target = f"a link to {path.readlink()}, " if path.is_symlink() else ""
        raise SourceError(
            "ingest.source must exist and be readable",
            found=f"{target}{error.strerror}",
            where=location,
            next_step="correct the link or the rights, or name another folder or zip",
        ) from error
    if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
        raise SourceError(
            "ingest.source must be a folder or a zip",
            found="a pipe, socket or device",
            where=location,
            next_step="set `ingest.source` in params.yaml to your folder or zip",
        )
    return path, mode


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
