"""The comparison finds a file that does not load or that answers otherwise."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from tasks.core.errors import TrainingError
from tasks.core.onnx_file import LOGITS, PROBABILITIES
from tasks.train.onnx.export import export_network
from tasks.train.onnx.same_answers import (
    TOLERANCE,
    answers_of_file,
    probe_films,
    require_equal,
    require_like_training,
)
from tests.unit.train.onnx.small_networks import convolutional, films, pooled


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    return export_network(convolutional(pooled), films()).graph


def pair(value: float, other: float):
    return {LOGITS: np.array([[value]])}, {LOGITS: np.array([[other]])}


def test_changed_weight_is_found(graph):
    broken = onnx.ModelProto.FromString(graph.SerializeToString())
    kernel = next(one for one in broken.graph.initializer if len(one.dims) == 4)
    array = numpy_helper.to_array(kernel) * np.float32(1.01)
    kernel.CopyFrom(numpy_helper.from_array(array, kernel.name))
    right = answers_of_file(graph.SerializeToString(), films(), "m")
    wrong = answers_of_file(broken.SerializeToString(), films(), "m")
    with pytest.raises(TrainingError, match="that differ by"):
        require_equal(wrong, right, "m")


def test_file_that_does_not_load_is_an_error_with_the_cause(graph):
    broken = onnx.ModelProto.FromString(graph.SerializeToString())
    broken.graph.node[2].op_type = "Erfc"
    with pytest.raises(TrainingError, match=r"Erfc(.|\n)*where: m\n") as caught:
        answers_of_file(broken.SerializeToString(), films(), "m")
    assert "must load in ONNX Runtime" in caught.value.rule


def test_difference_is_a_share_of_numbers_above_one():
    assert require_equal(*pair(0.5, 0.5 + TOLERANCE / 2), "m") == pytest.approx(TOLERANCE / 2)
    assert require_equal(*pair(1000, 1000.05), "m") == pytest.approx(5e-5, rel=1e-3)
    for values in ((0.5, 0.5 + 2 * TOLERANCE), (1000, 1000.2)):
        with pytest.raises(TrainingError, match="logits that differ by"):
            require_equal(*pair(*values), "m")


def test_nan_must_stand_at_the_same_films():
    assert require_equal(*pair(np.nan, np.nan), "m") == 0
    for values in ((np.nan, 1.0), (1.0, np.nan)):
        with pytest.raises(TrainingError, match="inf"):
            require_equal(*pair(*values), "m")


def test_missing_output_is_an_error():
    with pytest.raises(TrainingError, match="instead of"):
        require_equal({}, pair(1, 1)[0], "m")


def test_half_precision_has_a_wider_limit():
    network, trained = {PROBABILITIES: np.array([[0.5]])}, np.array([[0.52]])
    assert require_like_training(network, trained, True, "m") == pytest.approx(0.02)
    with pytest.raises(TrainingError, match="those of training"):
        require_like_training(network, trained, False, "m")
    with pytest.raises(TrainingError, match="those of training"):
        require_like_training(network, trained + 0.1, True, "m")


def test_probes_hold_the_films_and_films_to_be_refused():
    found = probe_films(films())
    assert found.shape == (11, 32, 32, 1)
    np.testing.assert_array_equal(found[:6], films())
    np.testing.assert_array_equal(found[6], 255 - films()[0])
    assert not found[-1].any()
