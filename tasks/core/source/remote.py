"""Films at a URL that fsspec knows (`s3://bucket/films`): a folder or a zip.

Credentials and endpoint come from environment variables. The documentation of each file system
lists them; for S3 they are AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and others.
"""

import asyncio
import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

import fsspec
from fsspec.asyn import sync

from tasks.core.errors import LunglineError, SourceError
from tasks.core.source.archive import ZipSource, open_zip
from tasks.core.source.file_size import check_size
from tasks.core.source.index_file import refuse_index_file
from tasks.core.source.location import shown_location
from tasks.core.source.zip_members import leads_out

OPEN_LIMIT_S = 20.0  # time to find the location; s3fs without a limit tries for minutes
READ_LIMIT_S = 300.0  # time to read one part; enough for 0.2 MiB per second
SETTLE_S = 0.05  # time for fsspec's thread to close its connections
PART_BYTES = 64 * 2**20  # a file up to this size costs one request
ZIP_BLOCK_BYTES = 4 * 2**20  # read ahead in a zip: several films in one request
CHANGE_MARKS = ("size", "ETag", "etag", "LastModified", "mtime")  # names of fsspec
FOLDER = "directory"  # fsspec's name for the type of a folder

FileSystem = Any  # fsspec has no types


class RemoteSource:
    """Files below a URL."""

    def __init__(self, files: FileSystem, root: str, location: str) -> None:
        self._files = files
        self._root = root
        self._location = location

    def paths(self) -> list[str]:
        """See `Source.paths`. Empty objects that mark a folder are left out.

        Raises:
            SourceError: The listing failed, or a name leads out of the location.
        """
        with _reaching(self._location):
            found = self._files.find(self._root)
            self._files.invalidate_cache()  # the cached listing is large and not needed again
        names = (str(name).removeprefix(self._root).removeprefix("/") for name in found)
        paths = sorted(name for name in names if name and not name.endswith("/"))
        for path in paths:
            if leads_out(path):
                raise SourceError(
                    "no path of the source may lead out of it",
                    found=f"an object named {path!r}",
                    where=shown_location(self._location),
                    next_step="rename that object",
                )
        return paths

    def read(self, path: str) -> bytes:
        """See `Source.read`.

        Raises:
            OSError: There is no such file, or it is larger than MAX_FILE_BYTES.
            SourceError: The file system gave another error. The cause may be the network or
                expired credentials, so the file must not be rejected as unreadable.
        """
        name = f"{self._root}/{path}"
        where = f"{self._location.rstrip('/')}/{path}"
        if leads_out(path):
            raise PermissionError(f"{path} leads out of the source")
        parts = [self._part(name, where, 0, PART_BYTES)]
        check_size(path, len(parts[0]))  # a server that ignores the range sends all
        if len(parts[0]) == PART_BYTES:
            with _reaching(where):
                n_bytes = _call(self._files, "info", name, limit_s=READ_LIMIT_S)["size"]
            check_size(path, n_bytes)
            for start in range(PART_BYTES, n_bytes, PART_BYTES):
                parts.append(self._part(name, where, start, start + PART_BYTES))
        return b"".join(parts)

    def _part(self, name: str, where: str, start: int, end: int) -> bytes:
        limits = {"start": start, "end": end, "limit_s": READ_LIMIT_S}
        with _reaching(where):
            try:
                return bytes(_call(self._files, "cat_file", name, **limits))
            except (FileNotFoundError, IsADirectoryError):
                raise _GoneError(name) from None
            except OSError as error:
                if error.errno == errno.EINVAL and self._is_empty(name):
                    return b""  # S3 answers 416 when a range of an empty object is read
                raise

    def _is_empty(self, name: str) -> bool:
        return bool(_call(self._files, "info", name, limit_s=READ_LIMIT_S)["size"] == 0)


class _GoneError(FileNotFoundError):
    """One file is missing, while the file system answers."""


class _RemoteFile(io.RawIOBase):
    """A remote file for zipfile. A network error is a SourceError here, not a damaged zip."""

    def __init__(self, file: IO[bytes], location: str) -> None:
        self._file = file
        self._location = location

    def seekable(self) -> bool:
        return self._file.seekable()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        with _reaching(self._location):
            return self._file.read(size)


def list_remote(location: str) -> Iterator[str]:
    """Yield a line for each object at a URL; it changes with the object. Raises SourceError."""
    with _reaching(location):
        files, root = _file_system(location)
        try:
            found = _call(files, "find", root, limit_s=READ_LIMIT_S, detail=True)
        finally:
            _end_session(files)
    for name, info in found.items():
        yield f"{name} {[info.get(mark) for mark in CHANGE_MARKS]}"


@contextmanager
def open_remote(location: str) -> Iterator[RemoteSource | ZipSource]:
    """Open a URL. A zip is read in place: its directory, then the members asked for.

    Args:
        location: URL of a folder or a zip.

    Raises:
        SourceError: The protocol is unknown, or its package is missing; the location does not
            exist, cannot be reached within OPEN_LIMIT_S, or not with these credentials; it is an
            index file, or a zip that `open_zip` refuses.
    """
    with _reaching(location):
        files, root = _file_system(location)
    try:
        with _reaching(location):
            info = _call(files, "info", root, limit_s=OPEN_LIMIT_S)
        if info["type"] == FOLDER:
            yield RemoteSource(files, root, location)
        else:
            refuse_index_file(shown_location(location))
            with _open_remote_zip(files, root, location) as archive:
                yield archive
    finally:
        with _reaching(location):
            _end_session(files)


@contextmanager
def _open_remote_zip(files: FileSystem, name: str, location: str) -> Iterator[ZipSource]:
    with _reaching(location):
        file = files.open(name, "rb", block_size=ZIP_BLOCK_BYTES, cache_type="readahead")
    with file:
        if getattr(file, "size", None) is None:  # fsspec then gives a stream
            raise SourceError(
                "a zip at a URL must be readable in parts",
                found="a server that states no size, packs its answers or refuses range requests",
                where=shown_location(location),
                next_step="download the zip, and write the path of the local file",
            )
        guarded = cast(IO[bytes], _RemoteFile(file, location))
        with open_zip(guarded, shown_location(location)) as archive:
            yield archive


def _file_system(location: str) -> tuple[FileSystem, str]:
    """A file system of our own for a URL, not shared in this process, and the path in it."""
    options: dict[str, object] = {"skip_instance_cache": True}
    if location.startswith(("http://", "https://")):
        from tasks.core.source.http_response import open_session

        options["get_client"] = open_session
    files, root = fsspec.core.url_to_fs(location, **options)
    return files, str(root).rstrip("/")


def _call(files: FileSystem, name: str, *args: object, limit_s: float, **options: object) -> Any:
    """Call a method of a file system; if it is asynchronous, with a limit of time."""
    if files.async_impl:
        return sync(files.loop, getattr(files, f"_{name}"), *args, timeout=limit_s, **options)
    return getattr(files, name)(*args, **options)


def _end_session(files: FileSystem) -> None:
    """Close the connections, so that no forked worker inherits one.

    fsspec's thread stays, idle. Do not end it: an ending thread takes a lock of OpenSSL after
    Python has joined it, and a worker that is forked at that moment waits for the lock forever.
    """
    if not (files.async_impl and hasattr(files, "set_session")):
        return

    async def close() -> None:
        session = await files.set_session()
        await session.close()
        await asyncio.sleep(SETTLE_S)

    sync(files.loop, close, timeout=OPEN_LIMIT_S)


@contextmanager
def _reaching(location: str) -> Iterator[None]:
    """Turn the exceptions of a file system into one SourceError."""
    try:
        yield
    except (LunglineError, _GoneError):
        raise
    except Exception as error:  # each file system has its own exceptions
        raise SourceError(
            "ingest.source must exist and be reachable",
            found=_found(error),
            where=shown_location(location),
            next_step=_next_step(error),
        ) from error


def _found(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    words = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        cause = error.__cause__  # fsspec calls every answer of a web server but 200 so
        if isinstance(cause, OSError):  # no answer at all: refused, no such host, no way there
            return shown_location(f"the server did not answer ({cause})")
        words = f"no such bucket, folder or file{f' ({cause})' if cause else ''}"
    return shown_location(words)


def _next_step(error: Exception) -> str:
    if isinstance(error.__cause__, OSError):
        return "check that the server runs, and the name, port and network that lead to it"
    if isinstance(error, FileNotFoundError):
        return "compare the URL, letter by letter, with the names that the storage lists"
    if isinstance(error, ImportError):
        return "install that package into .venv (`.venv/bin/pip install ...`)"
    if "range requests" in str(error):
        return "download the zip, and write the path of the local file"
    return (
        "set credentials and endpoint in the environment; for S3 AWS_ACCESS_KEY_ID, "
        "AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT_URL, or FSSPEC_S3_ANON=true for a public bucket"
    )
