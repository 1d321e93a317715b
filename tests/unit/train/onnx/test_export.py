"""The ONNX file of a network: the answers of Keras, the same bytes, nothing of this machine."""

import socket
from pathlib import Path

import numpy as np
import onnx
import pytest
from keras import layers

from tasks.core.errors import TrainingError
from tasks.core.onnx_bytes import OPSET
from tasks.core.onnx_file import FEATURES, LOGITS, MAPS, PROBABILITIES
from tasks.evaluate.inference import infer
from tasks.train.onnx import export
from tasks.train.onnx.export import Export, export_network, sealed_bytes
from tasks.train.onnx.same_answers import OnnxAnswers, answers_of_file
from tests.unit.train.onnx.small_networks import (
    averaged,
    convolutional,
    films,
    flattened,
    guarded,
    hidden,
    pooled,
)


def answers(exported: Export, images=None) -> OnnxAnswers:
    data = exported.graph.SerializeToString()
    return answers_of_file(data, films() if images is None else images, "small")


@pytest.fixture(scope="module")
def model():
    return guarded(averaged(hidden))


@pytest.fixture(scope="module")
def exported(model) -> Export:
    return export_network(model, films())


def test_outputs_are_those_of_the_evaluation(model, exported):
    expected, found = infer(model, films()), answers(exported)
    np.testing.assert_allclose(found[LOGITS], expected.logits, atol=1e-5)
    np.testing.assert_allclose(found[FEATURES], expected.features, atol=1e-5)
    np.testing.assert_allclose(found[PROBABILITIES], np.asarray(model(films())), atol=1e-6)
    assert exported.difference < 1e-5
    assert exported.half_difference is None


def test_maps_of_averaged_networks_lie_one_after_another(model, exported):
    first, second = (
        np.asarray(type(model)(model.input, model.get_layer(name).output)(films()))
        for name in ("pool1", "seed1_pool1")
    )
    np.testing.assert_allclose(
        answers(exported)[MAPS], np.concatenate([first, second], axis=-1), atol=1e-5
    )


def test_film_that_the_guard_refuses_has_nan_for_all_probabilities(exported):
    found = answers(exported, np.concatenate([films(), np.zeros_like(films(1))]))
    is_nan = np.isnan(found[PROBABILITIES])
    assert is_nan[-1].all()
    assert not is_nan[:-1].any()
    assert np.isfinite(found[LOGITS]).all()


def test_answers_do_not_depend_on_the_other_films_of_a_batch(exported):
    one = answers(exported, films()[2:3])
    np.testing.assert_allclose(one[LOGITS][0], answers(exported)[LOGITS][2], atol=1e-6)


def test_second_export_in_one_process_has_the_same_bytes(model, exported):
    again = export_network(model, films())
    assert sealed_bytes(again.graph, "{}") == sealed_bytes(exported.graph, "{}")


def test_file_says_nothing_of_this_machine_and_needs_no_new_runtime(exported):
    data = sealed_bytes(exported.graph, "{}")
    for word in (str(Path.cwd()), str(Path.home()), socket.gethostname(), "__inference"):
        assert word.encode() not in data
    graph = onnx.load_from_string(data)
    assert [(one.domain, one.version) for one in graph.opset_import] == [("", OPSET)]
    assert graph.ir_version <= 8  # ONNX Runtime 1.13 and later
    assert (graph.producer_name, graph.producer_version) == ("lungline", "")
    onnx.checker.check_model(graph, full_check=True)


def test_inputs_and_outputs_have_their_names_and_a_free_batch(exported):
    graph = exported.graph.graph
    assert [one.name for one in graph.input] == ["images"]
    assert {one.name for one in graph.output} == {LOGITS, PROBABILITIES, FEATURES, MAPS}
    for one in (*graph.input, *graph.output):
        assert one.type.tensor_type.shape.dim[0].dim_param == "batch"
    assert graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8


def test_large_weights_are_put_back_into_the_file():
    """Above 100,000 numbers they are inputs of the conversion."""

    def head(x):
        return layers.ReLU()(layers.Dense(400, name="fc1")(layers.Flatten()(x)))

    exported = export_network(convolutional(head), films())  # 8 * 8 * 5 * 400 = 128,000
    sizes = [np.prod(one.dims) for one in exported.graph.graph.initializer]
    assert 128_000 in sizes
    assert [one.name for one in exported.graph.graph.input] == ["images"]


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_network_of_half_precision_is_exported_in_float32(policy):
    exported = export_network(convolutional(pooled, policy=policy), films())
    assert exported.difference < 1e-5  # of its float32 copy
    assert 0 < exported.half_difference < 0.02
    kinds = {one.data_type for one in exported.graph.graph.initializer}
    assert not kinds & {onnx.TensorProto.FLOAT16, onnx.TensorProto.BFLOAT16}


def test_network_without_convolution_has_no_maps():
    found = answers(export_network(convolutional(flattened, convolutions=0), films()))
    assert found.keys() == {LOGITS, PROBABILITIES, FEATURES}


def test_gelu_and_grouped_convolutions_are_converted():
    """Erfc and the functions that Keras compiles are no operators of ONNX; ConvNeXt has both."""

    def head(x):
        x = layers.Conv2D(5, 3, groups=5, padding="same", activation="gelu", name="grouped")(x)
        return layers.GlobalAveragePooling2D()(x)

    assert export_network(convolutional(head), films()).difference < 1e-5


def test_network_above_the_size_of_one_file_is_refused_by_name(model, monkeypatch):
    monkeypatch.setattr(export, "_MAX_BYTES", 1000)
    with pytest.raises(TrainingError, match=r"one ONNX file of 2 GB(.|\n)*small(.|\n)*n_seeds"):
        export_network(model, films())
