"""Films behind a URL are listed and read as those of a folder are, and trouble is told quickly."""

import gc
import io
import os
import random
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from s3fs.core import S3File

from tasks.core.errors import SourceError
from tasks.core.source import file_size, remote
from tasks.core.source.remote import RemoteSource
from tasks.core.source.source import open_source
from tests.films import ROOT, jpeg, stage_environment, write_tree, write_zip
from tests.s3_server import BUCKET, S3, s3_server

FILES = {
    "chest/train/NORMAL/b.jpeg": b"one",
    "chest/train/NORMAL/a.jpeg": b"",
    "chest/Viral Pneumonia/é #1 (2)%20*?.png": b"three",
    "chest/.DS_Store": b"\0",
    "Zebra.txt": b"four",
    "index.csv": b"path,label\n",
}


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with s3_server() as server:
        yield server


@pytest.fixture
def memory() -> Iterator[fsspec.AbstractFileSystem]:
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


def read_all(location: str) -> dict[str, bytes]:
    with open_source(location) as source:
        return {path: source.read(path) for path in source.paths()}


def refusal(location: str) -> SourceError:
    start_s = time.monotonic()
    with pytest.raises(SourceError) as caught, open_source(location) as source:
        source.paths()
    assert time.monotonic() - start_s < 2 * remote.OPEN_LIMIT_S
    assert caught.value.where.startswith(location[:3])
    assert caught.value.next_step
    return caught.value


def zip_bytes(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@pytest.mark.parametrize("end", ["", "/"])
def test_a_bucket_a_prefix_and_a_zip_give_what_the_folder_gives(
    tmp_path: Path, s3: S3, end: str
) -> None:
    folder = read_all(str(write_tree(tmp_path / "films", FILES)))
    prefix = s3.put("same", FILES)
    s3.put("zips", {"films.zip": zip_bytes(FILES)})
    for location in (prefix + end, f"s3://{BUCKET}/zips/films.zip", f"file://{tmp_path}/films"):
        assert list(read_all(location).items()) == list(folder.items()) == sorted(FILES.items())
    with open_source(f"s3://{BUCKET}{end}") as source:
        assert {path for path in source.paths() if path.startswith("same/")} == {
            f"same/{path}" for path in FILES
        }
        assert source.read("same/Zebra.txt") == b"four"


def test_memory_holds_films_as_well(memory: fsspec.AbstractFileSystem) -> None:
    for name, data in FILES.items():
        memory.pipe(f"/films/{name}", data)
    memory.pipe("/films.zip", zip_bytes(FILES))
    assert read_all("memory://films") == read_all("memory:///films.zip") == FILES


def test_only_the_prefix_itself_is_read_not_its_namesakes(s3: S3) -> None:
    s3.put("name", {"a.jpeg": b"1"})
    s3.put("names", {"b.jpeg": b"2"})
    assert read_all(f"s3://{BUCKET}/name") == {"a.jpeg": b"1"}


def test_empty_objects_that_stand_for_folders_are_no_files(s3: S3) -> None:
    location = s3.put("marked", {"": b"", "NORMAL/": b"", "NORMAL/a.jpeg": b"1"})
    assert read_all(location) == {"NORMAL/a.jpeg": b"1"}


@pytest.mark.parametrize("index", ["index.csv", "LABELS.PARQUET"])
def test_an_index_file_opens_its_folder_and_is_named(tmp_path: Path, s3: S3, index: str) -> None:
    files = {index: b"path,label\n", "NORMAL/a.jpeg": b"1"}
    folder = write_tree(tmp_path / "films", files)
    prefix = s3.put(f"indexed-{index}", files)
    for location in (f"{folder}/{index}", f"file://{folder}/{index}", f"{prefix}/{index}"):
        with open_source(location) as source:
            assert source.index == index
            assert source.paths() == sorted(files)
            assert source.read("NORMAL/a.jpeg") == b"1"
    for location in (str(folder), prefix):
        with open_source(location) as source:
            assert source.index is None


def test_an_index_at_the_top_of_a_bucket_opens_the_bucket(s3: S3) -> None:
    s3.put("", {"top.csv": b"path,label\n", "top/a.jpeg": b"1"})
    with open_source(f"s3://{BUCKET}/top.csv") as source:
        assert source.index == "top.csv"
        assert source.read("top/a.jpeg") == b"1"


def test_a_zip_on_s3_is_read_in_place(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(0)
    films = {f"NORMAL/{number:02d}.jpeg": chance.randbytes(2**20) for number in range(40)}
    location = s3.put("big", {"films.zip": zip_bytes(films, zipfile.ZIP_STORED)})
    parts: list[int] = []
    read = S3File._fetch_range

    def count(self: S3File, start: int, end: int) -> bytes:
        parts.append(end - start)
        return bytes(read(self, start, end))

    monkeypatch.setattr(S3File, "_fetch_range", count)
    with open_source(f"{location}/films.zip") as source:
        assert source.read("NORMAL/20.jpeg") == films["NORMAL/20.jpeg"]
        assert len(source.paths()) == 40
    assert 0 < sum(parts) < 12 * 2**20  # of 40 MiB


def test_films_larger_than_one_part_arrive_whole(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PART_BYTES", 10)
    sizes = {f"{n_bytes}.jpeg": bytes(range(n_bytes)) for n_bytes in (0, 9, 10, 11, 20, 35)}
    assert read_all(s3.put("parts", sizes)) == sizes


def test_an_object_too_large_for_a_film_is_not_fetched(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PART_BYTES", 10)
    monkeypatch.setattr(file_size, "MAX_FILE_BYTES", 100)
    asked: list[int] = []
    part = RemoteSource._part

    def count(self: RemoteSource, name: str, where: str, start: int, end: int) -> bytes:
        asked.append(end)
        return part(self, name, where, start, end)

    monkeypatch.setattr(RemoteSource, "_part", count)
    location = s3.put("large", {"whole.jpeg": bytes(100), "large.jpeg": bytes(101)})
    with open_source(location) as source:
        assert source.read("whole.jpeg") == bytes(100)
        asked.clear()
        with pytest.raises(OSError, match=r"large\.jpeg is larger"):
            source.read("large.jpeg")
    assert asked == [10]


def test_an_object_gone_after_the_listing_is_an_oserror(s3: S3) -> None:
    location = s3.put("gone", {"a.jpeg": b"1", "b.jpeg": b"2"})
    with open_source(location) as source:
        source.paths()
        s3.client.delete_object(Bucket=BUCKET, Key="gone/a.jpeg")
        with pytest.raises(FileNotFoundError):
            source.read("a.jpeg")
        assert source.read("b.jpeg") == b"2"
        with pytest.raises(OSError, match="leads out"):
            source.read("../same/Zebra.txt")


@pytest.mark.parametrize("form", ["prefix", "zip"])
def test_a_network_that_fails_stops_the_run_and_makes_no_film_unreadable(
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
        ("nonsense://films", "Protocol not known: nonsense", "a protocol of fsspec"),
        ("zip://films::s3://films/a.zip", "a chain of protocols", "a protocol of fsspec"),
        ("://films", "no protocol", "a protocol of fsspec"),
        ("memory://nothing", "no such bucket, folder or file", "letter by letter"),
    ],
)
def test_what_cannot_be_opened_is_told_in_one_message(
    s3: S3, location: str, found: str, next_step: str
) -> None:
    assert s3
    error = refusal(location)
    assert found in error.found
    assert next_step in error.next_step


def test_a_file_that_is_no_zip_is_refused_on_s3_too(s3: S3) -> None:
    s3.put("odd", {"films.zip": b"<html>Please log in</html>", "half.zip": zip_bytes(FILES)[:99]})
    assert "no zip" in refusal(f"s3://{BUCKET}/odd/films.zip").found
    assert "cut off" in refusal(f"s3://{BUCKET}/odd/half.zip").found


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adlfs", None)
    error = refusal("abfs://films/train")
    assert "adlfs" in error.found
    assert "install" in error.next_step


def test_a_password_in_a_url_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "paramiko", None)
    assert "secret" not in str(refusal("sftp://me:secret@host/films"))


def test_no_credentials_and_no_server_are_told_quickly(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("public", {"a.jpeg": b"1"})
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    error = refusal(f"s3://{BUCKET}/public")
    assert "credentials" in error.found
    assert "AWS_ACCESS_KEY_ID" in error.next_step


def test_a_public_bucket_needs_no_account(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    location = s3.put("open", {"a.jpeg": b"1"})
    s3.client.put_bucket_acl(Bucket=BUCKET, ACL="public-read")
    s3.client.put_object_acl(Bucket=BUCKET, Key="open/a.jpeg", ACL="public-read")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    program = (
        "import sys; from tasks.core.source.source import open_source\n"
        "with open_source(sys.argv[1]) as source: print(source.read('a.jpeg'))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program, location],
        cwd=ROOT,
        env={**stage_environment(), "FSSPEC_S3_ANON": "true"},  # fsspec reads it when imported
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown == "b'1'\n"


def test_a_profile_that_does_not_exist_is_named(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    location = s3.put("public", {"a.jpeg": b"1"})
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    assert "nobody" in refusal(location).found


def test_an_endpoint_where_nobody_listens_is_told_quickly(
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


def test_a_server_that_never_answers_is_given_up(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    assert s3
    monkeypatch.setattr(remote, "OPEN_LIMIT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert refusal(f"s3://{BUCKET}/public").found == "no answer in time"


def test_a_closed_source_leaves_no_connection(
    s3: S3, recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    location = s3.put("tidy", {"a.jpeg": b"1"})
    assert read_all(location) == {"a.jpeg": b"1"}
    gc.collect()  # aiohttp speaks up for sessions that were left open
    assert not caplog.records
    assert not recwarn.list


FORK = """
import multiprocessing, sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from tasks.core.errors import SourceError
from tasks.core.source.source import open_source

location, when = sys.argv[1:]
stay_open = ExitStack()

def set_up():
    global source
    source = stay_open.enter_context(open_source(location))

def read(path):
    return source.read(path)

def read_inherited(path):
    try:
        return parent.read(path)
    except SourceError as error:
        return error.found.encode()

def work():
    with ProcessPoolExecutor(
        2, mp_context=multiprocessing.get_context("fork"), initializer=set_up
    ) as pool:
        print(b"".join(pool.map(read, paths)).decode())
        if when == "during":
            print(pool.submit(read_inherited, paths[0]).result().decode())

with open_source(location) as parent:
    paths = parent.paths()
    parent.read(paths[0])
    if when == "during":
        work()
if when == "after":
    work()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are spawned there")
@pytest.mark.parametrize("form", ["prefix", "zip"])
@pytest.mark.parametrize("when", ["during", "after"])
def test_forked_workers_read_though_the_parent_has_read_before(
    s3: S3, when: str, form: str
) -> None:
    files = {f"{number}.txt": str(number).encode() for number in range(10)}
    location = s3.put(f"fork-{when}-{form}", files)
    if form == "zip":
        s3.put(f"fork-{when}", {"films.zip": zip_bytes(files)})
        location = f"s3://{BUCKET}/fork-{when}/films.zip"
    answer = subprocess.run(
        [sys.executable, "-c", FORK, location, when],
        cwd=ROOT,
        env=stage_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.stderr == ""
    lines = answer.stdout.splitlines()
    assert lines[0] == "0123456789"
    if when == "during" and form == "prefix":
        assert "fork-safe" in lines[1]


def test_fsspec_is_imported_for_urls_only(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "films", {"a.jpeg": jpeg(1)})
    archive = write_zip(tmp_path / "films.zip", {"a.jpeg": jpeg(1)})
    program = (
        "import sys; from tasks.core.source.source import open_source\n"
        "for location in sys.argv[1:]:\n"
        "    with open_source(location) as source: source.read('a.jpeg')\n"
        "print(sorted({'fsspec', 's3fs', 'asyncio'} & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program, str(folder), f"file://{folder}", str(archive)],
        env=stage_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown == "[]\n"
