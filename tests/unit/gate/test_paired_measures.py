import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.statistics.bootstrap import resample_patients
from tasks.evaluate.comparison.paired_calls import compare_pair
from tasks.gate.film_answers import FilmAnswers
from tasks.gate.paired_measures import (
    ACCURACY,
    AUROC,
    SENSITIVITY,
    SPECIFICITY,
    JudgedTruth,
    difference_rows,
    measure_pair,
)

N = 60
CLASS = np.arange(N) % 2
GROUPS = pd.Series([f"p{number // 3:02d}" for number in range(N)])
TRUTH = JudgedTruth(CLASS, 0, GROUPS, n_bootstrap=200, seed=0)
SEEDS = st.integers(0, 2**16)


def answers(seed: int, signal: float = 0.3) -> FilmAnswers:
    """Answers of a network with two classes; a stronger signal makes a better one."""
    prob = np.random.default_rng(seed).random(N) * (1 - signal) + signal * CLASS
    return of_probabilities(prob)


def of_probabilities(prob: np.ndarray, refused: np.ndarray | None = None) -> FilmAnswers:
    both = np.column_stack([1 - prob, prob])
    is_refused = np.zeros(N, dtype=bool) if refused is None else refused
    return FilmAnswers(both, both.argmax(axis=1), prob, prob >= 0.5, is_refused)


def as_predictions(one: FilmAnswers) -> pd.DataFrame:
    """The same answers as a table of stage `evaluate`."""
    return pd.DataFrame(
        {
            "label": np.array(["A", "B"])[CLASS],
            "group_id": GROUPS,
            "positive": CLASS == 1,
            "prob_positive": one.prob_finding,
            "called_positive": one.called,
            "called_class": np.array(["A", "B"])[one.called_class],
        }
    )


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_differences_and_p_values_are_those_of_the_comparison_of_models(seed):
    new, used = answers(seed), answers(seed + 1)
    resamples = resample_patients(GROUPS, 200, 0)
    expected = compare_pair(as_predictions(new), as_predictions(used), resamples)
    found = measure_pair(TRUTH, new, used)
    for one in expected:
        own = found["AUROC" if one.name == "auroc" else one.name.capitalize()]
        assert own.difference == pytest.approx(one.difference["value"])
        assert one.p is not None
        assert own.p_better is not None
        assert own.p_worse is not None
        assert 2 * min(own.p_better, own.p_worse) == pytest.approx(one.p)
        smaller = own.p_better if own.difference > 0 else own.p_worse
        assert smaller == min(own.p_better, own.p_worse)


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_changing_the_two_networks_mirrors_every_number(seed):
    new, used = answers(seed), answers(seed + 1)
    for one, back in zip(
        measure_pair(TRUTH, new, used).values(),
        measure_pair(TRUTH, used, new).values(),
        strict=True,
    ):
        assert back.difference == pytest.approx(-one.difference)
        assert (back.challenger, back.champion) == (one.champion, one.challenger)
        assert (back.p_better, back.p_worse) == pytest.approx((one.p_worse, one.p_better))


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_naming_the_other_class_positive_changes_sensitivity_and_specificity(seed):
    prob, prob_used = (np.random.default_rng(s).random(N) for s in (seed, seed + 1))
    found = measure_pair(TRUTH, of_probabilities(prob), of_probabilities(prob_used))
    swapped = JudgedTruth(1 - CLASS, 0, GROUPS, n_bootstrap=200, seed=0)
    back = measure_pair(swapped, *(of_probabilities(1 - p) for p in (prob, prob_used)))
    assert back[SENSITIVITY].challenger == found[SPECIFICITY].challenger
    assert back[SPECIFICITY].difference == found[SENSITIVITY].difference
    assert back[AUROC].difference == pytest.approx(found[AUROC].difference)
    assert back[AUROC].p_better == pytest.approx(found[AUROC].p_better)


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(0, N - 1))
def test_one_wrong_call_less_never_makes_a_network_look_worse(seed, film):
    """One film per patient: then the p values of the sign test are monotone."""
    truth = JudgedTruth(CLASS, 0, pd.Series(range(N)).astype(str), n_bootstrap=100, seed=0)
    used, prob = answers(seed + 1), np.random.default_rng(seed).random(N)
    wrong, right = prob.copy(), prob.copy()
    wrong[film], right[film] = 1.0 - CLASS[film], CLASS[film]
    before = measure_pair(truth, of_probabilities(wrong), used)
    after = measure_pair(truth, of_probabilities(right), used)
    for name in (SENSITIVITY, SPECIFICITY, ACCURACY):
        assert after[name].p_better <= before[name].p_better + 1e-12
        assert after[name].interval[0] >= before[name].interval[0]
    assert after[AUROC].difference >= before[AUROC].difference


def test_a_refused_film_counts_as_called_a_finding():
    """Half of the films without a finding get no answer: specificity is a half, not undefined."""
    refused = (CLASS == 0) & (np.arange(N) < N // 2)
    prob = np.where(refused, 1.0, CLASS.astype(float))
    one = measure_pair(TRUTH, of_probabilities(prob, refused), None)
    assert one[SENSITIVITY].challenger.value == 1.0
    assert one[SPECIFICITY].challenger.value == 0.5


def test_a_network_that_refuses_everything_is_at_chance():
    everything = np.ones(N, dtype=bool)
    one = measure_pair(TRUTH, of_probabilities(np.ones(N), everything), None)
    assert one[AUROC].challenger.value == 0.5
    assert one[AUROC].challenger.low < 0.5


def test_a_perfect_network_keeps_an_interval_with_a_width():
    one = measure_pair(TRUTH, of_probabilities(CLASS.astype(float)), None)
    for measure in one.values():
        assert measure.challenger.low < measure.challenger.value == 1.0


def test_without_a_negative_class_there_is_accuracy_and_a_mean_auroc():
    truth = JudgedTruth(CLASS, None, GROUPS, n_bootstrap=100, seed=0)
    bare = FilmAnswers(np.eye(2)[CLASS], CLASS, None, None, np.arange(N) < 6)
    found = measure_pair(truth, bare, bare)
    assert list(found) == [AUROC, ACCURACY]
    assert found[ACCURACY].challenger.value == 0.9  # a refused film is not called rightly
    assert (found[AUROC].difference, found[AUROC].p_better) == (0.0, None)


def test_rows_of_a_network_alone_hold_nulls():
    rows = list(difference_rows("test", measure_pair(TRUTH, answers(1), None)))
    assert [row["name"] for row in rows] == [AUROC, SENSITIVITY, SPECIFICITY, ACCURACY]
    assert {rows[0][key] for key in ("champion", "difference", "champion_estimate")} == {None}
