"""Expected performance equals the truth where the probabilities are calibrated."""

import numpy as np
import pytest

from tasks.core.decision.judgement import FilmCalls
from tasks.monitor.expected_performance import expect_performance


def calls_of(prob: np.ndarray, refused: np.ndarray | None = None) -> FilmCalls:
    """Films with these probabilities of a finding, called from 0.3 on."""
    return FilmCalls(
        probabilities=np.column_stack([1 - prob, prob]),
        called_class=(prob > 0.5).astype(np.int64),
        class_sets=np.ones((len(prob), 2), dtype=bool),
        is_novel=np.zeros(len(prob), dtype=bool),
        is_refused=np.zeros(len(prob), dtype=bool) if refused is None else refused,
        prob_finding=prob,
        called_positive=prob >= 0.3,
    )


def test_calibrated_probabilities_foretell_the_true_rates() -> None:
    rng = np.random.default_rng(0)
    then, new = rng.beta(0.5, 0.5, 4000), rng.beta(0.8, 0.5, 4000)
    truth, sick = (rng.random(4000) < prob for prob in (then, new))
    found = expect_performance(calls_of(new), calls_of(then), truth.astype(np.int64), negative=0)
    assert found is not None
    called = new >= 0.3
    true_rates = {
        "accuracy": (called == sick).mean(),
        "sensitivity": called[sick].mean(),
        "specificity": (~called[~sick]).mean(),
    }
    for name, rate in true_rates.items():
        low, high = (found.by_confidence[name][end] for end in ("low", "high"))
        assert low is not None
        assert high is not None
        assert low <= rate <= high
    assert found.by_threshold == pytest.approx(true_rates["accuracy"], abs=0.05)


def test_a_rate_of_too_few_expected_films_is_not_given() -> None:
    prob = np.full(30, 0.05)
    found = expect_performance(calls_of(prob), calls_of(prob), np.zeros(30, np.int64), negative=0)
    assert found is not None
    assert found.by_confidence["sensitivity"]["value"] is None
    assert found.by_confidence["specificity"]["value"] == pytest.approx(1)


def test_refused_films_do_not_count_and_few_films_give_nothing() -> None:
    prob = np.full(30, 0.4)
    refused = np.arange(30) < 11
    truth = np.ones(30, np.int64)
    assert expect_performance(calls_of(prob, refused), calls_of(prob), truth, negative=0) is None
