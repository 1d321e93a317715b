"""The colour of a picture, by numbers worked out by hand."""

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.decode import colour_of, decode_grey, open_film
from tasks.core.film.errors import FilmError
from tests.films import encode
from tests.unit.core.film.decoded_films import GREY, coloured, decoded


def test_a_grey_film_has_no_colour_in_any_mode() -> None:
    image = Image.fromarray(GREY)
    for mode in ("L", "LA", "RGB", "RGBA", "P"):
        assert colour_of(open_film(encode(image.convert(mode), "PNG"))) == 0, mode
    assert colour_of(open_film(encode(image.convert("RGB"), "JPEG", quality=75))) == 0
    assert colour_of(open_film(encode(GREY.astype(np.uint16), "PNG"))) == 0


@pytest.mark.parametrize("form", ["JPEG", "PNG", "BMP", "TIFF"])
def test_colour_is_the_largest_minus_the_smallest_channel(form: str) -> None:
    picture = Image.new("RGB", (64, 48), (90, 90, 90))
    picture.paste((200, 100, 50), (0, 0, 16, 48))  # a quarter of the cells: (200 - 50) / 4
    options = {"quality": 100, "subsampling": 0} if form == "JPEG" else {}
    assert colour_of(open_film(encode(picture, form, **options))) == pytest.approx(37.5, abs=0.5)


def test_colour_of_transparent_pixels_does_not_count() -> None:
    picture = Image.new("RGBA", (64, 64), (200, 100, 50, 0))
    assert colour_of(open_film(encode(picture, "PNG"))) == 0


def test_colour_can_be_measured_before_the_film_is_decoded() -> None:
    data = encode(coloured(), "JPEG")
    film = open_film(data)
    assert colour_of(film) > 20
    assert np.array_equal(decode_grey(film), decoded(data))


def test_colour_of_a_film_cut_off_is_truncated() -> None:
    data = encode(coloured(), "PNG")
    with pytest.raises(FilmError) as caught:
        colour_of(open_film(data[: len(data) // 2]))
    assert caught.value.reason == "truncated"
