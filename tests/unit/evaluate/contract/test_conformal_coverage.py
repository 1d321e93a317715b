"""The promise of conformal sets, by simulation and as a property."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.evaluate.contract.conformal_fit import fit_conformal_sets


def draw(rng: np.random.Generator, n_of_class: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a bad network, that knows little and is too sure, and the true classes."""
    truth = np.repeat(np.arange(len(n_of_class)), n_of_class)
    logits = rng.normal(size=(len(truth), len(n_of_class)))
    logits[np.arange(len(truth)), truth] += 1.0
    odds = np.exp(3 * logits)
    return odds / odds.sum(axis=1, keepdims=True), truth


@pytest.mark.parametrize("coverage", [0.8, 0.9])
@pytest.mark.parametrize("n_of_class", [(60, 60), (400, 30), (300, 20, 60)])
def test_sets_hold_the_true_class_as_often_as_promised(n_of_class, coverage):
    rng = np.random.default_rng(5)
    held = np.zeros(len(n_of_class))
    for _ in range(400):
        sets = fit_conformal_sets(*draw(rng, n_of_class), coverage)
        probabilities, truth = draw(rng, (50,) * len(n_of_class))
        of_truth = sets.sets(probabilities)[np.arange(len(truth)), truth]
        held += of_truth.reshape(len(n_of_class), 50).mean(axis=1) / 400
    for share, n in zip(held, n_of_class, strict=True):
        promised = math.ceil((n + 1) * coverage) / (n + 1)  # exact for n films; never less
        assert share == pytest.approx(promised, abs=0.015)


def test_the_observed_coverage_lies_in_the_expected_range_in_95_percent_of_studies():
    rng = np.random.default_rng(7)
    seen = []
    for _ in range(1500):
        sets = fit_conformal_sets(*draw(rng, (40, 40)), 0.9)
        probabilities, _ = draw(rng, (90, 0))
        seen.append(sets.sets(probabilities)[:, 0].mean())
    low, high = sets.expected_range(0, 90)  # it depends on the numbers of films only
    inside = (np.array(seen) >= low) & (np.array(seen) <= high)
    assert 0.935 <= inside.mean() <= 0.975  # whole films: the range holds 95 % or a little more


def test_one_quantile_for_all_classes_would_break_the_promise():
    # Why there is one for each class: the network of this test doubts the rare class
    probabilities, truth = draw(np.random.default_rng(6), (1900, 100))
    probabilities = probabilities * [1.0, 0.2]
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    misfit = 1 - probabilities[np.arange(2000), truth]
    assert np.mean(misfit[truth == 1] <= np.quantile(misfit, 0.9)) < 0.8
    sets = fit_conformal_sets(probabilities, truth, 0.9).sets(probabilities)
    assert sets[truth == 1, 1].mean() >= 0.9


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.tuples(*[st.floats(0.01, 1)] * 3)), min_size=1, max_size=60
    ),
    st.floats(0.05, 0.95),
)
@settings(max_examples=60, deadline=None)
def test_at_least_the_promised_share_of_the_fitted_films_is_held(films, coverage):
    truth = np.array([index for index, _ in films])
    odds = np.array([values for _, values in films])
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    fitted = fit_conformal_sets(probabilities, truth, coverage)
    sets = fitted.sets(probabilities)
    for index in range(3):
        of_class = sets[truth == index, index]
        if len(of_class):
            assert of_class.mean() >= coverage - 1e-9
        # An independent check: count the films that fit worse than the quantile
        misfit = 1 - probabilities[truth == index, index]
        worse = int((misfit > fitted.quantiles[index]).sum())
        assert worse <= math.floor(len(misfit) + 1 - (len(misfit) + 1) * coverage + 1e-9)


@given(st.floats(0.05, 0.5), st.floats(0.5, 0.95), st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_a_higher_promise_never_makes_a_set_smaller(low, high, seed):
    films = draw(np.random.default_rng(seed), (15, 25))
    small, large = (fit_conformal_sets(*films, one).sets(films[0]) for one in (low, high))
    assert not (small & ~large).any()
