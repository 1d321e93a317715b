"""The ONNX file of a network that averages six views of a film."""

import numpy as np
import pytest

from tasks.core.network.class_heat import mapped_heat
from tasks.core.onnx_file import FEATURES, LOGITS, MAPS
from tasks.core.square_views import view_boxes
from tasks.evaluate.inference import infer
from tasks.explain.attribution.grad_cam import hires_cam
from tasks.explain.attribution.scored_network import ScoredNetwork
from tasks.explain.truncated import truncate
from tasks.train.network.ensemble import average_logits
from tasks.train.onnx.export import export_network
from tasks.train.onnx.same_answers import answers_of_file
from tests.unit.train.onnx.small_networks import convolutional, films, guarded, pooled


@pytest.fixture(scope="module")
def model():
    return guarded(average_logits([convolutional(pooled, seed) for seed in range(2)], 6))


@pytest.fixture(scope="module")
def exported(model):
    return export_network(model, films())


@pytest.fixture(scope="module")
def answers(exported):
    return answers_of_file(exported.graph.SerializeToString(), films(), "small")


def test_answers_are_those_of_keras_for_any_number_of_films(model, exported, answers):
    expected = infer(model, films())
    np.testing.assert_allclose(answers[LOGITS], expected.logits, atol=1e-5)
    np.testing.assert_allclose(answers[FEATURES], expected.features, atol=1e-5)
    assert exported.difference < 1e-4
    (alone,) = answers_of_file(exported.graph.SerializeToString(), films()[:1], "small")[LOGITS]
    np.testing.assert_allclose(alone, answers[LOGITS][0], atol=1e-5)


def test_maps_have_an_axis_of_views(exported, answers):
    assert exported.boxes == view_boxes(6, 32)
    assert answers[MAPS].shape == (6, 6, 8, 8, 10)
    (shape,) = [
        one.type.tensor_type.shape for one in exported.graph.graph.output if one.name == MAPS
    ]
    assert shape.dim[0].dim_param == "batch"


def test_the_heat_is_exact_and_that_of_the_explanations(model, exported, answers):
    """It sums to the score without its bias, and equals HiResCAM from the gradients of Keras."""
    assert "the maps of 6 views of the film are added" in exported.heat.reason
    weights = exported.heat.weights
    heat = np.stack([mapped_heat(maps, weights, exported.boxes) for maps in answers[MAPS]])
    bias = np.mean([model.get_layer(f"seed{k}_logits").bias.numpy() for k in range(2)], axis=0)
    logits = answers[LOGITS] - bias
    scores = logits - (logits.sum(axis=1, keepdims=True) - logits) / 2
    np.testing.assert_allclose(heat.sum((2, 3)), scores, atol=1e-4)
    scored = ScoredNetwork(truncate(model, "float32"), films()[0])
    classes = np.tile(np.arange(3), (6, 1))
    np.testing.assert_allclose(hires_cam(scored, films(), classes).sum((2, 3)), scores, atol=0.5)
