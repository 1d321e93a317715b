"""A zip is trusted in nothing: not in its names, its sizes nor its directory."""

import bz2
import io
import random
import stat
import struct
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from tasks.core.errors import SourceError
from tasks.core.source import archive, file_size
from tasks.core.source.archive import MAX_RATIO, leads_out, open_zip
from tests.films import Files

KIB, MIB, GIB = 2**10, 2**20, 2**30
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def packed(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return bytearray(buffer.getvalue())


def read(data: bytes, name: str) -> bytes:
    with open_zip(io.BytesIO(data), "films.zip") as source:
        return source.read(name)


def refusal(data: bytes) -> SourceError:
    with pytest.raises(SourceError) as caught, open_zip(io.BytesIO(data), "films.zip"):
        pass
    assert caught.value.where == "films.zip"
    assert caught.value.next_step
    return caught.value


def put(data: bytearray, signature: bytes, offset: int, form: str, value: int) -> bytearray:
    """Overwrite a field in the last record with that signature."""
    struct.pack_into(form, data, data.rindex(signature) + offset, value)
    return data


def claim(data: bytearray, n_bytes: int) -> bytearray:
    """Let the last member of the directory claim another unpacked size."""
    return put(data, b"PK\x01\x02", 24, "<L", n_bytes)


def overlapping(n_members: int, kernel: bytes) -> bytes:
    """Members that all point at the same packed bytes."""
    data = packed({"0.png": kernel})
    start = data.index(b"PK\x01\x02")
    entry = data[start : data.index(b"PK\x05\x06")]
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n_members, n_members, len(entry) * n_members,
                      start, 0)  # fmt: skip
    entries = [entry.replace(b"0.png", b"%d.png" % number) for number in range(n_members)]
    return bytes(data[:start]) + b"".join(map(bytes, entries)) + end


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n_bytes", [0, 1, 5000, 300_000])
def test_every_method_gives_the_bytes_back(method: int, n_bytes: int) -> None:
    content = random.Random(n_bytes).randbytes(n_bytes // 2) + bytes(n_bytes - n_bytes // 2)
    data = packed({"a/b.jpeg": content, "c.txt": b"x"}, method)
    assert read(data, "a/b.jpeg") == content
    assert read(data, "c.txt") == b"x"


@pytest.mark.parametrize(
    "name",
    [
        "../a", "a/../../b", "a/..", "/a", "//a/b", "a\\..\\b", "\\\\host\\a", "C:a", "c:/a", "",
        ".", "a.jpeg\0.exe",
    ],
)  # fmt: skip
def test_names_that_could_point_elsewhere_are_known(name: str) -> None:
    assert leads_out(name)


@pytest.mark.parametrize(
    "name", ["a", "a/b.jpeg", "a..b/c...", "é/ü.png", "12:30.png", "./a", "dir/"]
)
def test_names_of_films_do_not_lead_out(name: str) -> None:
    assert not leads_out(name)


@pytest.mark.parametrize("name", ["C:evil.jpeg", "d:\\evil.jpeg", "/evil.jpeg", "../evil.jpeg"])
def test_a_zip_with_such_a_name_is_refused(name: str) -> None:
    assert repr(name) in refusal(packed({"good.jpeg": b"1", name: b"2"})).found


def test_a_name_that_nul_would_cut_is_refused() -> None:
    data = packed({"a.jpeg_.exe": b"1"})
    error = refusal(data.replace(b"a.jpeg_.exe", b"a.jpeg\0.exe"))
    assert "'a.jpeg\\x00.exe'" in error.found


def test_an_empty_name_is_refused() -> None:
    data = packed({"a": b"1"})
    start = data.index(b"PK\x01\x02")
    shorter = bytearray(data[: start + 46] + data[start + 47 :])
    put(shorter, b"PK\x01\x02", 28, "<H", 0)
    assert "member ''" in refusal(put(shorter, b"PK\5\6", 12, "<L", 46)).found


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["a/b.jpeg", "./a/b.jpeg", "a//b.jpeg"])
def test_two_members_of_one_name_are_refused(second: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.writestr("a/b.jpeg", b"1")
        made.writestr(second, b"2")
    assert refusal(buffer.getvalue()).found == "'a/b.jpeg' twice"


def test_names_are_plain_paths() -> None:
    with open_zip(io.BytesIO(packed({"./b//c.png": b"1", "a/": b""})), "films.zip") as source:
        assert source.paths() == ["b/c.png"]
        assert source.read("b/c.png") == b"1"
        assert source.index is None


@pytest.mark.parametrize(
    ("mode", "word"),
    [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "no regular"), (stat.S_IFCHR, "no regular")],
)
def test_only_regular_members_are_read(mode: int, word: str) -> None:
    data = put(packed({"a.jpeg": b"/etc/passwd"}), b"PK\x01\x02", 38, "<L", (mode | 0o644) << 16)
    with pytest.raises(OSError, match=word):
        read(data, "a.jpeg")


def test_an_encrypted_member_says_so() -> None:
    data = put(packed({"a.jpeg": b"1"}), b"PK\x01\x02", 8, "<H", 1)
    with pytest.raises(OSError, match=r"a\.jpeg is encrypted"):
        read(data, "a.jpeg")


def test_an_unknown_method_is_named() -> None:
    data = put(packed({"a.jpeg": b"1"}), b"PK\x01\x02", 10, "<H", 9)
    with pytest.raises(OSError, match="compression method 9"):
        read(data, "a.jpeg")


@pytest.mark.parametrize("n_bytes", [0, 999, 1001, 5000])
@pytest.mark.parametrize("method", METHODS)
def test_a_size_that_is_a_lie_is_an_oserror(method: int, n_bytes: int) -> None:
    data = claim(packed({"a.jpeg": bytes(1000)}, method), n_bytes)
    with pytest.raises(OSError, match="size or checksum"):
        read(data, "a.jpeg")


def test_a_wrong_checksum_is_an_oserror() -> None:
    data = put(packed({"a.jpeg": bytes(1000)}), b"PK\x01\x02", 16, "<L", 7)
    with pytest.raises(OSError, match="size or checksum"):
        read(data, "a.jpeg")


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_bomb_that_claims_to_be_small_is_not_unpacked(method: int) -> None:
    data = claim(packed({"a.jpeg": bytes(60 * MIB)}, method), 1000)
    tracemalloc.start()
    with pytest.raises(OSError, match="size or checksum"):
        read(data, "a.jpeg")
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 20 * MIB  # some steps of LZMA; the others stop at 1001 bytes


def test_a_member_that_claims_more_than_the_limit_is_not_unpacked() -> None:
    data = claim(packed({"a.jpeg": random.Random(1).randbytes(11 * MIB)}), GIB + 1)
    with pytest.raises(OSError, match="larger than 1024 MiB"):
        read(data, "a.jpeg")


def test_the_limit_itself_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_size, "MAX_FILE_BYTES", 100)
    data = packed({"a.jpeg": bytes(100), "b.jpeg": bytes(101)})
    assert read(data, "a.jpeg") == bytes(100)
    with pytest.raises(OSError, match="larger"):
        read(data, "b.jpeg")


def test_a_bomb_is_refused_by_its_ratio_and_a_black_film_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive, "ANY_RATIO_BYTES", MIB)
    data = packed({"black.bmp": bytes(MIB), "bomb.bmp": bytes(MIB + 1)})
    assert read(data, "black.bmp") == bytes(MIB)
    with pytest.raises(OSError, match="zip bomb"):
        read(data, "bomb.bmp")


def test_many_bombs_below_the_limit_of_one_are_refused_together() -> None:
    body = bz2.compress(bytes(60 * MIB))
    error = refusal(_stored_as_bzip2(body, 60 * MIB, 20))
    assert f"{MAX_RATIO} times" in error.rule
    assert str(20 * 60 * MIB) in error.found


def _stored_as_bzip2(body: bytes, n_bytes: int, n_members: int) -> bytes:
    """A zip of equal bzip2 members, written by hand: packing them one by one takes seconds."""
    check = zlib.crc32(bytes(n_bytes))
    local, directory, offset = [], [], 0
    for number in range(n_members):
        name = b"%05d.bmp" % number
        sizes = struct.pack("<LLLHH", check, len(body), n_bytes, len(name), 0)
        entry = struct.pack("<4s6H", b"PK\1\2", 46, 46, 0, 12, 0, 33) + sizes
        directory.append(entry + struct.pack("<3H2L", 0, 0, 0, 0, offset) + name)
        local.append(struct.pack("<4s5H", b"PK\3\4", 46, 0, 12, 0, 33) + sizes + name + body)
        offset += len(local[-1])
    listed = b"".join(directory)
    n_listed = n_members % 2**16
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, n_listed, n_listed, len(listed), offset, 0)
    return b"".join(local) + listed + end


def test_the_hand_written_zip_is_a_zip() -> None:
    assert read(_stored_as_bzip2(bz2.compress(bytes(9)), 9, 2), "00001.bmp") == bytes(9)


def test_members_that_share_their_bytes_are_refused() -> None:
    assert read(overlapping(1, bytes(100)), "0.png") == bytes(100)
    assert "overlap" in refusal(overlapping(2, bytes(100))).rule


def test_a_member_that_reaches_into_the_directory_is_refused() -> None:
    data = packed({"a.jpeg": bytes(100)}, zipfile.ZIP_STORED)
    put(data, b"PK\x01\x02", 20, "<L", 110)
    assert "overlap" in refusal(data).rule


def test_a_part_of_a_split_zip_is_refused() -> None:
    for offset in (4, 6):
        error = refusal(put(packed({"a.jpeg": b"1"}), b"PK\5\6", offset, "<H", 1))
        assert "split zip" in error.found


def test_members_missing_from_the_directory_are_noticed() -> None:
    data = put(packed({"a.jpeg": b"1"}), b"PK\5\6", 10, "<H", 2)
    assert "2 members announced, 1 listed" in refusal(data).found


def test_a_zip_with_a_comment_or_something_before_it_is_read() -> None:
    buffer = io.BytesIO(b"#!/bin/sh\n")
    buffer.seek(0, io.SEEK_END)
    with zipfile.ZipFile(buffer, "a") as made:
        made.writestr("a.jpeg", b"1")
        made.comment = b"from the archive of the clinic" * 50
    assert read(buffer.getvalue(), "a.jpeg") == b"1"


def test_zip64_is_read() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w") as made,
        made.open("a.jpeg", "w", force_zip64=True) as member,
    ):
        member.write(b"one")
    assert read(buffer.getvalue(), "a.jpeg") == b"one"


def test_more_members_than_16_bits_count_are_read_without_zip64() -> None:
    data = _stored_as_bzip2(bz2.compress(b""), 0, 2**16 + 3)
    with open_zip(io.BytesIO(data), "films.zip") as source:
        assert len(source.paths()) == 2**16 + 3


def test_a_zip_within_the_zip_is_only_a_file(tmp_path: Path) -> None:
    inner = bytes(packed({"a.jpeg": bytes(KIB)}))
    assert read(packed({"inner.zip": inner}), "inner.zip") == inner
    assert list(tmp_path.iterdir()) == []
