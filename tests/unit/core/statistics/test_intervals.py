"""Wilson's interval and the mirrored estimate: numbers worked by hand."""

import math

import pytest

from tasks.core.statistics.intervals import Estimate, wilson_interval


def ends(n_hits: int, n: int) -> tuple[float, float]:
    found = wilson_interval(n_hits, n)
    return found.low, found.high


def test_wilson_interval_by_hand() -> None:
    # 0 of 10: centre = half width = (z^2 / 20) / (1 + z^2 / 10), z^2 = 3.841459:
    # high = z^2 / (10 + z^2) = 3.841459 / 13.841459
    assert ends(0, 10) == pytest.approx((0.0, 0.277533), abs=1e-6)
    assert ends(10, 10) == pytest.approx((0.722467, 1.0), abs=1e-6)
    # 5 of 10: 0.5 -+ z / (1 + z^2/10) * sqrt(0.025 + z^2/400) = 0.5 -+ 1.415965 * 0.186036
    assert ends(5, 10) == pytest.approx((0.236594, 0.763406), abs=1e-5)


@pytest.mark.parametrize(("n_hits", "n"), [(0, 1), (1, 1), (3, 7), (62, 65), (999, 1000)])
def test_wilson_ends_solve_the_score_equation(n_hits: int, n: int) -> None:
    found = wilson_interval(n_hits, n)
    assert found.value == n_hits / n
    for end in (found.low, found.high):
        error = math.sqrt(end * (1 - end) / n)
        assert abs(found.value - end) == pytest.approx(1.959964 * error, abs=1e-7)


def test_folding_mirrors_value_and_interval() -> None:
    below = Estimate(value=0.25, low=0.125, high=0.5)
    above = Estimate(value=0.75, low=0.5, high=0.875)
    assert below.folded() == above
    assert above.folded() == above
