import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from tasks.core.decision.decision import OperatingPoint
from tasks.core.errors import EvaluationError
from tasks.evaluate.contract.operating_points import (
    ROUNDING,
    choose_operating_points,
    rates_by_threshold,
)

#                 +     +     -    +    +    -    -    +    -     -
PROB = np.array([0.95, 0.90, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
POSITIVE = np.array([1, 1, 0, 1, 1, 0, 0, 1, 0, 0], dtype=bool)  # five of ten
AIMS = {"target_sensitivity": 0.8, "target_specificity": 0.8, "missed_finding_cost": 5.0}
FILMS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=2, max_size=60)


def points(prob: np.ndarray, positive: np.ndarray, **aims: float) -> dict[str, OperatingPoint]:
    return {p.name: p for p in choose_operating_points(prob, positive, **AIMS | aims)}


def rates_at(threshold: float, prob: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    return (prob[positive] >= threshold).mean(), (prob[~positive] < threshold).mean()


@pytest.mark.parametrize(
    ("target", "expected"),
    [(0.2, 0.95), (0.4, 0.9), (0.6, 0.7), (0.61, 0.6), (0.8, 0.6), (0.81, 0.3), (0.99, 0.3)],
)
def test_target_sensitivity_on_ten_films_by_hand(target, expected):
    order = np.random.default_rng(0).permutation(10)
    found = points(PROB[order], POSITIVE[order], target_sensitivity=target)["target_sensitivity"]
    assert found.threshold == pytest.approx(expected - ROUNDING, abs=1e-9)


@pytest.mark.parametrize(
    ("target", "expected"),  # negatives at 0.1, 0.2, 0.4, 0.5 and 0.8
    [(0.2, 0.2), (0.4, 0.3), (0.6, 0.5), (0.61, 0.6), (0.8, 0.6), (0.81, 0.9), (0.99, 0.9)],
)
def test_target_specificity_on_ten_films_by_hand(target, expected):
    found = points(PROB, POSITIVE, target_specificity=target)["target_specificity"]
    assert found.threshold == pytest.approx(expected - ROUNDING, abs=1e-9)


def test_youden_and_half_on_ten_films_by_hand():
    # at 0.6: 4 of 5 positives, 4 of 5 negatives; at 0.9: 2 of 5 and 5 of 5; at 0.3: 5 and 2
    found = points(PROB, POSITIVE)
    assert found["youden"].threshold == pytest.approx(0.6, abs=1e-5)
    assert (found["youden"].sensitivity, found["youden"].specificity) == (0.8, 0.8)
    assert found["half"].threshold == 0.5
    assert (found["half"].sensitivity, found["half"].specificity) == (0.8, 0.6)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [  # missed and false alarms: 5 and 0 at none, 3 and 0 at 0.9, 1 and 1 at 0.6, 0 and 3 at 0.3
        (0.1, 0.9),  # 0.3 against 1.1
        (1.0, 0.6),  # 2 against 3
        (3.0, 0.3),  # 3 against 4
    ],
)
def test_cost_on_ten_films_by_hand(cost, expected):
    found = points(PROB, POSITIVE, missed_finding_cost=cost)["cost_weighted"]
    assert found.threshold == pytest.approx(expected, abs=1e-5)


def test_equal_costs_take_the_threshold_that_misses_less():
    # at 0.6 one missed and one false alarm, at 0.3 three false alarms: both cost 3
    assert points(PROB, POSITIVE, missed_finding_cost=2.0)["cost_weighted"].threshold < 0.3


def test_no_film_is_called_where_a_negative_film_has_the_highest_probability():
    prob, positive = np.array([0.2, 0.4, 1.0]), np.array([False, True, False])
    found = points(prob, positive, target_specificity=0.9, missed_finding_cost=0.1)
    for name in ("target_specificity", "cost_weighted"):
        assert found[name].threshold > 1.0
        assert (found[name].sensitivity, found[name].specificity) == (0.0, 1.0)


def test_tied_films_are_called_together():
    prob = np.array([0.9, 0.6, 0.6, 0.6, 0.6])
    positive = np.array([1, 1, 1, 0, 1], dtype=bool)
    found = points(prob, positive, target_sensitivity=0.5)["target_sensitivity"]
    assert found.threshold == pytest.approx(0.6, abs=1e-5)
    assert (found.sensitivity, found.specificity) == (1.0, 0.0)


def test_inexact_fractions_do_not_ask_for_one_film_more():
    # 14 of 25 is 0.56, although 0.56 * 25 is 14.000000000000002 in floating point
    prob = np.append(np.linspace(1.0, 0.5, 25), 0.1)
    found = points(prob, prob > 0.4, target_sensitivity=0.56)["target_sensitivity"]
    assert (prob >= found.threshold).sum() == 14


def test_a_call_does_not_turn_when_rounding_moves_all_probabilities():
    rng = np.random.default_rng(0)
    for _ in range(20):
        noise = rng.uniform(-2e-7, 2e-7, 10)
        for point in points(PROB, POSITIVE).values():
            if point.name != "half":
                moved = rates_at(point.threshold, PROB + noise, POSITIVE)
                assert moved == (point.sensitivity, point.specificity)


@pytest.mark.parametrize("positive", [np.zeros(10, dtype=bool), np.ones(10, dtype=bool)])
def test_error_with_one_side_names_the_next_step(positive):
    with pytest.raises(EvaluationError, match=r"of 10(.|\n)*split val(.|\n)*resample\.val_share"):
        points(PROB, positive)


@given(films=FILMS, target=st.floats(0.01, 0.99), cost=st.floats(0.01, 100))
def test_each_promise_is_kept_and_no_other_threshold_is_better(films, target, cost):
    prob = np.array([score / 20 for score, _ in films])
    positive = np.array([truth for _, truth in films])
    if positive.all() or not positive.any():
        return
    aims = {"target_sensitivity": target, "target_specificity": target}
    found = points(prob, positive, missed_finding_cost=cost, **aims)
    for point in found.values():
        assert rates_at(point.threshold, prob, positive) == (point.sensitivity, point.specificity)
    every = [*np.unique(prob), 1.1]
    rates = {level: rates_at(level, prob, positive) for level in every}
    sensitive, specific = found["target_sensitivity"], found["target_specificity"]
    assert sensitive.sensitivity >= target
    higher = [level for level in every if level > sensitive.threshold + 2 * ROUNDING]
    assert all(rates[level][0] < target for level in higher)
    assert specific.specificity >= target
    lower = [level for level in every if level < specific.threshold]
    assert all(rates[level][1] < target for level in lower)
    best = max(sum(pair) for pair in rates.values())
    assert found["youden"].sensitivity + found["youden"].specificity == pytest.approx(best)

    def loss(sensitivity: float, specificity: float) -> float:
        return cost * (1 - sensitivity) * positive.sum() + (1 - specificity) * (~positive).sum()

    chosen = found["cost_weighted"]
    least = min(loss(*pair) for pair in rates.values())
    assert loss(chosen.sensitivity, chosen.specificity) == pytest.approx(least)


def test_rates_are_the_roc_curve_of_scikit_learn():
    rng = np.random.default_rng(3)
    prob, positive = rng.integers(0, 30, 200) / 30, rng.random(200) < 0.4
    rates = rates_by_threshold(prob, positive)
    fpr, tpr, _ = roc_curve(positive, prob, drop_intermediate=False)
    np.testing.assert_allclose(rates.sensitivity[::-1], tpr)
    np.testing.assert_allclose(1 - rates.specificity[::-1], fpr, atol=1e-12)
