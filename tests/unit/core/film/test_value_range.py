"""The range of a film's values, and 8 bits in a wider type."""

import numpy as np
import pytest

from tasks.core.film.value_range import byte_step, shown_range


def range_of(values: np.ndarray) -> tuple[float, float]:
    counts = np.bincount(values.ravel(), minlength=2**16)
    return shown_range(np.arange(2**16, dtype=np.float64), counts)


def test_the_range_is_from_the_lowest_to_the_highest_value() -> None:
    assert range_of(np.array([100, 200, 3000])) == (100, 3000)
    assert range_of(np.arange(500, 1500)) == (500, 1499)


def test_an_outlier_is_clipped_at_half_the_range_beyond_the_percentiles() -> None:
    film = np.concatenate([np.repeat([1000, 2000], 5000), [65535] * 20, [0] * 20])
    assert range_of(film) == (500, 2500)


def test_a_letter_that_is_little_brighter_than_the_film_is_not_clipped() -> None:
    film = np.concatenate([np.arange(1000, 3000).repeat(10), [3900] * 50])
    assert range_of(film) == (1000, 3900)


def test_a_film_of_one_level_with_a_letter_keeps_the_letter() -> None:
    assert range_of(np.array([500] * 1000 + [900])) == (500, 900)
    assert range_of(np.array([7, 7])) == (7, 7)
    assert shown_range(np.arange(4.0), np.zeros(4, dtype=np.int64)) == (0, 0)


def test_values_may_come_in_any_order() -> None:
    assert shown_range(np.array([3.0, -1.0, 2.0]), np.array([1, 1, 0])) == (-1, 3)


@pytest.mark.parametrize(
    ("values", "step"),
    [([0, 7, 255], 1), ([0, 257, 65535], 257), ([256, 65280], 256), ([0, 300], None),
     ([16, 4080], None), ([], 1)],
)  # fmt: skip
def test_the_step_between_bytes_in_a_wider_type(values: list[int], step: int | None) -> None:
    assert byte_step(np.bincount(np.array(values, dtype=int), minlength=2**16)) == step
