"""Limits of size, time and memory follow from the header, before a pixel is decoded."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.decode import open_film
from tasks.core.film.errors import MAX_PIXELS, MAX_PIXELS_RUNS, MAX_PIXELS_WIDE, check_picture_size
from tasks.ingest.manifest import build_manifest
from tests.films import encode, ingest_params, jpeg, on_workers, only_row, png_of_size, write_tree
from tests.unit.core.film.decoded_films import GREY, error_of


def bmp_of_runs(width: int, height: int) -> bytes:
    """A BMP of 8 bits in run lengths that is black; it holds few bytes."""
    palette = b"".join(bytes((level, level, level, 0)) for level in range(256))
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 2, 0, 0, 256, 256)
    start = 14 + len(info) + len(palette)
    return struct.pack("<2sIHHI", b"BM", start + 2, 0, 0, start) + info + palette + b"\0\1"


def png_of_kind(width: int, height: int, bits: int, colour: int) -> bytes:
    data = bytearray(png_of_size(width, height))
    data[24], data[25] = bits, colour
    data[29:33] = struct.pack(">I", zlib.crc32(bytes(data[12:29])))
    return bytes(data)


@pytest.mark.parametrize("size", [(100_000_000, 1), (1, 90_000_000), (1_500_000, 64), (65_501, 32)])
def test_a_side_has_a_limit(size: tuple[int, int]) -> None:
    error = error_of(png_of_size(*size))
    assert error.reason == "bomb"
    assert f"{size[0]} x {size[1]} px; the limit of a side is 65500 px" in error.detail


@pytest.mark.parametrize(("bits", "colour"), [(16, 0), (8, 3), (8, 4), (8, 6), (16, 6)])
def test_a_kind_that_needs_more_memory_has_a_lower_limit(bits: int, colour: int) -> None:
    assert error_of(png_of_kind(7_100, 7_100, bits, colour)).reason == "bomb"
    assert open_film(png_of_kind(7_000, 7_000, bits, colour)).width == 7_000


def test_a_webp_of_many_pixels_is_a_bomb() -> None:
    check_picture_size(7_000, 7_000, ("RGB", "WEBP"))
    with pytest.raises(Exception, match="limit for this kind is 50000000 px"):
        check_picture_size(16_000, 6_000, ("RGB", "WEBP"))
    assert MAX_PIXELS_WIDE * 2 == MAX_PIXELS


def test_run_lengths_of_a_bmp_have_a_limit_because_they_are_slow() -> None:
    side = int(MAX_PIXELS_RUNS**0.5)
    assert open_film(bmp_of_runs(side, side)).format == "BMP"
    assert error_of(bmp_of_runs(side + 1, side + 1)).reason == "bomb"


def test_a_png_of_many_chunks_is_refused() -> None:
    png = encode(GREY, "PNG")
    at = png.index(b"IDAT") - 4
    empty = bytes.fromhex("00000000 49444154 35af061e")
    assert open_film(png[:at] + empty * 1000 + png[at:]).width == GREY.shape[1]
    assert error_of(png[:at] + empty * 200_001 + png[at:]).reason == "bomb"


def test_every_extreme_film_is_one_row_and_the_others_are_read(tmp_path: Path) -> None:
    palette = bytearray(encode(Image.fromarray(GREY).convert("P"), "PNG"))
    at = palette.index(b"PLTE") - 4
    del palette[at : at + 12 + struct.unpack(">I", palette[at : at + 4])[0]]
    thin = Image.fromarray(np.zeros((1, 60_000), np.uint8))
    films = {
        "A/no-palette.png": bytes(palette),
        "A/long.png": png_of_size(90_000_000, 1),
        "B/thin.png": encode(thin, "PNG"),
        "A/sound.jpeg": jpeg(1),
        "B/sound.jpeg": jpeg(2),
    }
    manifest = build_manifest(ingest_params(write_tree(tmp_path, films)), compute=on_workers(2))
    reasons = {path: only_row(manifest, path)["reason"] for path in films}
    assert list(reasons.values()) == ["unreadable", "bomb", "too_small", None, None]
    assert "PLTE" in only_row(manifest, "A/no-palette.png")["detail"]
    assert only_row(manifest, "B/thin.png")["detail"] == "60000 x 1 px"
    assert only_row(manifest, "B/thin.png")["width"] == 60_000
