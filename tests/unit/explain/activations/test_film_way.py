import numpy as np
import pytest

from tasks.explain.activations.film_way import side_with_call, strongest_channels
from tasks.explain.activations.telling_channels import ChannelTests

VALIDATION = np.array([[0, 0, 7], [2, 0, 7], [4, 10, 7], [6, 10, 7]], dtype=np.float32)
TWO = ["NORMAL", "PNEUMONIA"]
LABELS = ["NORMAL", "NORMAL", "PNEUMONIA", "PNEUMONIA"]


def test_strongest_channels_are_furthest_above_their_own_mean():
    film = np.array([8, 10, 9], dtype=np.float32)

    found = strongest_channels(film, VALIDATION)

    # means 3 and 5, standard deviations root 5 and 5; channel 2 never varies
    assert [one["channel"] for one in found] == [0, 1]
    assert [one["mean"] for one in found] == [8, 10]
    assert [one["score"] for one in found] == pytest.approx([5 / np.sqrt(5), 1.0])


def result_of(classes, p_values):
    return ChannelTests(np.full(len(classes), 0.9), np.array(classes), np.array(p_values))


def test_channels_are_counted_on_the_side_of_the_nearer_median():
    tests = result_of([1, 1, 1], [0.01, 0.01, 1.0])
    film = np.array([4, 1, 7], dtype=np.float32)  # medians 1 and 5, 0 and 10

    as_finding = side_with_call(film, VALIDATION, LABELS, tests, TWO, "PNEUMONIA")
    as_normal = side_with_call(film, VALIDATION, LABELS, tests, TWO, "NORMAL")

    assert as_finding == {"n": 2, "as_called": 1}
    assert as_normal == {"n": 2, "as_called": 1}


def test_of_three_classes_only_channels_of_the_called_class_count():
    classes = ["NORMAL", "PNEUMONIA", "COVID"]
    tests = result_of([0, 1, 2], [0.01, 0.01, 0.01])
    film = np.array([0, 10, 7], dtype=np.float32)

    found = side_with_call(film, VALIDATION, LABELS, tests, classes, "PNEUMONIA")

    assert found == {"n": 1, "as_called": 1}
