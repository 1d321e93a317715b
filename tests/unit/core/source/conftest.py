"""An S3 server and fsspec's file system in memory, for the tests of remote sources."""

from collections.abc import Iterator

import fsspec
import pytest

from tests.s3_server import BUCKET, S3, s3_server


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    """A running S3 server with an empty bucket: moto keeps objects when a server stops."""
    with s3_server() as server:
        for item in server.client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
            server.client.delete_object(Bucket=BUCKET, Key=item["Key"])
        yield server


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    """The file system `memory://`, empty before and after the test."""
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]
