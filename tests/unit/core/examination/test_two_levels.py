"""The share of pixels near two grey levels, by hand."""

import pytest

from tasks.core.examination.two_levels import two_level_share


def histogram(**counts: int) -> list[int]:
    """Pixels per grey level; `at9=5` means 5 pixels of level 9."""
    of_level = {int(name.removeprefix("at")): n for name, n in counts.items()}
    return [of_level.get(level, 0) for level in range(256)]


def test_two_levels_far_apart_hold_all_pixels_of_a_mask() -> None:
    assert two_level_share(histogram(at0=70, at255=30)) == 1.0
    assert two_level_share(histogram(at3=60, at10=10, at200=25, at120=5)) == 0.95


def test_levels_that_are_near_or_few_are_no_pair() -> None:
    assert two_level_share(histogram(at100=50, at140=50)) == 0.0  # 40 levels apart, not 64
    assert two_level_share(histogram(at10=99, at250=1)) == 0.0  # 1 % is a letter, not a region


@pytest.mark.parametrize("level", [0, 128, 255])
def test_one_level_is_no_pair(level: int) -> None:
    assert two_level_share([100 * (one == level) for one in range(256)]) == 0.0
