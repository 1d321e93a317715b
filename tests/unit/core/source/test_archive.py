"""A zip is read without trust in its names, its records and its directory."""

import bz2
import io
import random
import stat
import zipfile
from pathlib import Path

import pytest

from tasks.core.source.archive import open_zip
from tasks.core.source.zip_members import leads_out
from tests.unit.core.source.zips import (
    METHODS,
    bzip2_zip,
    put_field,
    read_member,
    zip_of,
    zip_refusal,
)

KIB = 2**10


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_bytes", [0, 1, 5000, 300_000])
def test_each_compression_method_gives_the_bytes_back(method: int, n_bytes: int) -> None:
    content = random.Random(n_bytes).randbytes(n_bytes // 2) + bytes(n_bytes - n_bytes // 2)
    data = zip_of({"a/b.jpeg": content, "c.txt": b"x"}, method)
    assert read_member(data, "a/b.jpeg") == content
    assert read_member(data, "c.txt") == b"x"


@pytest.mark.parametrize(
    "name",
    [
        "../a", "a/../../b", "a/..", "/a", "//a/b", "a\\..\\b", "\\\\host\\a", "C:a", "c:/a", "",
        ".", "a.jpeg\0.exe",
    ],
)  # fmt: skip
def test_a_name_that_could_lead_out_is_recognised(name: str) -> None:
    assert leads_out(name)


@pytest.mark.parametrize(
    "name", ["a", "a/b.jpeg", "a..b/c...", "é/ü.png", "12:30.png", "./a", "dir/"]
)
def test_a_name_of_a_film_does_not_lead_out(name: str) -> None:
    assert not leads_out(name)


@pytest.mark.parametrize("name", ["C:evil.jpeg", "d:\\evil.jpeg", "/evil.jpeg", "../evil.jpeg"])
def test_a_zip_with_a_name_that_leads_out_is_refused(name: str) -> None:
    assert repr(name) in zip_refusal(zip_of({"good.jpeg": b"1", name: b"2"})).found


def test_a_name_with_a_nul_character_is_refused() -> None:
    data = zip_of({"a.jpeg_.exe": b"1"})
    error = zip_refusal(data.replace(b"a.jpeg_.exe", b"a.jpeg\0.exe"))
    assert "'a.jpeg\\x00.exe'" in error.found


def test_an_empty_name_is_refused() -> None:
    data = zip_of({"a": b"1"})
    start = data.index(b"PK\x01\x02")
    shorter = bytearray(data[: start + 46] + data[start + 47 :])
    put_field(shorter, b"PK\x01\x02", 28, "<H", 0)
    assert "member ''" in zip_refusal(put_field(shorter, b"PK\5\6", 12, "<L", 46)).found


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["a/b.jpeg", "./a/b.jpeg", "a//b.jpeg"])
def test_two_members_with_the_same_name_are_refused(second: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("a/b.jpeg", b"1")
        made.writestr(second, b"2")
    assert zip_refusal(buffer.getvalue()).found == "'a/b.jpeg' twice"


def test_paths_have_one_form() -> None:
    with open_zip(io.BytesIO(zip_of({"./b//c.png": b"1", "a/": b""})), "films.zip") as source:
        assert source.paths() == ["b/c.png"]
        assert source.read("b/c.png") == b"1"


@pytest.mark.parametrize(
    ("mode", "word"),
    [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "not a regular"), (stat.S_IFCHR, "not a regular")],
)
def test_only_regular_members_are_read(mode: int, word: str) -> None:
    data = put_field(
        zip_of({"a.jpeg": b"/etc/passwd"}), b"PK\x01\x02", 38, "<L", (mode | 0o644) << 16
    )
    with pytest.raises(OSError, match=word):
        read_member(data, "a.jpeg")


@pytest.mark.parametrize(("offset", "value"), [(8, 1), (10, 99)])
def test_a_zip_with_an_encrypted_film_is_refused(offset: int, value: int) -> None:
    data = put_field(zip_of({"b.jpeg": b"1", "a.jpeg": b"1"}), b"PK\x01\x02", offset, "<H", value)
    error = zip_refusal(data)
    assert error.found == "1 of 2 files, for instance a.jpeg, need a password"
    assert "7z x films.zip" in error.next_step


@pytest.mark.parametrize(
    ("method", "name"),
    [(9, "Deflate64 (9)"), (93, "Zstandard (93)"), (98, "PPMd (98)"), (77, "unknown method (77)")],
)
def test_a_zip_with_a_film_of_an_unsupported_method_is_refused(method: int, name: str) -> None:
    data = put_field(zip_of({"a": b"1"}), b"PK\x01\x02", 10, "<H", method)
    error = zip_refusal(data)
    assert f"1 of 1 files, for instance a, are packed by {name}" in error.found.replace("an ", "")
    assert "again by Deflate" in error.next_step


@pytest.mark.parametrize(("offset", "value"), [(8, 1), (10, 9)])
@pytest.mark.parametrize("note", ["README.txt", "docs/licence.pdf", "__MACOSX/._a.jpeg"])
def test_a_note_with_a_password_does_not_refuse_the_films(
    note: str, offset: int, value: int
) -> None:
    data = put_field(zip_of({"a.jpeg": b"1", note: b"2"}), b"PK\x01\x02", offset, "<H", value)
    assert read_member(data, "a.jpeg") == b"1"
    with pytest.raises(OSError, match=r"is encrypted|Deflate64"):
        read_member(data, note)


def test_the_forged_zip_of_these_tests_can_be_read() -> None:
    assert read_member(bzip2_zip(bz2.compress(bytes(9)), 9, 2), "00001.bmp") == bytes(9)


def test_one_part_of_a_split_zip_is_refused() -> None:
    for offset in (4, 6):
        error = zip_refusal(put_field(zip_of({"a.jpeg": b"1"}), b"PK\5\6", offset, "<H", 1))
        assert "one part of a split archive" in error.found
        assert "join them" in error.next_step


def test_a_directory_that_lacks_members_is_refused() -> None:
    data = put_field(zip_of({"a.jpeg": b"1"}), b"PK\5\6", 10, "<H", 2)
    assert "2 members announced, 1 listed" in zip_refusal(data).found


def test_a_zip_with_a_comment_and_bytes_before_it_is_read() -> None:
    buffer = io.BytesIO(b"#!/bin/sh\n")
    buffer.seek(0, io.SEEK_END)
    with zipfile.ZipFile(buffer, "a") as made:
        made.writestr("a.jpeg", b"1")
        made.comment = b"from the archive of the clinic" * 50
    assert read_member(buffer.getvalue(), "a.jpeg") == b"1"


def test_zip64_is_read() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w") as made,
        made.open("a.jpeg", "w", force_zip64=True) as member,
    ):
        member.write(b"one")
    assert read_member(buffer.getvalue(), "a.jpeg") == b"one"


def test_more_than_65535_members_are_read_without_zip64() -> None:
    data = bzip2_zip(bz2.compress(b""), 0, 2**16 + 3)
    with open_zip(io.BytesIO(data), "films.zip") as source:
        assert len(source.paths()) == 2**16 + 3


def test_a_zip_inside_the_zip_is_not_opened(tmp_path: Path) -> None:
    inner = bytes(zip_of({"a.jpeg": bytes(KIB)}))
    assert read_member(zip_of({"inner.zip": inner, "b.jpeg": b"1"}), "inner.zip") == inner
    assert list(tmp_path.iterdir()) == []
