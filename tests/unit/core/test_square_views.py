"""Where the views of a square lie, and how their heat maps become one map."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.square_views import put_back, view_boxes


def test_one_view_is_the_square():
    assert view_boxes(1, 64) == ((0, 0, 64, 64),)


def test_six_views_are_the_square_its_centre_and_its_corners():
    assert view_boxes(6, 64) == (
        *((0, 0, 64, 64), (4, 4, 60, 60), (0, 0, 56, 56)),
        *((0, 8, 56, 64), (8, 0, 64, 56), (8, 8, 64, 64)),
    )


@given(st.integers(16, 1024))
def test_crops_keep_85_to_90_percent_of_the_side_and_stay_inside(size_px):
    for top, left, bottom, right in view_boxes(6, size_px)[1:]:
        assert bottom - top == right - left
        assert 0.84 <= (bottom - top) / size_px <= 0.91
        assert min(top, left) >= 0
        assert max(bottom, right) <= size_px


def test_the_map_of_the_whole_square_stays():
    maps = np.arange(12, dtype=np.float32).reshape(1, 3, 4)
    np.testing.assert_allclose(put_back(maps, view_boxes(1, 64)), maps[0], rtol=1e-6)


def test_a_spot_goes_back_to_its_place():
    """Eight cells of a crop of 7/8 are each 7/8 of a cell wide: cell 7 ends at 7 of 8 cells."""
    maps = np.zeros((6, 8, 8), np.float32)
    maps[2, 7, 0] = 1.0  # lower left of the upper left crop
    maps[5, 0, 7] = 2.0  # upper right of the lower right crop
    found = put_back(maps, view_boxes(6, 64))
    expected = np.zeros((8, 8))
    expected[6, 0], expected[1, 7] = 1.0, 2.0
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_cell_between_two_is_divided_by_area():
    """The lower cell of the upper 6 px lies from 3 to 6 px: a third above the middle of 8 px."""
    maps = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [9.0, 0.0]]])
    found = put_back(maps, [(0, 0, 8, 8), (0, 0, 6, 8)])
    np.testing.assert_allclose(found, [[3.0, 0.0], [6.0, 0.0]], atol=1e-6)


@pytest.mark.parametrize("shape", [(16, 16), (7, 7), (3, 5), (1, 1)])
def test_the_sum_over_all_places_stays(shape):
    maps = np.random.default_rng(0).normal(size=(2, 3, 6, *shape))
    found = put_back(maps, view_boxes(6, 50))
    assert found.shape == (2, 3, *shape)
    np.testing.assert_allclose(found.sum((-1, -2)), maps.sum((-1, -2, -3)), rtol=1e-4, atol=1e-4)
