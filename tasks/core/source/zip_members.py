"""Check the members of a zip before any is read: their names, methods and sizes."""

import re
import stat
import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NoReturn

from tasks.core.errors import SourceError
from tasks.core.source.file_kinds import is_note
from tasks.core.source.file_size import MAX_FILE_BYTES, check_size

# Largest allowed ratio of unpacked to packed bytes. Source: Apache POI, ZipSecureFile,
# MIN_INFLATE_RATIO 0.01. DEFLATE reaches 1032 (zlib, "Technical Details"); JPEG and PNG stay near 1
MAX_RATIO = 100
# A member up to this size may have any ratio: an all-black film of the largest detector (43 cm at
# 0.1 mm, 16 bit) has 37 MB and a ratio of 1000
ANY_RATIO_BYTES = 64 * 2**20

LOCAL_HEADER_BYTES = 30  # without name and extra field. Source: PKWARE APPNOTE.TXT 4.3.7
ENCRYPTED_FLAG = 0x1
AES_METHOD = 99  # Source: WinZip, AES encryption information
SUPPORTED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
# Source: APPNOTE.TXT 4.4.5
METHODS = {
    1: "Shrink", 6: "Implode", 9: "Deflate64", 10: "PKWARE Implode", 14: "LZMA",
    20: "Zstandard (old)", 93: "Zstandard", 94: "MP3", 95: "XZ", 96: "JPEG variant", 97: "WavPack",
    98: "PPMd",
}  # fmt: skip

_DO_NOT_USE = "do not use this zip; ask its author for a correct one"


def is_folder(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a folder; old Windows programs end its name in a backslash."""
    return member.is_dir() or (member.filename.endswith("\\") and not member.file_size)


def plain_path(name: str) -> str:
    r"""Path of a member in one form: `.\a//b` becomes `a/b`, as APPNOTE.TXT 4.4.17 wants it."""
    return PurePosixPath(name.replace("\\", "/")).as_posix()


def leads_out(name: str) -> bool:
    """Whether a name could point outside its folder on any operating system, or would be cut.

    Args:
        name: Path as a zip or a bucket gives it, with slashes; a backslash leads out.
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


def check_members(members: list[zipfile.ZipInfo], location: str) -> None:
    """Check that all members have safe names of their own, and that films can be unpacked.

    A note may be encrypted, or packed by another method: only that note cannot be read.

    Raises:
        SourceError: There is none, a name leads out or is used twice, or a member that is no note
            is encrypted or has a method that Python cannot unpack.
    """
    if not members:
        _refuse(
            location,
            "ingest.source must hold films",
            "a zip whose directory lists no file",
            "pack the films again; if that directory lies in the comment of the zip, do not use it",
        )
    _check_names(members, location)
    films = [member for member in members if not is_folder(member) and not is_note(member.filename)]
    locked = [film for film in films if is_encrypted(film)]
    strange = [film for film in films if film.compress_type not in SUPPORTED and film not in locked]
    if locked:
        _refuse(
            location,
            "films of a zip must not be encrypted",
            f"{_share(locked, films)} need a password",
            f"unpack it with its password (`7z x {location} -ofilms`) and write "
            "`ingest.source: films`",
        )
    if strange:
        names = sorted({method_name(film.compress_type) for film in strange})
        _refuse(
            location,
            "films of a zip must be packed by Deflate, bzip2 or LZMA, or stored",
            f"{_share(strange, films)} are packed by {', '.join(names)}",
            f"unpack it (`7z x {location} -ofilms`) and write `ingest.source: films`, or pack it "
            "again by Deflate (in 7-Zip: method Deflate; on Windows: parts below 2 GB)",
        )


def _share(some: list[zipfile.ZipInfo], films: list[zipfile.ZipInfo]) -> str:
    return f"{len(some)} of {len(films)} files, for instance {some[0].filename},"


def is_encrypted(member: zipfile.ZipInfo) -> bool:
    """Whether a member needs a password."""
    return bool(member.flag_bits & ENCRYPTED_FLAG) or member.compress_type == AES_METHOD


def method_name(method: int) -> str:
    """Name of a compression method, with its number."""
    return f"{METHODS.get(method, 'an unknown method')} ({method})"


def _check_names(members: Iterable[zipfile.ZipInfo], location: str) -> None:
    seen: set[str] = set()
    for member in members:
        # zipfile may take another name from the extra field, and cuts names at NUL: check both
        for name in (member.orig_filename, member.filename):
            if leads_out(name.replace("\\", "/")):
                _refuse(
                    location,
                    "no member of a zip may lead out of it",
                    f"member {name!r}",
                    _DO_NOT_USE,
                )
        path = plain_path(member.filename)
        if path in seen and not is_folder(member):
            _refuse(
                location,
                "every member of a zip must have its own name",
                f"{path!r} twice",
                "pack the zip again, with only one of the two",
            )
        if not is_folder(member):
            seen.add(path)


def check_room(archive: zipfile.ZipFile, n_bytes: int, location: str) -> None:
    """Check that members do not share packed bytes, and limit the sum of their unpacked sizes.

    Raises:
        SourceError: It is a zip bomb.

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
                _DO_NOT_USE,
            )
    total = sum(member.file_size for member in members if not is_folder(member))
    if total > max(MAX_FILE_BYTES, MAX_RATIO * n_bytes):
        _refuse(
            location,
            f"a zip must not unpack to more than {MAX_RATIO} times its size",
            f"{n_bytes} bytes that unpack to {total}",
            "do not use this zip, which is a zip bomb; pack the films again",
        )


def check_readable(path: str, member: zipfile.ZipInfo) -> None:
    """Check that one member may be unpacked.

    Raises:
        OSError: It is a link or a device, encrypted, too large or a bomb.
    """
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):  # 0: the zip was made on a system without Unix modes
        word = "a link" if kind == stat.S_IFLNK else "not a regular file"
        raise PermissionError(f"{path} is {word}")
    if is_encrypted(member):
        raise PermissionError(f"{path} is encrypted; unpack the zip with its password first")
    check_size(path, member.file_size)
    check_size(path, member.compress_size)
    if member.file_size > max(ANY_RATIO_BYTES, MAX_RATIO * member.compress_size):
        raise OSError(
            f"{path} is a zip bomb: {member.compress_size} bytes that unpack to {member.file_size}"
        )


def _refuse(location: str, rule: str, found: str, next_step: str) -> NoReturn:
    raise SourceError(rule, found=found, where=location, next_step=next_step)
