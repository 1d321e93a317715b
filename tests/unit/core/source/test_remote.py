"""Films at a URL are listed and read as films of a folder are."""

import gc
import os
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import fsspec
import pytest
from s3fs.core import S3File

from tasks.core.source import file_size, remote
from tasks.core.source.remote import RemoteSource, open_remote
from tasks.core.source.source import open_source
from tests.films import ROOT, jpeg, stage_environment, write_tree, write_zip
from tests.s3_server import BUCKET, S3
from tests.unit.core.source.remote_files import FILES, read_all, zip_bytes


@pytest.mark.parametrize("end", ["", "/"])
def test_a_bucket_a_prefix_and_a_zip_give_the_files_of_the_folder(
    tmp_path: Path, s3: S3, end: str
) -> None:
    folder = read_all(str(write_tree(tmp_path / "films", FILES)))
    prefix = s3.put("same", FILES)
    s3.put("zips", {"films.zip": zip_bytes(FILES)})
    for location in (prefix + end, f"s3://{BUCKET}/zips/films.zip"):
        assert list(read_all(location).items()) == list(folder.items()) == sorted(FILES.items())
    with open_source(f"s3://{BUCKET}{end}") as source:
        assert {path for path in source.paths() if path.startswith("same/")} == {
            f"same/{path}" for path in FILES
        }
        assert source.read("same/Zebra.txt") == b"four"


def test_another_file_system_of_fsspec_is_read(memory: fsspec.AbstractFileSystem) -> None:
    for name, data in FILES.items():
        memory.pipe(f"/films/{name}", data)
    memory.pipe("/films.zip", zip_bytes(FILES))
    for location in ("memory://films", "memory:///films.zip"):
        with open_remote(location) as source:
            assert {path: source.read(path) for path in source.paths()} == FILES


def test_a_longer_prefix_with_the_same_start_is_not_read(s3: S3) -> None:
    s3.put("name", {"a.jpeg": b"1"})
    s3.put("names", {"b.jpeg": b"2"})
    assert read_all(f"s3://{BUCKET}/name") == {"a.jpeg": b"1"}


def test_an_empty_object_that_marks_a_folder_is_not_a_file(s3: S3) -> None:
    location = s3.put("marked", {"": b"", "NORMAL/": b"", "NORMAL/a.jpeg": b"1"})
    assert read_all(location) == {"NORMAL/a.jpeg": b"1"}


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


def test_a_file_larger_than_one_part_is_read_whole(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PART_BYTES", 10)
    sizes = {f"{n_bytes}.jpeg": bytes(range(n_bytes)) for n_bytes in (0, 9, 10, 11, 20, 35)}
    assert read_all(s3.put("parts", sizes)) == sizes


def test_an_object_that_is_too_large_is_not_downloaded(
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


def test_an_object_deleted_after_the_listing_is_an_oserror(s3: S3) -> None:
    location = s3.put("gone", {"a.jpeg": b"1", "b.jpeg": b"2"})
    with open_source(location) as source:
        source.paths()
        s3.client.delete_object(Bucket=BUCKET, Key="gone/a.jpeg")
        with pytest.raises(FileNotFoundError):
            source.read("a.jpeg")
        assert source.read("b.jpeg") == b"2"
        with pytest.raises(OSError, match="leads out"):
            source.read("../same/Zebra.txt")


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


def test_a_closed_source_leaves_no_connection(
    s3: S3, recwarn: pytest.WarningsRecorder, caplog: pytest.LogCaptureFixture
) -> None:
    location = s3.put("tidy", {"a.jpeg": b"1"})
    assert read_all(location) == {"a.jpeg": b"1"}
    gc.collect()  # aiohttp warns of open sessions when they are collected
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


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")
@pytest.mark.parametrize("form", ["prefix", "zip"])
@pytest.mark.parametrize("when", ["during", "after"])
def test_forked_workers_read_after_their_parent_has_read(s3: S3, when: str, form: str) -> None:
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
        [sys.executable, "-c", program, str(folder), str(archive)],
        env=stage_environment(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown == "[]\n"
