"""Dark borders are trimmed with the letters in them; without lungs the full frame is used."""

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.found_region import FULL_FRAME, NOT_FOUND
from tasks.core.film.region import find_region, trim_border
from tasks.core.image_store.store import Pixels
from tests.films import film_pixels


def bordered(left: int, top: int, right: int, bottom: int) -> Pixels:
    """A bright film of 200 x 200 px with black borders of the given widths."""
    film = np.zeros((200, 200), dtype=np.uint8)
    film[top : 200 - bottom, left : 200 - right] = 130
    return film


def test_dark_borders_are_trimmed_to_the_pixel() -> None:
    found = trim_border(bordered(20, 10, 6, 40))
    assert found.box == (0.1, 0.05, 0.97, 0.8)
    assert found.confidence == 1


def test_a_letter_in_the_border_is_trimmed_with_it() -> None:
    film = bordered(30, 0, 0, 0)
    film[20:40, 5:20] = 255  # a tenth of the height
    assert trim_border(film).box == (0.15, 0, 1, 1)


def test_a_long_bright_object_at_the_edge_is_not_trimmed() -> None:
    film = bordered(30, 0, 0, 0)
    film[20:80, 5:20] = 255  # three tenths of the height: an arm
    assert trim_border(film).box == (5 / 200, 0, 1, 1)


def test_a_film_without_border_is_not_trimmed() -> None:
    assert trim_border(bordered(0, 0, 0, 0)).box == FULL_FRAME
    assert trim_border(bordered(0, 0, 0, 0)).confidence == 1


@pytest.mark.parametrize("film", [bordered(90, 0, 0, 0), np.zeros((64, 64), dtype=np.uint8)])
def test_a_film_that_is_mostly_dark_gets_the_full_frame(film: Pixels) -> None:
    assert trim_border(film) == NOT_FOUND
    assert (NOT_FOUND.box, NOT_FOUND.confidence) == ((0, 0, 1, 1), 0)


def test_a_dark_stripe_inside_the_film_is_not_trimmed() -> None:
    film = bordered(0, 0, 0, 0)
    film[:, 60:90] = 0
    assert trim_border(film).box == FULL_FRAME


def test_region_none_is_the_full_frame_with_confidence_1() -> None:
    found = find_region(Image.new("L", (30, 20), 9), (0, 0, 30, 20), "none")
    assert (found.box, found.confidence) == (FULL_FRAME, 1)


def test_the_border_search_uses_the_frame_only() -> None:
    grey = Image.fromarray(bordered(50, 0, 0, 0))
    found = find_region(grey, (50, 0, 200, 200), "border")
    assert found.box == FULL_FRAME


@pytest.mark.parametrize(
    "film",
    [
        np.full((96, 96), 120, np.uint8),
        np.zeros((96, 96), np.uint8),
        np.tile(np.arange(96, dtype=np.uint8), (96, 1)),
        film_pixels(3, 96, 96),
    ],
    ids=["grey", "black", "gradient", "clouds"],
)
def test_a_picture_without_lungs_gets_the_full_frame(film: Pixels) -> None:
    found = find_region(Image.fromarray(film), (0, 0, 96, 96), "lungs")
    assert found == NOT_FOUND
