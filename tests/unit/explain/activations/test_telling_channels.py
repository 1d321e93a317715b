import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.statistics.auroc import auroc
from tasks.explain.activations.telling_channels import compare_channels, n_tests

TWO = ["NORMAL", "PNEUMONIA"]


def test_auroc_p_and_order_are_those_worked_by_hand():
    labels = ["NORMAL"] * 20 + ["PNEUMONIA"] * 20
    rising = np.arange(40.0)
    constant, falling = np.zeros(40), np.r_[np.arange(20, 39), 0, np.arange(1, 20), 19.5]
    means = np.stack([constant, falling, rising], axis=1).astype(np.float32)

    (tests,) = compare_channels([means], labels, TWO)

    assert tests.aurocs[0] == 0.5
    assert tests.aurocs[2] == 1.0
    assert tests.aurocs[1] < 0.1  # responds more to normal films
    assert tests.classes.tolist() == [1, 1, 1]
    assert tests.order == [2, 1, 0]
    assert tests.telling.tolist() == [False, True, True]
    assert tests.p_values[0] == 1.0


def test_p_is_corrected_over_all_layers():
    labels = ["NORMAL"] * 4 + ["PNEUMONIA"] * 4  # smallest p is about 0.03
    telling = np.arange(8, dtype=np.float32)[:, np.newaxis]
    still = np.zeros((8, 3), dtype=np.float32)

    (alone,) = compare_channels([telling], labels, TWO)
    together = compare_channels([telling, still], labels, TWO)

    assert alone.telling.tolist() == [True]
    assert together[0].p_values[0] == pytest.approx(4 * alone.p_values[0])
    assert not together[0].telling.any()


def test_of_three_classes_the_best_one_is_named():
    classes = ["NORMAL", "BACTERIAL", "VIRAL"]
    labels = np.repeat(classes, 10)
    rng = np.random.default_rng(0)
    more_viral = (labels == "VIRAL") + rng.random(30) / 10
    less_normal = (labels != "NORMAL") + rng.random(30) / 10
    means = np.stack([more_viral, less_normal], axis=1).astype(np.float32)

    tests = compare_channels([means], labels.tolist(), classes)

    assert tests[0].classes.tolist() == [2, 0]
    assert tests[0].aurocs.tolist() == [1.0, 0.0]
    assert n_tests(tests, 3) == 6
    assert n_tests(tests, 2) == 2


def test_class_without_films_gives_no_difference():
    means = np.arange(6, dtype=np.float32).reshape(3, 2)

    (tests,) = compare_channels([means], ["NORMAL"] * 3, TWO)

    assert tests.aurocs.tolist() == [0.5, 0.5]
    assert tests.p_values.tolist() == [1.0, 1.0]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=4, max_size=30))
def test_auroc_equals_that_of_the_core_with_ties(values):
    positive = np.arange(len(values)) % 2 == 1
    labels = np.where(positive, "PNEUMONIA", "NORMAL").tolist()
    scores = np.array(values, dtype=np.float64)

    (tests,) = compare_channels([scores[:, np.newaxis].astype(np.float32)], labels, TWO)

    assert tests.aurocs[0] == pytest.approx(auroc(scores, positive))
