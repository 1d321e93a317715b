"""The large film and the square show the same place at the same place."""

import io
from itertools import product

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.errors import FilmError
from tasks.core.film.square import square_of_film
from tasks.explain.film_overlay import on_film
from tasks.explain.films.film_list import ShownFilm
from tasks.explain.films.large_film import LargeFilm, draw_large_film
from tests.films import encode, film_pixels
from tests.unit.explain.films.spot_films import (
    HEIGHT,
    KINDS,
    WIDTH,
    place_of_spot,
    resize_params,
    spot_film,
)

GEOMETRIES = ("stretch", "letterbox", "crop")
REGIONS = ("none", "border", "lungs")
WAYS = list(product(GEOMETRIES, REGIONS))


def drawn(kind: str, geometry: str, region: str) -> tuple[np.ndarray, LargeFilm]:
    """The square of a film, and the film drawn large."""
    data, params = spot_film(kind), resize_params(geometry, region)
    square = square_of_film(data, params)
    assert (square.box == (0, 0, WIDTH, HEIGHT)) == (region == "none")
    return square.image, draw_large_film(data, square.box, params, 256, None)


@pytest.mark.parametrize(("kind", "geometry", "region"), list(product(KINDS, GEOMETRIES, REGIONS)))
def test_the_spot_lies_at_the_same_place_through_both_boxes(
    kind: str, geometry: str, region: str
) -> None:
    square, film = drawn(kind, geometry, region)
    assert (film.width, film.height, film.shown) == (WIDTH, HEIGHT, (341, 256))
    for axis in (0, 1):
        on_square, of_film = place_of_spot(square)[axis], place_of_spot(film.jpeg)[axis]
        begin, end = film.place.box[axis::2]
        start, stop = film.place.square_box[axis::2]
        through = start + (of_film - begin) / (end - begin) * (stop - start)
        assert through == pytest.approx(on_square, abs=0.5 / 64)


@pytest.mark.parametrize(("geometry", "region"), WAYS)
@pytest.mark.parametrize("heat_px", [64, 16])
def test_heat_at_the_spot_of_the_square_is_drawn_on_the_spot_of_the_film(
    geometry: str, region: str, heat_px: int
) -> None:
    square, film = drawn("JPEG", geometry, region)
    column, row = (int(share * heat_px) for share in place_of_spot(square))
    heat = np.zeros((heat_px, heat_px), dtype=np.float32)
    heat[row, column] = 1
    with Image.open(io.BytesIO(film.jpeg)) as picture:
        shown = on_film(ShownFilm(picture.copy(), film.place), heat, Image.Resampling.BILINEAR)
    assert shown.shape == (256, 341)
    rows, columns = np.nonzero(shown > 0.5 * shown.max())
    hottest = ((columns.mean() + 0.5) / 341, (rows.mean() + 0.5) / 256)
    for axis, share in enumerate(place_of_spot(film.jpeg)):
        begin, end = film.place.box[axis::2]
        start, stop = film.place.square_box[axis::2]
        pixel = (end - begin) / (stop - start) / heat_px  # share of the film in a pixel of heat
        assert abs(hottest[axis] - share) <= 0.6 * pixel + 1 / 256
    outside = np.ones(shown.shape, dtype=bool)
    left, top, right, bottom = film.place.box
    outside[int(top * 256) : int(bottom * 256) + 1, int(left * 341) : int(right * 341) + 1] = False
    assert not shown[outside].any()


@pytest.mark.parametrize(("geometry", "region"), WAYS)
def test_the_lungs_that_are_found_lie_on_the_dark_lungs_of_the_square(
    geometry: str, region: str
) -> None:
    square, film = drawn("JPEG", geometry, region)
    assert film.lung_confidence > 0.25
    assert film.lungs.shape == (64, 64)
    dark = (square > 35) & (square < 70)  # the lungs; not the border and the padding
    assert film.lungs[dark].mean() > 0.98
    assert film.opacities is None


def test_a_film_without_lungs_has_none_and_no_confidence() -> None:
    film = draw_large_film(
        encode(np.full((300, 200), 90, np.uint8), "PNG"),
        (0, 0, 200, 300),
        resize_params("stretch", "none"),
        128,
        None,
    )
    assert (film.lung_confidence, film.lungs.any()) == (0.0, False)


@pytest.mark.parametrize(
    ("size", "shown"), [((1300, 1000), (166, 128)), ((90, 70), (90, 70)), ((64, 300), (64, 300))]
)
def test_a_film_keeps_its_shape_and_a_small_one_its_size(
    size: tuple[int, int], shown: tuple[int, int]
) -> None:
    data = encode(film_pixels(3, *size), "JPEG", quality=95)
    film = draw_large_film(data, (0, 0, *size), resize_params("stretch", "none"), 128, None)
    assert film.shown == shown
    with Image.open(io.BytesIO(film.jpeg)) as picture:
        assert (picture.size, picture.mode) == (shown, "L")
        expected = Image.fromarray(film_pixels(3, *size)).resize(shown, Image.Resampling.LANCZOS)
        assert np.abs(np.asarray(picture, int) - np.asarray(expected, int)).mean() < 3


def test_the_drawn_file_has_no_metadata() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a name"
    data = encode(film_pixels(3), "JPEG", exif=exif, comment=b"a name")
    film = draw_large_film(data, (0, 0, 96, 80), resize_params("stretch", "none"), 128, None)
    assert b"a name" in data
    assert b"a name" not in film.jpeg
    assert b"Exif" not in film.jpeg


def test_a_broken_file_is_an_error() -> None:
    with pytest.raises(FilmError):
        draw_large_film(b"no film", (0, 0, 1, 1), resize_params("stretch", "none"), 128, None)
