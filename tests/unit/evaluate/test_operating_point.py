import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.errors import EvaluationError
from tasks.evaluate.operating_point import choose_threshold

#                 +     +     -    +    +    -    -    +    -     -
PROB = np.array([0.95, 0.90, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
POSITIVE = np.array([1, 1, 0, 1, 1, 0, 0, 1, 0, 0], dtype=bool)  # five of ten


@pytest.mark.parametrize(
    ("target", "expected"),
    [(0.2, 0.95), (0.4, 0.9), (0.6, 0.7), (0.61, 0.6), (0.8, 0.6), (0.81, 0.3), (0.99, 0.3)],
)
def test_threshold_on_ten_films_by_hand(target, expected):
    order = np.random.default_rng(0).permutation(10)
    assert choose_threshold(PROB[order], POSITIVE[order], target) == expected


def test_tied_positives_are_called_together():
    prob = np.array([0.9, 0.6, 0.6, 0.6, 0.6])
    assert choose_threshold(prob, np.array([1, 1, 1, 0, 1], dtype=bool), 0.5) == 0.6


def test_one_positive_film_sets_the_threshold():
    assert choose_threshold(PROB, PROB == 0.4, 0.97) == 0.4


def test_error_without_positive_films_names_the_next_step():
    with pytest.raises(EvaluationError, match=r"split val(.|\n)*resample\.val_share"):
        choose_threshold(PROB, np.zeros(10, dtype=bool), 0.97)


def test_rounding_error_does_not_ask_for_one_film_more():
    # 14 of 25 is 0.56, although 0.56 * 25 is 14.000000000000002 in floating point
    prob = np.linspace(1.0, 0.5, 25)
    threshold = choose_threshold(prob, np.ones(25, dtype=bool), 0.56)
    assert (prob >= threshold).sum() == 14


@given(
    films=st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=60),
    target=st.floats(0.01, 0.99),
)
def test_threshold_is_the_highest_that_reaches_the_target(films, target):
    prob = np.array([score / 20 for score, _ in films])
    positive = np.array([truth for _, truth in films])
    if not positive.any():
        return
    threshold = choose_threshold(prob, positive, target)

    def reached(level: float) -> float:
        return (prob[positive] >= level).sum() / positive.sum()

    assert reached(threshold) >= target
    assert all(reached(level) < target for level in np.unique(prob) if level > threshold)
