"""Uploads that somebody might send to harm the service; each is made of a number."""

import io
import random
import zipfile
from collections.abc import Callable, Iterator

from tests.films import jpeg, png, png_of_size

Upload = tuple[str, bytes]  # Content-Type and body
MEGABYTE = 2**20


def hostile_upload(number: int) -> Upload:
    """Return one upload; every kind comes in turn."""
    kinds: list[Callable[[random.Random], Upload]] = [
        _cut,
        _flipped,
        _bomb_of_pixels,
        _noise,
        _wrong_type,
        _zip_bomb,
        _nested_zip,
        _zip_leading_out,
        _cut_zip,
        _empty,
        _many_members,
        _too_large,
    ]
    return kinds[number % len(kinds)](random.Random(number))


def _cut(source: random.Random) -> Upload:
    data = jpeg(source.randrange(20), 512, 480)
    return "image/jpeg", data[: source.randrange(1, len(data))]


def _flipped(source: random.Random) -> Upload:
    data = bytearray(source.choice((jpeg, png))(source.randrange(20), 256, 240))
    for _ in range(20):
        data[source.randrange(len(data))] ^= 1 << source.randrange(8)
    return "image/png", bytes(data)


def _bomb_of_pixels(source: random.Random) -> Upload:
    width = source.choice((100_000, 60_000, 1, 2**31 - 1))
    return "image/png", png_of_size(width, source.choice((100_000, 60_000, 1)))


def _noise(source: random.Random) -> Upload:
    start = source.choice((b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", bytes(128) + b"DICM", b"BM"))
    return "application/octet-stream", start + source.randbytes(source.randrange(1, 20_000))


def _wrong_type(source: random.Random) -> Upload:
    types = ("text/html", "", "multipart/form-data; boundary=a", "image/jpeg\x7f", "a" * 2000)
    return source.choice(types), jpeg(1)


def _zip_of(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def _zip_bomb(source: random.Random) -> Upload:
    method = source.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
    return "application/zip", _zip_of({"a.png": bytes(30 * MEGABYTE)}, method)


def _nested_zip(source: random.Random) -> Upload:
    data = source.randbytes(10)
    for depth in range(source.randrange(2, 20)):
        data = _zip_of({f"{depth}.zip": data, f"{depth}.png": bytes(100)})
    return "application/zip", data


def _zip_leading_out(source: random.Random) -> Upload:
    name = source.choice(("../a.png", "/etc/a.png", "C:\\a.png", "a/../../b.png", "a\0b.png"))
    return "application/zip", _zip_of({name: png(1)})


def _cut_zip(source: random.Random) -> Upload:
    data = _zip_of({"a.png": png(1), "b.png": png(2)})
    return "application/zip", data[: source.randrange(1, len(data))]


def _empty(source: random.Random) -> Upload:
    return source.choice((("image/jpeg", b""), ("application/zip", b"PK\5\6" + bytes(18))))


def _many_members(source: random.Random) -> Upload:
    n_members = source.randrange(300, 2000)
    return "application/zip", _zip_of({f"{n}.png": b"1" for n in range(n_members)})


def _too_large(source: random.Random) -> Upload:
    return "image/jpeg", bytes(source.randrange(9, 12) * MEGABYTE)


def large_body(n_megabytes: int) -> Iterator[bytes]:
    """Yield a body of many megabytes, in chunks and without a declared length."""
    chunk = bytes(MEGABYTE)
    for _ in range(n_megabytes):
        yield chunk
