"""From a trained classifier to the bytes of its ONNX file, compared with Keras."""

from dataclasses import dataclass

import keras
import numpy as np
import onnx

from tasks.core.errors import TrainingError
from tasks.core.image_store.store import Pixels
from tasks.core.onnx_bytes import NO_SEAL, ONNX_METADATA, SEAL, seal_file
from tasks.core.square_views import ViewBox, boxes_of
from tasks.train.onnx.conversion import convert
from tasks.train.onnx.heat_weights import HeatWay, heads_of, heat_of
from tasks.train.onnx.network_with_maps import has_half_precision, in_float32, with_all_outputs
from tasks.train.onnx.same_answers import (
    answers_of_file,
    answers_of_keras,
    probe_films,
    require_equal,
    require_like_training,
)
from tasks.train.onnx.stable_graph import make_stable

_MAX_BYTES = 2**31 - 2**26  # a protocol buffer has less than 2**31; 2**26 for graph and metadata


@dataclass(frozen=True)
class Export:
    """An ONNX graph without metadata, its heat maps, and how far its answers are from Keras'.

    boxes: where the views of a film lie, see `boxes_of`.
    difference: of all outputs from the network in float32. half_difference: of the probabilities
    in float32 from those in the precision of the training; None if that was float32.
    """

    graph: onnx.ModelProto
    heat: HeatWay
    boxes: tuple[ViewBox, ...]
    difference: float
    half_difference: float | None


def export_network(model: keras.Model, films: Pixels) -> Export:
    """Convert a classifier, load the result in ONNX Runtime, and compare the answers.

    Args:
        model: From `load_classifier`.
        films: (n, S, S, 1) uint8, training films.

    Raises:
        TrainingError: The network is too large for one file, or its file does not give its answers.
    """
    _require_size(model)
    copy = in_float32(model)
    heads = heads_of(copy)
    network = with_all_outputs(copy, heads)
    graph = convert(network)
    make_stable(graph, model.name)
    probes = probe_films(films)
    found = answers_of_file(graph.SerializeToString(deterministic=True), probes, model.name)
    expected = answers_of_keras(network, probes)
    difference = require_equal(found, expected, model.name)
    trained = keras.ops.convert_to_numpy(model(probes, training=False))
    is_half = has_half_precision(model)
    change = require_like_training(expected, trained, is_half, model.name)
    boxes = boxes_of(model)
    heat = heat_of(heads, len(boxes))
    return Export(graph, heat, boxes, difference, change if is_half else None)


def sealed_bytes(graph: onnx.ModelProto, metadata: str) -> bytes:
    """Bytes of the file: the graph, its metadata, and the seal.

    Args:
        graph: From `export_network`; it is not changed.
        metadata: From `metadata_of`.
    """
    properties = onnx.ModelProto()
    for key, value in ((ONNX_METADATA, metadata), (SEAL, NO_SEAL)):
        properties.metadata_props.add(key=key, value=value)
    # messages one after another are one message
    parts = (graph, properties)
    return seal_file(b"".join(part.SerializeToString(deterministic=True) for part in parts))


def _require_size(model: keras.Model) -> None:
    n_bytes = sum(4 * int(np.prod(weight.shape)) for weight in model.weights)
    if n_bytes > _MAX_BYTES:
        raise TrainingError(
            "the weights of a network must fit into one ONNX file of 2 GB",
            found=f"{n_bytes / 1e9:.1f} GB",
            where=model.name,
            next_step="lower train.n_seeds, or choose a smaller network",
        )
