"""A URL that cannot be opened or read gives one clear error within a limit of time."""

import random
import socket
import sys

import pytest

from tasks.core.errors import SourceError
from tasks.core.source import remote
from tasks.core.source.source import open_source
from tests.s3_server import BUCKET, S3
from tests.unit.core.source.remote_files import FILES, refusal, zip_bytes


@pytest.mark.parametrize("form", ["prefix", "zip"])
def test_a_network_error_stops_the_run_and_rejects_no_film(
    s3: S3, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    films = {f"{number}.jpeg": random.Random(number).randbytes(2**21) for number in range(6)}
    location = s3.put("away", films if form == "prefix" else {"films.zip": zip_bytes(films)})
    with open_source(location if form == "prefix" else f"{location}/films.zip") as source:
        assert "0.jpeg" in source.paths()
        monkeypatch.setattr("s3fs.core.S3FileSystem._call_s3", _no_network)
        with pytest.raises(SourceError, match="out of reach"):
            source.read("0.jpeg")
        monkeypatch.undo()
        assert source.read("0.jpeg") == films["0.jpeg"]


async def _no_network(*_: object, **__: object) -> None:
    raise ConnectionResetError("out of reach")


def test_an_object_whose_name_leads_out_is_refused(s3: S3) -> None:
    location = s3.put("slip", {"a.jpeg": b"1", "../../etc/evil.jpeg": b"2"})
    assert "'../../etc/evil.jpeg'" in refusal(location).found


@pytest.mark.parametrize(
    ("location", "found", "next_step"),
    [
        ("s3://no-such-bucket/films", "no such bucket", "letter by letter"),
        (f"s3://{BUCKET}/nothing/here", "no such bucket, folder or file", "letter by letter"),
        (f"s3://{BUCKET}/nothing.zip", "no such bucket, folder or file", "letter by letter"),
        (f"s3://{BUCKET}/nothing/index.csv", "no such bucket, folder or file", "letter by"),
        ("s3://", "Cannot", "endpoint"),
        ("s3://Bad_Bucket!/x", "Invalid bucket name", "endpoint"),
        ("nonsense://films", "nonsense://, which not both know", "s3://"),
        ("zip://films::s3://films/a.zip", "a chain of protocols", "name the zip itself"),
        ("://films", "no protocol", "s3://"),
    ],
)
def test_a_url_that_cannot_be_opened_gives_one_error(
    s3: S3, location: str, found: str, next_step: str
) -> None:
    assert s3
    error = refusal(location)
    assert found in error.found
    assert next_step in error.next_step


@pytest.mark.parametrize("path", ["films", "films.zip"])
def test_a_server_that_refuses_the_connection_is_no_missing_file(path: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = refusal(f"http://127.0.0.1:{port}/{path}")
    assert "the server did not answer" in error.found
    assert "server runs" in error.next_step


def test_an_object_that_is_not_a_zip_is_refused(s3: S3) -> None:
    s3.put("odd", {"films.zip": b"<html>Please log in</html>", "half.zip": zip_bytes(FILES)[:99]})
    assert "not a zip" in refusal(f"s3://{BUCKET}/odd/films.zip").found
    assert "cut off" in refusal(f"s3://{BUCKET}/odd/half.zip").found


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    error = refusal("gs://films/train")
    assert "gcsfs" in error.found
    assert "install" in error.next_step


def test_a_password_in_a_url_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paramiko", None)
    assert "secret" not in str(refusal("sftp://me:secret@host/films"))


def test_missing_credentials_give_one_error(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    s3.put("public", {"a.jpeg": b"1"})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    error = refusal(f"s3://{BUCKET}/public")
    assert "credentials" in error.found
    assert "AWS_ACCESS_KEY_ID" in error.next_step


def test_a_profile_that_does_not_exist_is_named(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    location = s3.put("public", {"a.jpeg": b"1"})
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "nobody" in refusal(location).found


@pytest.mark.slow
def test_an_endpoint_without_a_server_gives_one_error(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert s3
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    error = refusal(f"s3://{BUCKET}/public")
    assert f"127.0.0.1:{port}" in error.found
    assert "AWS_ENDPOINT_URL" in error.next_step


def test_a_server_that_never_answers_gives_an_error_after_the_limit(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert s3
    monkeypatch.setattr(remote, "OPEN_LIMIT_S", 2.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert refusal(f"s3://{BUCKET}/public").found == "no answer in time"


@pytest.mark.parametrize("name", ["index.csv", "index.parquet", "LABELS.CSV"])
def test_an_index_file_is_refused_and_its_folder_is_named(s3: S3, name: str) -> None:
    location = s3.put(f"indexed-{name}", {name: b"path,label\n", "NORMAL/a.jpeg": b"1"})
    error = refusal(f"{location}/{name}")
    assert f"`ingest.source: {location}`" in error.next_step
    assert ("rename it to index.csv" in error.next_step) == (name == "LABELS.CSV")


def test_an_index_file_at_the_top_of_a_bucket_is_refused(s3: S3) -> None:
    s3.put("", {"index.csv": b"path,label\n"})
    assert f"`ingest.source: s3://{BUCKET}`" in refusal(f"s3://{BUCKET}/index.csv").next_step
