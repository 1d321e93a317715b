import numpy as np
import pytest

from tasks.train.fitting.compilation import build_loss
from tests.cohorts import train_params

TRUTH = np.array([[1.0, 0.0], [0.0, 1.0]], dtype=np.float32)
PROB = np.array([[0.9, 0.1], [0.8, 0.2]], dtype=np.float32)


def mean_loss(weights=None, **values: object) -> float:
    return float(build_loss(train_params(**values))(TRUTH, PROB, weights))


def test_cross_entropy_is_minus_log_of_the_right_probability():
    assert mean_loss() == pytest.approx(-(np.log(0.9) + np.log(0.2)) / 2, rel=1e-5)


def test_focal_loss_weights_a_film_by_its_error():
    # 0.1^2 * 0.10536 = 0.0010536 and 0.8^2 * 1.60944 = 1.0300
    found = mean_loss(loss="focal", focal_gamma=2.0)
    assert found == pytest.approx((0.0010536 + 1.0300) / 2, rel=1e-4)


def test_focal_loss_without_gamma_is_the_cross_entropy():
    assert mean_loss(loss="focal", focal_gamma=0.0) == pytest.approx(mean_loss(), rel=1e-6)


def test_label_smoothing_distributes_its_share_over_all_classes():
    # 0.2 over two classes: 0.9 for the right class, 0.1 for the other
    right, wrong = np.log([0.9, 0.2]), np.log([0.1, 0.8])
    expected = -(0.9 * right + 0.1 * wrong).mean()
    assert mean_loss(label_smoothing=0.2) == pytest.approx(expected, rel=1e-5)


def test_sample_weights_reach_both_losses():
    weights = np.array([0.0, 1.0], dtype=np.float32)
    assert mean_loss(weights) == pytest.approx(-np.log(0.2) / 2, rel=1e-5)
    focal = mean_loss(weights, loss="focal", focal_gamma=2.0)
    assert focal == pytest.approx(1.0300 / 2, rel=1e-4)
