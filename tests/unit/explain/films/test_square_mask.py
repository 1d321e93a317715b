import numpy as np

from tasks.core.film.film_place import SquarePlace
from tasks.explain.films.square_mask import square_mask


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
