"""The classifier tells two clouds apart, is at chance on one, and needs enough films."""

import numpy as np

from tasks.monitor.domain_classifier import FEWEST_TOLD_APART, tell_apart


def cloud(n: int, seed: int, shift: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 4)) + shift


def test_a_shift_that_all_features_share_is_found() -> None:
    found = tell_apart(cloud(80, 1), cloud(60, 2, shift=0.8), seed=0)
    assert found is not None
    assert found.auroc.value > 0.8
    assert found.p_value < 1e-3


def test_one_cloud_is_at_chance() -> None:
    found = tell_apart(cloud(80, 1), cloud(60, 2), seed=0)
    assert found is not None
    assert found.auroc.low < 0.5 < found.auroc.high
    assert found.p_value > 0.1


def test_too_few_films_are_not_tested() -> None:
    assert tell_apart(cloud(80, 1), cloud(FEWEST_TOLD_APART - 1, 2), seed=0) is None
