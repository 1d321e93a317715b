import numpy as np

from tasks.page.curve_points import roc_points


def test_roc_of_four_films_worked_by_hand() -> None:
    prob = np.array([0.9, 0.8, 0.8, 0.1])
    positive = np.array([True, True, False, False])

    false_alarm_rate, sensitivity = roc_points(prob, positive)

    assert false_alarm_rate.tolist() == [0, 0, 0.5, 1]  # the tie at 0.8 is one point
    assert sensitivity.tolist() == [0, 0.5, 1, 1]
