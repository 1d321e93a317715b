"""The source of films: a folder or a zip, listed and read in one way, never written to."""

import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NoReturn, Protocol

from tasks.errors import SourceError

# What zipfile and its decompressors raise on damaged bytes (UnicodeDecodeError is a ValueError)
DAMAGED = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError,
    struct.error, zlib.error, lzma.LZMAError,
)  # fmt: skip


class Source(Protocol):
    """What a stage may ask of a folder or zip of films."""

    def paths(self) -> list[str]:
        """POSIX paths of all files, relative to the root, sorted."""
        ...

    def read(self, path: str) -> bytes:
        """Bytes of one file, named as in `paths`."""
        ...


class FolderSource:
    """Files below a folder. Links that lead out of it are listed but cannot be read."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def paths(self) -> list[str]:
        """See `Source.paths`.

        Raises:
            SourceError: A folder cannot be listed, or a name is not UTF-8.
        """
        files = []
        for folder, folders, names in os.walk(self._root, onerror=_cannot_list):
            found = (Path(folder, name) for name in (*folders, *names))
            files += [path for path in found if path.is_symlink() or path.is_file()]
        paths = sorted(path.relative_to(self._root).as_posix() for path in files)
        _check_names(paths)
        return paths

    def read(self, path: str) -> bytes:
        """See `Source.read`.

        Raises:
            OSError: The file cannot be read, or is a link that leads out of the source.
        """
        try:
            file = (self._root / path).resolve()
        except RuntimeError as error:  # until Python 3.12
            raise OSError(f"{path} is a link that leads back to itself") from error
        if not file.is_relative_to(self._root):
            raise PermissionError(f"{path} is a link that leads out of the source")
        return file.read_bytes()


class ZipSource:
    """Members of a zip file, read in place. Links are listed but cannot be read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {
            member.filename: member for member in archive.infolist() if not member.is_dir()
        }

    def paths(self) -> list[str]:
        """See `Source.paths`."""
        return sorted(self._members)

    def read(self, path: str) -> bytes:
        """See `Source.read`.

        Raises:
            OSError: There is no such member, it is a link, or it is damaged.
        """
        if path not in self._members:
            raise FileNotFoundError(f"{path} is not in the zip")
        member = self._members[path]
        if stat.S_ISLNK(member.external_attr >> 16):
            raise PermissionError(f"{path} is a link")
        try:
            return self._archive.read(member)
        except DAMAGED as error:
            raise OSError(f"{path} cannot be unpacked: {error}") from error


@contextmanager
def open_source(location: str) -> Iterator[Source]:
    """Open the folder or zip that `ingest.source` names.

    Args:
        location: Path, absolute or relative to the current folder.

    Yields:
        The source, for listing and reading.

    Raises:
        SourceError: It does not exist, is neither folder nor zip, is a zip that was cut off, or
            a zip with a member whose path would leave the archive.
    """
    path = Path(location).expanduser()
    if path.is_dir():
        yield FolderSource(path)
        return
    _check_exists(path, location)
    try:
        archive = zipfile.ZipFile(path)
    except (*DAMAGED, OSError) as error:
        raise SourceError(
            "ingest.source must be a folder or a whole zip file",
            found=f"a file that is no zip or was cut off ({error})",
            where=location,
            next_step="download or copy it again; `python -m zipfile -t FILE` tests a zip",
        ) from error
    with archive:
        _check_members(archive, location)
        yield ZipSource(archive)


def _check_exists(path: Path, location: str) -> None:
    if path.exists():
        return
    raise SourceError(
        "ingest.source must exist",
        found="no such file or folder",
        where=f"{location} (in {PurePosixPath(path.parent)})",
        next_step="set `ingest.source` in params.yaml to your folder or zip, or type "
        "`make phantom` for the synthetic set",
    )


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


def _check_members(archive: zipfile.ZipFile, location: str) -> None:
    for member in archive.infolist():
        path = PurePosixPath(member.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in member.filename:
            raise SourceError(
                "no member of a zip may lead out of it",
                found=f"member {member.filename!r}",
                where=location,
                next_step="do not use this zip: ask whoever made it for a clean one",
            )
