import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tasks.explain.grading.map_scale import cell_means, cell_numbers, scale_maps


@given(st.integers(1, 9), st.integers(9, 20))
def test_an_even_map_stays_even(side, side_px):
    scaled = scale_maps(np.full((2, side, side), 3.0), side_px)
    assert scaled.shape == (2, side_px, side_px)
    np.testing.assert_allclose(scaled, 3.0)


def test_a_map_of_the_right_size_stays_as_it_is():
    maps = np.random.default_rng(0).normal(size=(2, 7, 7))
    np.testing.assert_array_equal(scale_maps(maps, 7), maps)


def test_cells_cover_the_film_in_rows():
    assert cell_numbers(3, 2).tolist() == [[0, 0, 1], [0, 0, 1], [2, 2, 3]]
    assert cell_means(np.arange(9.0).reshape(1, 3, 3), 2).tolist() == [[2.0, 3.5, 6.5, 8.0]]
