"""Files and helpers for the tests of remote sources."""

import io
import time
import zipfile

import pytest

from tasks.core.errors import SourceError
from tasks.core.source import remote
from tasks.core.source.source import open_source

FILES = {
    "chest/train/NORMAL/b.jpeg": b"one",
    "chest/train/NORMAL/a.jpeg": b"",
    "chest/Viral Pneumonia/é #1 (2)%20*?.png": b"three",
    "chest/.DS_Store": b"\0",
    "Zebra.txt": b"four",
    "index.csv": b"path,label\n",
}


def read_all(location: str) -> dict[str, bytes]:
    """Content of each file of a source, by path."""
    with open_source(location) as source:
        return {path: source.read(path) for path in source.paths()}


def refusal(location: str) -> SourceError:
    """The error of a location that cannot be opened; it must come within the limit of time."""
    start_s = time.monotonic()
    with pytest.raises(SourceError) as caught, open_source(location) as source:
        source.paths()
    assert time.monotonic() - start_s < 2 * remote.OPEN_LIMIT_S
    assert caught.value.where.startswith(location[:3])
    assert caught.value.next_step
    return caught.value


def zip_bytes(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files, in memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()
