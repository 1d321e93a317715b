import numpy as np
import pytest

from tasks.explain.films.film_place import SquarePlace
from tasks.explain.films.square_place import place_in_square, square_mask
from tests.unit.explain.films.spot_films import resize_params


@pytest.mark.parametrize(
    ("geometry", "box", "square_box"),
    [
        ("stretch", (0.25, 0.2, 0.75, 0.6), (0, 0, 1, 1)),
        ("crop", (0.3, 0.2, 0.7, 0.6), (0, 0, 1, 1)),  # the middle 40 px
        ("letterbox", (0.25, 0.2, 0.75, 0.6), (0, 0.0625, 1, 0.875)),  # 13 rows below one
    ],
)
def test_a_region_of_50_by_40_px_on_a_film_of_100_by_100(
    geometry: str, box: tuple[float, ...], square_box: tuple[float, ...]
) -> None:
    place = place_in_square((25, 20, 75, 60), 100, 100, resize_params(geometry, "none", 16))
    assert place.box == pytest.approx(box)
    assert place.square_box == square_box


def test_a_mask_holds_the_pixels_whose_centre_lies_in_the_box() -> None:
    # rows 2 to 5 of 8 show rows 0.5 to 1 of the film, all columns
    place = SquarePlace((0, 0.5, 1, 1), (0, 0.25, 1, 0.75))
    mask = square_mask((0.5, 0.7, 0.76, 1), place, 8)
    expected = np.zeros((8, 8), dtype=bool)
    expected[4:6, 4:6] = True  # rows at 0.5625, 0.6875, 0.8125, 0.9375; columns at 0.5625, 0.6875
    np.testing.assert_array_equal(mask, expected)


def test_a_box_outside_of_what_the_square_shows_is_empty() -> None:
    place = SquarePlace((0.2, 0.2, 0.8, 0.8), (0, 0, 1, 1))
    assert not square_mask((0, 0, 0.15, 1), place, 8).any()
    assert square_mask((0, 0, 1, 1), place, 8).all()
