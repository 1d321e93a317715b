"""Orientation and reduced scale keep the film in its place."""

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.decode import decode_reduced, open_film
from tests.films import encode, film_pixels
from tests.unit.core.film.decoded_films import GREY, decoded


@pytest.mark.parametrize("form", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "turn"),  # the inverse of the turn that the orientation asks for
    [
        (1, None),
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (3, Image.Transpose.ROTATE_180),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (6, Image.Transpose.ROTATE_90),  # stored 90 degrees to the left: shown turned right
        (7, Image.Transpose.TRANSVERSE),
        (8, Image.Transpose.ROTATE_270),
    ],
)
def test_a_film_is_turned_upright(
    orientation: int, turn: Image.Transpose | None, form: str
) -> None:
    upright = Image.fromarray(GREY)
    stored = upright.transpose(turn) if turn is not None else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    assert np.array_equal(decoded(encode(stored, form, exif=exif, **options)), GREY)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_is_turned_like_a_png(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    jpeg = encode(GREY, "JPEG", quality=95, exif=exif)
    same_pixels = encode(
        Image.fromarray(decoded(encode(GREY, "JPEG", quality=95))), "PNG", exif=exif
    )
    assert np.array_equal(decoded(jpeg), decoded(same_pixels))


@pytest.mark.parametrize(("side", "scale"), [(50, 8), (70, 4), (100, 4), (190, 2), (300, 1)])
def test_reduced_decode_keeps_both_sides_and_stays_close_to_full_decode(
    side: int, scale: int
) -> None:
    data = encode(film_pixels(4, 600, 400), "JPEG", quality=90)
    reduced, full = decoded(data, at_least_px=side), decoded(data)
    assert reduced.shape == (400 // scale, 600 // scale)
    by_boxes = full.reshape(400 // scale, scale, 600 // scale, scale).mean((1, 3))
    assert np.abs(reduced - by_boxes).mean() < 1


def test_the_box_of_a_reduced_decode_by_hand() -> None:
    data = encode(film_pixels(4, 605, 403), "JPEG")
    film = decode_reduced(open_film(data), at_least_px=50)
    assert film.image.size == (76, 51)  # 605 / 8 = 75.625 and 403 / 8 = 50.375, rounded up
    assert film.box == (0, 0, 75.625, 50.375)
    assert film.scale == 1 / 8
    for whole in (data, encode(film_pixels(4, 605, 403), "PNG")):
        film = decode_reduced(open_film(whole), at_least_px=404)
        assert (film.box, film.scale) == ((0, 0, 605, 403), 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_box_keeps_a_reduced_film_in_its_place_at_every_orientation(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = film_pixels(4, 601, 409)  # the film does not fill 3 px of the last 4
    data = encode(pixels, "JPEG", quality=95, exif=exif)
    full = Image.fromarray(decoded(data))
    film = decode_reduced(open_film(data), at_least_px=102)
    rims = [4 * side - true for side, true in zip(film.image.size, full.size, strict=True)]
    assert rims == [3, 3]

    def error(part: tuple[float, float, float, float] | None) -> float:
        small = film.image.resize((64, 64), Image.Resampling.LANCZOS, box=part)
        true = full.resize((64, 64), Image.Resampling.LANCZOS)
        return float(np.abs(np.asarray(small, dtype=int) - true).mean())

    assert error(film.box) < 0.4
    assert error(film.box) < 0.6 * error(None)


def test_other_formats_are_decoded_at_full_size() -> None:
    assert decoded(encode(GREY, "PNG"), at_least_px=16).shape == GREY.shape
