"""Read a zip of films in place and in bounded memory, even a hostile one.

Nothing is written to disk, and no zip inside the zip is opened.
"""

import bz2
import copy
import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import IO, NoReturn

from tasks.core.errors import SourceError
from tasks.core.source.file_size import MAX_FILE_BYTES, check_size

# Largest allowed ratio of unpacked to packed bytes. Source: Apache POI, ZipSecureFile,
# MIN_INFLATE_RATIO 0.01. DEFLATE reaches 1032 (zlib, "Technical Details"); JPEG and PNG stay near 1
MAX_RATIO = 100
# A member up to this size may have any ratio: an all-black film of the largest detector (43 cm at
# 0.1 mm, 16 bit) has 37 MB and a ratio of 1000
ANY_RATIO_BYTES = 64 * 2**20

LOCAL_HEADER_BYTES = 30  # without name and extra field. Source: PKWARE APPNOTE.TXT 4.3.7
# Record at the end of the central directory: signature, this disk, disk of the directory, entries
# on this disk, all entries, size and offset of the directory, length of the comment.
# Source: APPNOTE.TXT 4.3.16
END_RECORD = struct.Struct("<4s4H2LH")
MAX_COMMENT_BYTES = 2**16 - 1
ENCRYPTED_FLAG = 0x1
LZMA_STEP_BYTES = 512  # packed; zipfile's LZMA takes no limit, and its ratio reaches 7000

# Exceptions of zipfile and the decompressors on damaged bytes (UnicodeDecodeError is a ValueError;
# bz2 raises OSError)
DAMAGED = (
    zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OverflowError,
    struct.error, zlib.error, lzma.LZMAError, OSError,
)  # fmt: skip


class ZipSource:
    """Members of a zip file. Links, encrypted members and bombs are listed but cannot be read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._members = {
            _plain(member.filename): member for member in archive.infolist() if not member.is_dir()
        }

    def paths(self) -> list[str]:
        """See `Source.paths`."""
        return sorted(self._members)

    def read(self, path: str) -> bytes:
        """See `Source.read`.

        Raises:
            OSError: There is no such member, or it is a link, encrypted, damaged, larger than
                MAX_FILE_BYTES or a bomb. No more than its declared size is unpacked.
        """
        if path not in self._members:
            raise FileNotFoundError(f"{path} is not in the zip")
        member = self._members[path]
        _check_readable(path, member)
        try:
            data = _expand(_packed(self._archive, member), member)
        except DAMAGED as error:
            raise OSError(f"{path} cannot be unpacked: {error}") from error
        if len(data) != member.file_size or zlib.crc32(data) != member.CRC:
            raise OSError(f"{path} cannot be unpacked: size or checksum differ from the directory")
        return data


@contextmanager
def open_zip(file: IO[bytes], location: str) -> Iterator[ZipSource]:
    """Open a zip for listing and reading.

    Args:
        file: Readable and seekable; it must stay open while the source is used.
        location: Path or URL, for error messages.

    Raises:
        SourceError: It is not a zip, is cut off, or is one part of a split zip; a name leads out
            of it or is used twice; members overlap; or it would unpack to more than MAX_RATIO
            times its size.
    """
    try:
        archive = zipfile.ZipFile(file)
        n_bytes = file.seek(0, os.SEEK_END)
        _check_end_record(file, n_bytes, len(archive.infolist()))
    except DAMAGED as error:
        _refuse(
            location,
            "ingest.source must be a folder or a whole zip file",
            f"a file that is not a zip, or is cut off ({error})",
            "download or copy it again; `python -m zipfile -t FILE` tests a zip",
        )
    with archive:
        _check_names(archive, location)
        _check_room(archive, n_bytes, location)
        yield ZipSource(archive)


def _plain(name: str) -> str:
    """Path in one form: `./a//b` becomes `a/b`."""
    return PurePosixPath(name).as_posix()


def _check_readable(path: str, member: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):  # 0: the zip was made on a system without Unix modes
        word = "a link" if kind == stat.S_IFLNK else "not a regular file"
        raise PermissionError(f"{path} is {word}")
    if member.flag_bits & ENCRYPTED_FLAG:
        raise PermissionError(f"{path} is encrypted; unpack the zip with its password first")
    check_size(path, member.file_size)
    check_size(path, member.compress_size)
    if member.file_size > max(ANY_RATIO_BYTES, MAX_RATIO * member.compress_size):
        raise OSError(
            f"{path} is a zip bomb: {member.compress_size} bytes that unpack to {member.file_size}"
        )


def _packed(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Packed bytes of a member; zipfile checks its header first."""
    raw = copy.copy(member)
    raw.compress_type = zipfile.ZIP_STORED
    raw.file_size = member.compress_size
    del raw.CRC  # the checksum belongs to the unpacked bytes
    with archive.open(raw) as stream:
        return stream.read()


def _expand(packed: bytes, member: zipfile.ZipInfo) -> bytes:
    """Unpack at most one byte more than the declared size; zipfile has no limit for bzip2."""
    limit = member.file_size + 1
    match member.compress_type:
        case zipfile.ZIP_STORED:
            return packed
        case zipfile.ZIP_DEFLATED:
            return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, limit)
        case zipfile.ZIP_BZIP2:
            return bz2.BZ2Decompressor().decompress(packed, limit)
        case zipfile.ZIP_LZMA:
            return _expand_lzma(packed, limit)
        case method:
            raise NotImplementedError(f"compression method {method} is not supported")


def _expand_lzma(packed: bytes, limit: int) -> bytes:
    """Unpack LZMA behind the header that zip files have (APPNOTE.TXT 5.8.8)."""
    decompressor = zipfile.LZMADecompressor()  # type: ignore[attr-defined]  # not in typeshed
    data = bytearray()
    for start in range(0, len(packed), LZMA_STEP_BYTES):
        if len(data) >= limit or decompressor.eof:
            break
        data += decompressor.decompress(packed[start : start + LZMA_STEP_BYTES])
    return bytes(data)


def _check_end_record(file: IO[bytes], n_bytes: int, n_members: int) -> None:
    """Check that the zip is one file and that its directory lists all members.

    Raises:
        BadZipFile: It is one part of a split zip, or the directory lacks members.
    """
    file.seek(max(0, n_bytes - END_RECORD.size - MAX_COMMENT_BYTES))
    tail = file.read()
    start = tail.rfind(b"PK\x05\x06", 0, len(tail) - END_RECORD.size + 4)
    if start < 0:
        raise zipfile.BadZipFile("no end of the central directory")
    _, disk, directory_disk, _, n_listed, *_ = END_RECORD.unpack_from(tail, start)
    # 0xFFFF: the numbers are in the zip64 record, which zipfile checks
    if {disk, directory_disk} - {0, 0xFFFF}:
        raise zipfile.BadZipFile("it is one part of a split zip: join the parts first")
    # Some programs without zip64 count members modulo 2 ** 16
    if n_listed not in (0xFFFF, n_members % 2**16):
        raise zipfile.BadZipFile(f"{n_listed} members announced, {n_members} listed")


def _check_names(archive: zipfile.ZipFile, location: str) -> None:
    seen: set[str] = set()
    for member in archive.infolist():
        # zipfile may take another name from the extra field, and cuts names at NUL: check both
        for name in (member.orig_filename, member.filename):
            if leads_out(name):
                _refuse(
                    location,
                    "no member of a zip may lead out of it",
                    f"member {name!r}",
                    "do not use this zip; ask its author for a correct one",
                )
        path = _plain(member.filename)
        if path in seen and not member.is_dir():
            _refuse(
                location,
                "every member of a zip must have its own name",
                f"{path!r} twice",
                "pack the zip again, with only one of the two",
            )
        if not member.is_dir():
            seen.add(path)


def leads_out(name: str) -> bool:
    """Whether a name could point outside its folder on any operating system, or would be cut.

    Args:
        name: Path as a zip or a bucket gives it.
    """
    path = PurePosixPath(name)
    return (
        not name
        or name == "."
        or "\0" in name
        or "\\" in name
        or re.match("[A-Za-z]:", name) is not None
        or path.is_absolute()
        or ".." in path.parts
    )


def _check_room(archive: zipfile.ZipFile, n_bytes: int, location: str) -> None:
    """Check that members do not share packed bytes, and limit the sum of their unpacked sizes.

    Source: D. Fifield, A better zip bomb, WOOT 2019: its members share their packed bytes.
    """
    members = sorted(archive.infolist(), key=lambda member: member.header_offset)
    ends = [LOCAL_HEADER_BYTES + member.header_offset + member.compress_size for member in members]
    starts = [*(member.header_offset for member in members[1:]), archive.start_dir]
    for member, end, next_start in zip(members, ends, starts, strict=True):
        if end > next_start:
            _refuse(
                location,
                "members of a zip must not overlap, as they do in a zip bomb",
                f"{member.filename!r} ends at byte {end}, the next begins at {next_start}",
                "do not use this zip; ask its author for a correct one",
            )
    total = sum(member.file_size for member in members if not member.is_dir())
    if total > max(MAX_FILE_BYTES, MAX_RATIO * n_bytes):
        _refuse(
            location,
            f"a zip must not unpack to more than {MAX_RATIO} times its size",
            f"{n_bytes} bytes that unpack to {total}",
            "do not use this zip, which is a zip bomb; pack the films again",
        )


def _refuse(location: str, rule: str, found: str, next_step: str) -> NoReturn:
    raise SourceError(rule, found=found, where=location, next_step=next_step)
