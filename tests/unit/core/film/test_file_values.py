"""PNG, TIFF and JPEG: 16 bits are kept, and each attribute of grey values is used or refused."""

import struct
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.decode import colour_of, decode_reduced, open_film
from tests.films import encode
from tests.unit.core.film.decoded_films import GREY, decoded, error_of
from tests.unit.core.film.wide_files import png_of, tiff_of, with_chunk

WIDE = GREY.astype(np.uint16) * 16 + 5  # 12 bits
ALPHA = np.full(GREY.shape, 65535, dtype=np.uint16)
SHOWN = decoded(encode(WIDE, "PNG"))


def test_12_bits_in_16_use_all_grey_levels() -> None:
    assert len(np.unique(SHOWN)) == len(np.unique(GREY))
    assert (SHOWN.min(), SHOWN.max()) == (0, 255)
    image = decode_reduced(open_film(encode(WIDE, "PNG")), None).image
    assert image.mode == "I;16"
    assert len(np.unique(np.asarray(image))) == len(np.unique(WIDE))


@pytest.mark.parametrize("factor", [1, 256, 257])
@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_8_bits_in_16_equal_the_8_bit_film(factor: int, form: str) -> None:
    data = encode(GREY.astype(np.uint16) * factor, form)
    assert np.array_equal(decoded(data), GREY)
    assert decode_reduced(open_film(data), None).image.mode == "L"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("pixels", "shown"), [(WIDE, SHOWN), (GREY, GREY)])
def test_white_is_zero_is_inverted(order: str, pixels: Any, shown: Any) -> None:
    negative = pixels.max() + pixels.min() - pixels if pixels is WIDE else 255 - pixels
    assert np.array_equal(decoded(tiff_of(negative, order, t262=0)), shown)
    assert np.array_equal(decoded(tiff_of(pixels, order)), shown)


@pytest.mark.parametrize("channels", [(WIDE, ALPHA), (WIDE,) * 3, (WIDE, WIDE, WIDE, ALPHA)])
def test_a_grey_png_of_16_bits_in_another_mode_has_the_same_pixels(channels: Any) -> None:
    data = png_of(np.dstack(channels))
    assert np.array_equal(decoded(data), SHOWN)
    assert colour_of(open_film(data)) == 0


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("n_channels", [3, 4])
def test_a_grey_tiff_of_16_bits_in_colour_has_the_same_pixels(order: str, n_channels: int) -> None:
    channels = (WIDE, WIDE, WIDE, ALPHA)[:n_channels]
    tags = {"t338": 2} if n_channels == 4 else {}
    assert np.array_equal(decoded(tiff_of(np.dstack(channels), order, **tags)), SHOWN)


def test_colour_of_16_bits_becomes_luma() -> None:
    colour = np.full((40, 40, 3), (200 * 257, 100 * 257, 50 * 257), dtype=np.uint16)
    colour[0, 0], colour[0, 1] = 0, 65535
    # 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    assert np.unique(decoded(png_of(colour))).tolist() == [0, 124, 255]


def test_transparent_pixels_are_black_and_no_part_of_the_range() -> None:
    marked = WIDE.copy()
    marked[:40] = 65535
    keyed = decoded(png_of(marked, {"tRNS": struct.pack(">H", 65535)}))
    alpha = decoded(png_of(np.dstack([marked, np.where(marked == 65535, 0, 65535)])))
    rgb = decoded(png_of(np.dstack([marked] * 3), {"tRNS": struct.pack(">HHH", *[65535] * 3)}))
    for shown in (keyed, alpha, rgb):
        assert not shown[:40].any()
        assert np.array_equal(shown[40:], decoded(encode(WIDE[40:], "PNG")))


@pytest.mark.parametrize("bits", [2, 4])
def test_the_transparent_level_of_2_and_4_bits_is_scaled_as_the_pixels_are(bits: int) -> None:
    top = 2**bits - 1
    step = 255 // top
    levels = np.tile(np.arange(2**bits, dtype=np.uint8), (40, 10))
    assert np.array_equal(decoded(png_of(levels, bits=bits)), levels * step)
    keyed = decoded(png_of(levels, {"tRNS": struct.pack(">H", top)}, bits=bits))
    assert np.array_equal(keyed, np.where(levels == top, 0, levels * step))


CHUNKS = {
    "gAMA": struct.pack(">I", 20000),
    "cHRM": struct.pack(">8I", *[30000] * 8),
    "sRGB": b"\0",
    "sBIT": b"\x05",
    "bKGD": struct.pack(">H", 9),
    "pHYs": struct.pack(">IIB", 100, 300, 1),
    "cICP": bytes([9, 16, 0, 1]),
    "mDCV": bytes(24),
    "cLLI": bytes(8),
}


@pytest.mark.parametrize("kind", CHUNKS)
@pytest.mark.parametrize("pixels", [GREY, WIDE])
def test_a_chunk_that_is_a_fact_of_the_container_changes_no_pixel(kind: str, pixels: Any) -> None:
    data = encode(pixels, "PNG")
    assert np.array_equal(decoded(with_chunk(data, kind, CHUNKS[kind])), decoded(data))


@pytest.mark.parametrize("tag", ["t280", "t281", "t291", "t301", "t340", "t341"])
def test_a_tiff_tag_that_is_ignored_changes_no_pixel(tag: str) -> None:
    assert np.array_equal(decoded(tiff_of(WIDE, **{tag: [7] * 4})), SHOWN)


REFUSED = {
    "PhotometricInterpretation 8": tiff_of(np.dstack([GREY] * 3), t262=8),
    "PhotometricInterpretation 4": tiff_of(GREY, t262=4),
    "without PhotometricInterpretation": tiff_of(WIDE, t262=None),
    "BitsPerSample 10": tiff_of(WIDE, t258=[10]),
    "SampleFormat 2": tiff_of(WIDE.astype(np.int16), t339=2),
    "SampleFormat 3": tiff_of(GREY.astype(np.float32), t339=3),
    "ExtraSamples 2": tiff_of(np.dstack([WIDE, ALPHA]), t262=1, t338=2),
    "NewSubfileType 4": tiff_of(GREY, t254=4),
    "PlanarConfiguration 2": tiff_of(np.dstack([WIDE] * 3), t284=2),
    "inks": tiff_of(np.dstack([WIDE] * 4), t262=5),
}


@pytest.mark.parametrize("words", REFUSED)
def test_a_tiff_that_would_be_shown_wrongly_is_refused_by_name(words: str) -> None:
    error = error_of(REFUSED[words])
    assert error.reason in ("unreadable", "bit_depth")
    assert words in error.detail


def test_cmyk_without_an_adobe_marker_is_refused() -> None:
    data = encode(Image.new("CMYK", (40, 40), (60, 60, 60, 40)), "JPEG")
    at = data.index(b"Adobe") - 4
    without = data[:at] + data[at + 16 :]
    assert "Adobe marker" in error_of(without).detail
    assert decoded(data).shape == (40, 40)
