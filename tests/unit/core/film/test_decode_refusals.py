"""Files that the decoder refuses, and the reason code of each."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tasks.core.film.decode import open_film
from tasks.core.film.errors import MAX_PIXELS
from tasks.core.film.grey import bit_depth
from tests.films import encode, png_of_size
from tests.unit.core.film.decoded_films import GREY, coloured, reason_of, tiff_with_directory_first


def test_a_picture_of_1_bit_is_refused() -> None:
    data = encode(Image.fromarray(GREY > 100), "PNG")
    assert open_film(data).mode == "1"  # the header can still be read
    assert reason_of(data) == "bit_depth"


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_a_picture_of_32_bits_is_refused(dtype: Any) -> None:
    from_0_to_1 = encode((GREY / 255).astype(dtype), "TIFF")
    assert bit_depth(open_film(from_0_to_1).mode) == 32
    assert reason_of(from_0_to_1) == "bit_depth"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("share", [0.5, 0.8, 0.98])
def test_a_film_cut_off_is_truncated(form: str, share: float) -> None:
    options = {"tiffinfo": {}} if form == "TIFF" else {}
    data = encode(GREY, form, **options)
    if form == "TIFF":  # Pillow writes the directory at the end of the file
        data = tiff_with_directory_first()
    assert reason_of(data[: int(len(data) * share)]) == "truncated"


def test_a_jpeg_cut_off_in_its_header_is_truncated() -> None:
    assert reason_of(encode(GREY, "JPEG")[:300]) == "truncated"


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"<html>no film</html>", bytes(500)])
def test_bytes_that_are_not_an_image_are_unreadable(data: bytes) -> None:
    assert reason_of(data) == "unreadable"


@pytest.mark.parametrize("form", ["GIF", "EPS", "PPM", "ICO", "PDF", "TGA"])
def test_other_formats_are_unreadable(form: str) -> None:
    # Pillow would run Ghostscript on EPS; no other program may run on a file of the source
    assert reason_of(encode(coloured(), form)) == "unreadable"


@pytest.mark.parametrize("size", [(10_000, 10_001), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_a_header_that_states_too_many_pixels_is_a_bomb(size: tuple[int, int]) -> None:
    assert reason_of(png_of_size(*size)) == "bomb"


def test_the_largest_film_allowed_is_opened() -> None:
    image = open_film(png_of_size(10_000, 10_000))
    assert image.width * image.height == MAX_PIXELS


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0"])
)
@settings(max_examples=100, deadline=None)
def test_random_bytes_are_a_film_error(tail: bytes, start: bytes) -> None:
    assert reason_of(start + tail) in ("unreadable", "truncated", "bomb")
