"""Read a zip of films in place and in bounded memory, even a hostile one.

Nothing is written to disk, and no zip inside the zip is opened.
"""

import bz2
import copy
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tasks.core.source.file_kinds import (
    HEAD_BYTES,
    SplitZipError,
    refuse_archives_only,
    refuse_no_zip,
)
from tasks.core.source.zip_members import (
    check_members,
    check_readable,
    check_room,
    is_folder,
    method_name,
    plain_path,
)

# Record at the end of the central directory: signature, this disk, disk of the directory, entries
# on this disk, all entries, size and offset of the directory, length of the comment.
# Source: APPNOTE.TXT 4.3.16
END_RECORD = struct.Struct("<4s4H2LH")
MAX_COMMENT_BYTES = 2**16 - 1
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
            plain_path(member.filename): member
            for member in archive.infolist()
            if not is_folder(member)
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
        check_readable(path, member)
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
        SourceError: It is not a zip (the message says what it is), is cut off, or is one part of a
            split zip; `check_members` refuses its members; they overlap, or would unpack to more
            than MAX_RATIO times its size; or it holds other archives only.
    """
    try:
        n_bytes = file.seek(0, os.SEEK_END)
        _check_undivided(file, n_bytes)
        archive = zipfile.ZipFile(file)
        _check_end_record(file, n_bytes, len(archive.infolist()))
    except DAMAGED as error:
        file.seek(0)
        refuse_no_zip(file.read(HEAD_BYTES), n_bytes, location, error)
    with archive:
        check_members(archive.infolist(), location)
        check_room(archive, n_bytes, location)
        source = ZipSource(archive)
        refuse_archives_only(source.paths(), location)
        yield source


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
            raise NotImplementedError(f"{method_name(method)} is not supported")


def _expand_lzma(packed: bytes, limit: int) -> bytes:
    """Unpack LZMA behind the header that zip files have (APPNOTE.TXT 5.8.8)."""
    decompressor = zipfile.LZMADecompressor()  # type: ignore[attr-defined]  # not in typeshed
    data = bytearray()
    for start in range(0, len(packed), LZMA_STEP_BYTES):
        if len(data) >= limit or decompressor.eof:
            break
        data += decompressor.decompress(packed[start : start + LZMA_STEP_BYTES])
    return bytes(data)


def _end_record(file: IO[bytes], n_bytes: int) -> tuple[int, ...] | None:
    """Numbers of the record at the end of the directory, without its signature."""
    file.seek(max(0, n_bytes - END_RECORD.size - MAX_COMMENT_BYTES))
    tail = file.read()
    start = tail.rfind(b"PK\x05\x06", 0, len(tail) - END_RECORD.size + 4)
    return END_RECORD.unpack_from(tail, start)[1:] if start >= 0 else None


def _check_undivided(file: IO[bytes], n_bytes: int) -> None:
    """Refuse the last part of a split zip, before zipfile misreads its directory."""
    record = _end_record(file, n_bytes)
    # 0xFFFF: the numbers are in the zip64 record, which zipfile checks
    if record and set(record[:2]) - {0, 0xFFFF}:
        raise SplitZipError("its directory says that it is one part of several")


def _check_end_record(file: IO[bytes], n_bytes: int, n_members: int) -> None:
    """Check that the directory lists all members that the record at its end announces."""
    record = _end_record(file, n_bytes)
    if record is None:
        raise zipfile.BadZipFile("no end of the central directory")
    # Some programs without zip64 count members modulo 2 ** 16
    if record[3] not in (0xFFFF, n_members % 2**16):
        raise zipfile.BadZipFile(f"{record[3]} members announced, {n_members} listed")
