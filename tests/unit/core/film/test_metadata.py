"""Metadata that a decoder stumbles over never costs a film, and changes no pixel."""

import struct
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from tasks.core.film.decode import colour_of, open_film
from tasks.core.film.strict import decode_strictly
from tasks.core.image_store.store import Pixels
from tests.films import encode
from tests.unit.core.film.decoded_films import GREY, coloured

ZEROS = zlib.compress(bytes(3_000_000))  # 3 kB that become 3 MB
Rewrite = Callable[[bytes], bytes]


def strictly(data: bytes) -> Pixels:
    film = open_film(data)
    colour_of(film)
    return np.asarray(decode_strictly(film))


def chunk(kind: bytes, body: bytes, checksum: int | None = None) -> bytes:
    check = zlib.crc32(kind + body) if checksum is None else checksum
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def before(name: bytes, *added: bytes) -> Rewrite:
    """Put chunks before the first chunk of a name."""

    def rewrite(png: bytes) -> bytes:
        at = png.index(name) - 4
        return png[:at] + b"".join(added) + png[at:]

    return rewrite


PNG = {
    "text": before(b"IDAT", chunk(b"tEXt", b"note\0" + b"x" * 2_000_000)),
    "texts": before(b"IDAT", *[chunk(b"zTXt", b"n\0\0" + ZEROS[:900])] * 3),
    "compressed-text": before(b"IDAT", chunk(b"zTXt", b"note\0\0" + ZEROS)),
    "compressed-text-behind": before(b"IEND", chunk(b"zTXt", b"note\0\0" + ZEROS)),
    "unicode-text-behind": before(b"IEND", chunk(b"iTXt", b"n\0\1\0\0\0" + ZEROS)),
    "text-method": before(b"IDAT", chunk(b"zTXt", b"note\0\7" + ZEROS)),
    "profile": before(b"IDAT", chunk(b"iCCP", b"p\0\0" + ZEROS)),
    "profile-method": before(b"IDAT", chunk(b"iCCP", b"p\0\7" + ZEROS)),
    "profile-empty": before(b"IDAT", chunk(b"iCCP", b"")),
    "checksum": before(b"IDAT", chunk(b"tIME", bytes(7), checksum=1)),
    "private-checksum": before(b"IDAT", chunk(b"prVt", bytes(9), checksum=2)),
    "gamma": before(b"IDAT", chunk(b"gAMA", b"\0")),
    "chromaticity": before(b"IDAT", chunk(b"cHRM", b"\0")),
    "size-in-mm": before(b"IDAT", chunk(b"pHYs", b"\0")),
    "exif": before(b"IDAT", chunk(b"eXIf", b"no EXIF at all")),
    "raw-exif": before(b"IDAT", chunk(b"tEXt", b"Raw profile type exif\0\nexif\n9\nxyz")),
    "animation": before(b"IDAT", chunk(b"acTL", b"\0\0")),
    "frame": before(b"IDAT", chunk(b"fcTL", bytes(4))),
}


@pytest.mark.parametrize("name", PNG)
@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_a_png_is_decoded_whatever_its_metadata(name: str, mode: str) -> None:
    whole = encode(Image.fromarray(GREY).convert(mode), "PNG")
    assert np.array_equal(strictly(PNG[name](whole)), GREY)


def test_large_text_does_not_hide_the_orientation_or_the_transparency() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(np.minimum(GREY, 199))
    image.putpixel((0, 0), 200)
    data = encode(image, "PNG", exif=exif, transparency=200)
    film = PNG["text"](data)
    assert np.array_equal(strictly(film), strictly(data))
    assert strictly(film).shape == GREY.shape[::-1]
    assert strictly(film)[0, -1] == 0


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif_with(tag: int, kind: int, count: int, value: bytes, orientation: int = 6) -> bytes:
    """EXIF with an orientation and one more entry, which may be damaged."""
    entries = struct.pack("<HHIHxx", 0x0112, 3, 1, orientation)
    entries += struct.pack("<HHI4s", tag, kind, count, value)
    return b"Exif\0\0II*\0\x08\0\0\0\x02\0" + entries + bytes(4)


JPEG = {
    "exif-cut": segment(0xE1, b"Exif\0\0II*\0\x08\0"),
    "exif-no-tiff": segment(0xE1, b"Exif\0\0" + b"?" * 40),
    "exif-far-directory": segment(0xE1, b"Exif\0\0MM\0*\xff\xff\xff\xf0"),
    "xmp": segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x tiff:Orientation='"),
    "profile-part": segment(0xE2, b"ICC_PROFILE\0\x07\x02??"),
    "profile-short": segment(0xE2, b"ICC_PROFILE\0"),
    "pictures": segment(0xE2, b"MPF\0II*\0\x08\0\0\0\xff\xff"),
    "photoshop": segment(0xED, b"Photoshop 3.0\0008BIM\x03\xed\0\0\0\0\0\xff"),
    "photoshop-short": segment(0xED, b"Photoshop 3.0\0008BIM\x03\xed"),
    "jfif-short": segment(0xE0, b"JFIF"),
    "jfif-9": segment(0xE0, b"JFIF\0\x09\x09\0\0\x01\0\x01\0\0"),
    "flashpix": segment(0xE2, b"FPXR\0"),
    "adobe-short": segment(0xEE, b"Adobe"),
    "comment": segment(0xFE, b"\xff\xd8\xff\xd9" * 9),
}


@pytest.mark.parametrize("name", JPEG)
def test_a_jpeg_is_decoded_whatever_its_metadata(name: str) -> None:
    whole = encode(GREY, "JPEG")
    assert np.array_equal(strictly(b"\xff\xd8" + JPEG[name] + whole[2:]), strictly(whole))


@pytest.mark.parametrize(
    ("tag", "kind", "value"),
    [
        (0x011A, 2, b"72\0\0"),  # a resolution in words: Pillow reads it and cannot write it
        (0x0110, 11, b"\0\0\0\0"),  # the name of a camera as a number
        (0x8769, 9, b"\xff\xff\xff\xff"),  # a directory before the start of the file
        (0x829A, 5, b"\xff\xff\xff\x7f"),  # a rational far behind the end
        (0xA005, 2, b"abc\0"),  # a pointer in words
    ],
)
def test_the_orientation_is_used_beside_damaged_exif(tag: int, kind: int, value: bytes) -> None:
    whole = encode(GREY, "JPEG")
    exif = segment(0xE1, exif_with(tag, kind, 1 if kind != 2 else 3, value))
    turned = strictly(b"\xff\xd8" + exif + whole[2:])
    assert np.array_equal(turned, np.rot90(strictly(whole), -1))


@pytest.mark.parametrize("tag", [0x8769, 0x8825, 34675, 700, 33723, 65000, 270, 282])
@pytest.mark.parametrize(("kind", "value"), [(9, -7), (2, 2**31 - 16), (99, 5), (12, 9)])
def test_a_tiff_is_decoded_whatever_its_other_tags(tag: int, kind: int, value: int) -> None:
    tags = ImageFileDirectory_v2()
    tags[65001] = b"abcd"
    whole = encode(GREY, "TIFF", tiffinfo=tags)
    entry = whole.index(struct.pack("<HHI", 65001, 1, 4))
    damaged = struct.pack("<HHIi", tag, kind, 1 if kind == 9 else 9, value)
    data = whole[:entry] + damaged + whole[entry + 12 :]
    assert np.array_equal(strictly(data), GREY)


@pytest.mark.parametrize(
    "body", [b"", b"II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff"]
)
def test_a_webp_is_decoded_whatever_its_exif(body: bytes) -> None:
    data = encode(coloured(), "WEBP", lossless=True, exif=body or b"\0")
    assert np.array_equal(strictly(data), strictly(encode(coloured(), "PNG")))
