import numpy as np
import pytest

from tasks.core.decision.main_axes import MainAxes


def test_distance_and_residue_are_those_worked_by_hand():
    # 4 along the axis (variance 4), 3 beside it: 4^2 / 4 = 4 and 3^2 = 9
    axes = MainAxes(np.array([1.0, 1.0]), np.array([[1.0, 0.0]]), np.array([4.0]))
    point = np.array([[5.0, 4.0]])
    assert np.exp(axes.distance(point)) == pytest.approx(4.0)
    assert np.exp(axes.residue(point)) == pytest.approx(9.0)
