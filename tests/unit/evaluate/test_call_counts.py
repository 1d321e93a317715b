import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.evaluate.call_counts import CALL_METRICS, CallCounts, count_calls

POSITIVE = np.array([True, True, True, False, False])
CALLED = np.array([[True, True], [True, False], [False, False], [True, False], [False, False]])


def test_two_rules_and_two_sets_of_weights_by_hand():
    weights = np.array([[1.0, 1.0, 1.0, 1.0, 1.0], [2.0, 0.0, 1.0, 3.0, 1.0]])
    counts = count_calls(POSITIVE, CALLED, weights)
    np.testing.assert_array_equal(counts.tp, [[2, 1], [2, 2]])
    np.testing.assert_array_equal(counts.fp, [[1, 0], [3, 0]])
    np.testing.assert_array_equal(counts.fn, [[1, 2], [1, 1]])
    np.testing.assert_array_equal(counts.tn, [[1, 2], [1, 4]])


def test_published_example_of_the_matthews_correlation():
    # 8 cats and 4 dogs, of which 6 and 3 are recognised (Wikipedia, "Phi coefficient"): 0.478
    counts = CallCounts(*(np.array([float(n)]) for n in (6, 1, 2)), tn=np.array([3.0]))
    assert CALL_METRICS["mcc"](counts)[0] == pytest.approx(0.478, abs=5e-4)


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 3)), max_size=40))
def test_counts_add_up_to_the_weights_and_swapping_the_sides_swaps_the_metrics(films):
    positive, called, weights = (np.array([film[k] for film in films]) for k in range(3))
    positive, called = positive.astype(bool), called.astype(bool)[:, np.newaxis]
    weights = weights.astype(float)[np.newaxis]
    counts = count_calls(positive, called, weights)
    total = counts.tp + counts.fp + counts.fn + counts.tn
    assert total[0, 0] == weights.sum()
    swapped = count_calls(~positive, ~called, weights)
    for one, other in (("sensitivity", "specificity"), ("ppv", "npv"), ("mcc", "mcc")):
        np.testing.assert_allclose(
            CALL_METRICS[one](counts), CALL_METRICS[other](swapped), atol=1e-12
        )
