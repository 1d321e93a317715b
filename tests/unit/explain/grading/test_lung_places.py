import numpy as np
import pytest

from tasks.explain.grading.lung_places import hottest_place, lung_share


@pytest.fixture
def lungs() -> np.ndarray:
    lungs = np.zeros((12, 12), dtype=bool)
    lungs[1:10, 1:5] = lungs[1:10, 7:11] = True
    return lungs


def spot(row: int, column: int) -> np.ndarray:
    heat = np.zeros((12, 12))
    heat[row, column] = 2.0
    return heat


@pytest.mark.parametrize(
    ("row", "column", "place"),
    [
        (1, 1, "upper right lung"),
        (3, 10, "upper left lung"),
        (4, 2, "middle right lung"),
        (9, 7, "lower left lung"),
        (5, 5, "outside the lungs"),
        (0, 0, "outside the lungs"),
        (11, 11, "outside the lungs"),
    ],
)
def test_the_place_is_named_by_the_sides_of_the_patient(lungs, row, column, place):
    assert hottest_place(spot(row, column), lungs) == place


def test_heat_against_the_class_and_unknown_lungs_have_no_place(lungs):
    for heat, fields in (
        (-spot(2, 2), lungs),
        (np.zeros((3, 3)), lungs),
        (spot(2, 2), lungs & False),
    ):
        assert hottest_place(heat, fields) is None
        assert lung_share(heat, fields) is None


def test_even_heat_has_the_share_that_the_lungs_fill(lungs):
    assert lung_share(np.ones((3, 3)), lungs) == pytest.approx(lungs.mean())
    assert lung_share(lungs.astype(np.float16), lungs) == 1
    assert lung_share(spot(0, 0) + spot(2, 2) - 9 * spot(3, 3), lungs) == 0.5
