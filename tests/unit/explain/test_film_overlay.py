"""Heat and superpixels on a film of 40 x 20 px, of which a letterboxed square shows all."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.film_place import SquarePlace
from tasks.explain.film_overlay import (
    AGAINST_LINE,
    FOR_LINE,
    N_OUTLINED,
    draw_overlay,
    draw_superpixels,
    on_film,
)
from tasks.explain.films.film_list import ShownFilm

FILM = ShownFilm(Image.new("L", (40, 20), 100), SquarePlace((0, 0, 1, 1), (0, 0.25, 1, 0.75)))
SQUARE = ShownFilm(Image.new("L", (32, 32), 100), SquarePlace((0, 0, 1, 1), (0, 0, 1, 1)))


def colours(picture: Image.Image) -> NDArray[np.int64]:
    return np.asarray(picture.convert("RGB")).astype(int)


def test_positive_heat_is_orange_negative_heat_is_blue_and_none_is_grey() -> None:
    heat = np.zeros((4, 4), dtype=np.float16)
    heat[1, 0], heat[2, 3] = 2, -2  # the upper left and the lower right of what is shown
    drawn = colours(draw_overlay(FILM, heat, 2))
    red, _, blue = drawn[2, 2]
    assert (red > 150, blue < 60) == (True, True)
    red, _, blue = drawn[17, 37]
    assert (blue > 140, red < 60) == (True, True)
    np.testing.assert_allclose(drawn[2, 30], 100, atol=1)  # the palette rounds colours


def test_heat_above_the_limit_has_the_fullest_colour() -> None:
    heat = np.full((4, 4), 1, dtype=np.float16)
    full = colours(draw_overlay(FILM, heat, 1))
    np.testing.assert_array_equal(full, colours(draw_overlay(FILM, heat * 50, 1)))
    half = colours(draw_overlay(FILM, heat, 2))
    assert half[10, 20, 0] == pytest.approx((full[10, 20, 0] + 100) / 2, abs=1)


@pytest.mark.parametrize("limit", [0.0, 1.0])
def test_maps_of_zeros_leave_the_film_as_it_is(limit: float) -> None:
    drawn = colours(draw_overlay(FILM, np.zeros((4, 4), dtype=np.float16), limit))
    assert (drawn == 100).all()


def test_values_outside_of_what_the_square_shows_are_zero() -> None:
    film = ShownFilm(Image.new("L", (40, 20)), SquarePlace((0.25, 0, 0.75, 1), (0, 0, 1, 1)))
    shown = on_film(film, np.ones((8, 8), dtype=np.float32), Image.Resampling.BILINEAR)
    assert shown[:, 10:30].min() == 1
    assert not shown[:, :10].any()
    assert not shown[:, 30:].any()


def segments() -> NDArray[np.uint16]:
    """16 superpixels of 8 x 8 px."""
    rows = np.arange(32) // 8
    return (rows[:, np.newaxis] * 4 + rows).astype(np.uint16)


def lines(picture: Image.Image, colour: str) -> NDArray[np.bool_]:
    wanted = np.array(list(bytes.fromhex(colour[1:])))
    return (colours(picture) == wanted).all(axis=2)


def test_a_solid_line_surrounds_what_speaks_for_and_a_dashed_one_what_speaks_against() -> None:
    heat = np.zeros((32, 32), dtype=np.float16)
    heat[:8, :8], heat[24:, 24:] = 1, -1
    drawn = draw_superpixels(SQUARE, segments(), heat)
    ring = np.zeros((32, 32), dtype=bool)
    ring[:8, :8] = True
    ring[2:6, 2:6] = False
    np.testing.assert_array_equal(lines(drawn, FOR_LINE), ring)
    against = lines(drawn, AGAINST_LINE)
    assert 0 < against.sum() < ring.sum()
    assert not against[:24].any()
    assert not (against & ~ring[::-1, ::-1]).any()


def test_only_the_strongest_superpixels_are_surrounded_and_none_of_weight_zero() -> None:
    weights = np.arange(1, 17, dtype=np.float16)
    drawn = lines(draw_superpixels(SQUARE, segments(), weights[segments()]), FOR_LINE)
    surrounded = {int(one) for one in segments()[drawn]}
    assert surrounded == set(range(16 - N_OUTLINED, 16))
    none = draw_superpixels(SQUARE, segments(), np.zeros((32, 32), dtype=np.float16))
    assert not lines(none, FOR_LINE).any()
    assert not lines(none, AGAINST_LINE).any()
