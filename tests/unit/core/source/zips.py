"""Zips for the tests, honest and forged, in memory."""

import io
import struct
import zipfile
import zlib

import pytest

from tasks.core.errors import SourceError
from tasks.core.source.archive import open_zip
from tests.films import Files

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)


def zip_of(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    """A zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return bytearray(buffer.getvalue())


def read_member(data: bytes, name: str) -> bytes:
    """Bytes of one member of a zip."""
    with open_zip(io.BytesIO(data), "films.zip") as source:
        return source.read(name)


def zip_refusal(data: bytes) -> SourceError:
    """The error of a zip that cannot be opened."""
    with pytest.raises(SourceError) as caught, open_zip(io.BytesIO(data), "films.zip"):
        pass
    assert caught.value.where == "films.zip"
    assert caught.value.next_step
    return caught.value


def put_field(data: bytearray, signature: bytes, offset: int, form: str, value: int) -> bytearray:
    """Overwrite one field in the last record with that signature."""
    struct.pack_into(form, data, data.rindex(signature) + offset, value)
    return data


def claim_size(data: bytearray, n_bytes: int) -> bytearray:
    """Change the unpacked size that the directory states for its last member."""
    return put_field(data, b"PK\x01\x02", 24, "<L", n_bytes)


def bzip2_zip(body: bytes, n_bytes: int, n_members: int) -> bytes:
    """A zip of equal bzip2 members, put together by hand, because zipfile would take seconds."""
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
