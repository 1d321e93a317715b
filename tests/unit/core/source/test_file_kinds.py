"""A file that is no zip is named, with what to do; a zip is read or refused as a whole."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile

import pytest

from tasks.core.errors import SourceError
from tasks.core.source.archive import open_zip
from tasks.core.source.file_kinds import is_note
from tests.films import jpeg, png
from tests.unit.core.source.zips import put_field, zip_of, zip_refusal


def tar_bytes() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as made:
        made.addfile(tarfile.TarInfo("NORMAL/a.jpeg"))
    return buffer.getvalue()


ZIP = bytes(zip_of({"a/1.jpeg": jpeg(1), "a/2.jpeg": jpeg(2)}))
S3_ERROR = b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'
KINDS = {
    "gzip": (gzip.compress(b"film"), "a gzip file", "gunzip"),
    "tar": (tar_bytes(), "a tar archive", "tar -xf films.zip"),
    "tar.gz": (gzip.compress(tar_bytes()), "(.tar.gz)", "tar -xf films.zip"),
    "zip.gz": (gzip.compress(ZIP), "packed once more", "gunzip"),
    "bzip2": (bz2.compress(b"film"), "a bzip2 file", "bunzip2"),
    "xz": (lzma.compress(b"film"), "an xz file", "unxz"),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"1" * 99, "Zstandard", "unzstd"),
    "7z": (b"7z\xbc\xaf\x27\x1c\0\4" + b"1" * 99, "7-Zip", "7z x films.zip"),
    "rar4": (b"Rar!\x1a\x07\x00" + b"1" * 99, "RAR archive (version 4)", "7z x films.zip"),
    "rar5": (b"Rar!\x1a\x07\x01\x00" + b"1" * 99, "RAR archive (version 5)", "7z x films.zip"),
    "z01": (b"PK\x07\x08" + ZIP[:900], "one part of a split", "join them"),
    "html": (b"\xef\xbb\xbf\n<!DOCTYPE HTML><title>Sign in", "log-in page", "logged in"),
    "utf-16": ("<html>".encode("utf-16"), "log-in page", "logged in"),
    "empty": (b"", "an empty file", "download it again"),
    "zeros": (bytes(9999), "a file of zeros", "download it again"),
    "json": (b'{"code": 403}', "JSON", "download it again"),
    "xml": (S3_ERROR, "server (accessdenied)", "download it again"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid", "Git LFS", "git lfs pull"),
    "dvc": (b"outs:\n- md5: 1f", "pointer of DVC", "dvc pull"),
    "jpeg": (jpeg(1), "a JPEG picture", "folder that holds the class folders"),
    "png": (png(1), "a PNG picture", "folder that holds the class folders"),
    "dicom": (bytes(128) + b"DICM" + bytes(99), "a DICOM film", "folder that holds the class"),
    "pdf": (b"%PDF-1.7", "a PDF", "ask its author"),
    "hdf5": (b"\x89HDF\r\n\x1a\n", "an HDF5 file", "class folders"),
    "parquet": (b"PAR1" + bytes(9), "a Parquet table", "class folders"),
    "text": (b"a,b\n1,2\n", "a text file", "name the folder"),
    "noise": (b"\x01\x02\x03\xff" * 99, "unknown kind", "`file films.zip`"),
    "cut": (ZIP[:-40], "cut off or damaged", "download or copy it again"),
    "half": (ZIP[: len(ZIP) // 2], "cut off or damaged", "download or copy it again"),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_no_zip_is_named_with_what_to_do(kind: str) -> None:
    data, found, step = KINDS[kind]
    error = zip_refusal(data)
    assert found in error.found
    assert step in error.next_step
    helps = kind in ("html", "utf-16", "empty", "zeros", "json", "xml", "cut", "half")
    assert ("again" in error.next_step) == helps  # downloading again is advised where it helps


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("archive.zip.crdownload", "unfinished download"),
        ("archive.zip.part", "unfinished download"),
        ("archive.zip.001", "one part of a split"),
        ("archive.z02", "one part of a split"),
        ("films.part2.rar", "one part of a split"),
    ],
)
def test_a_part_or_an_unfinished_download_is_known_by_its_name(name: str, found: str) -> None:
    with (
        pytest.raises(SourceError, match=found),
        open_zip(io.BytesIO(b"\x81\x82" * 99), name),
    ):
        pass


def test_a_whole_zip_of_any_name_is_read() -> None:
    with open_zip(io.BytesIO(ZIP), "films.part") as source:
        assert len(source.paths()) == 2


@pytest.mark.parametrize("comment", [b"", struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0, 0, 0, 0, 0)])
def test_a_zip_without_a_file_is_refused(comment: bytes) -> None:
    """22 bytes; and a second, empty directory in the comment, which zipfile believes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        made.comment = comment
    data = buffer.getvalue()
    assert len(data) == 22 + len(comment)
    assert "lists no file" in zip_refusal(data).found
    if comment:
        hidden = put_field(bytearray(ZIP), b"PK\5\6", 20, "<H", len(comment)) + comment
        assert "lists no file" in zip_refusal(hidden).found


def test_a_zip_that_holds_only_another_archive_is_refused() -> None:
    for name in ("chest/archive.zip", "films.7z", "films.tar.gz"):
        data = zip_of({name: ZIP, "README.txt": b"", "__MACOSX/chest/._archive.zip": b"x"})
        error = zip_refusal(data)
        assert error.found == f"nothing but 1 archives, such as {name}"
        assert "unpack the outer one" in error.next_step


def test_a_zip_with_backslashes_is_read_as_folders() -> None:
    data = zip_of({"chest\\": b"", "chest\\NORMAL\\a.jpeg": b"1", "chest\\x\\b.jpeg": b"2"})
    with open_zip(io.BytesIO(data), "films.zip") as source:
        assert source.paths() == ["chest/NORMAL/a.jpeg", "chest/x/b.jpeg"]
        assert source.read("chest/NORMAL/a.jpeg") == b"1"


@pytest.mark.parametrize("name", ["a\\..\\..\\b", "\\a", "\\\\host\\b", "c:\\a", "..\\a"])
def test_a_backslash_cannot_lead_out(name: str) -> None:
    assert "may lead out" in zip_refusal(zip_of({"a.jpeg": b"1", name: b"2"})).rule


def test_one_name_with_both_slashes_is_refused() -> None:
    assert "'a/b' twice" in zip_refusal(zip_of({"a/b": b"1", "a\\b": b"2"})).found


def test_control_characters_of_a_member_are_escaped() -> None:
    error = zip_refusal(zip_of({"../\x1b[2J\u202e\nnext.png": b"1"}))
    assert "\x1b" not in str(error)
    assert len(str(error).splitlines()) == 4


@pytest.mark.parametrize("name", ["index.csv", "IM0001", "a.dcm", "labels.xlsx", "a.jpg.tmp"])
def test_what_may_be_a_film_or_a_table_is_no_note(name: str) -> None:
    assert not is_note(name)
