"""An S3 server and fsspec's file system in memory, for the tests of remote sources."""

from collections.abc import Iterator

import fsspec
import pytest

from tests.s3_server import S3, s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    """A running S3 server."""
    with s3_server() as server:
        yield server


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """The file system `memory://`, empty before and after the test."""
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]
