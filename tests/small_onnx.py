"""A real `model.onnx` of a few kB for tests of what uses one; it is built in milliseconds.

The network averages 4 x 4 places of a film and adds them up, with weights: the right half of the
film against the left one. Its novelty reference finds no film novel.
"""

import base64
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tasks.core.decision.hashes import hash_file, hash_json
from tasks.core.decision.novelty_score import NoveltyReference
from tasks.core.film.pixel_format import PIXEL_FORMAT, pixel_libraries
from tasks.core.onnx_bytes import NO_SEAL, ONNX_METADATA, OPSET, SEAL, seal_file
from tasks.core.onnx_file import CLASS_ACTIVATION_MAP
from tests.decisions import novelty_reference

SIZE_PX, SIDE = 64, 4
CLASSES = ("NORMAL", "PNEUMONIA")
Columns = tuple[float, float, float, float]
RIGHT_LESS_LEFT: Columns = (-1.0, -1.0, 1.0, 1.0)
HEAT = {"method": CLASS_ACTIVATION_MAP, "reason": "by hand"}


def small_onnx(
    folder: Path,
    bias: float = 0.0,
    columns: Columns = RIGHT_LESS_LEFT,
    novelty: NoveltyReference | None = None,
    **changes: Any,
) -> Path:
    """Write the file.

    Args:
        folder: Where; it exists.
        bias: Added to the logit of the finding; another one gives another seal.
        columns: Weights of the four columns of places, left to right.
        novelty: What new films are compared with; None: a reference that finds no film novel.
        changes: Keys of the contract with other values.
    """
    weights = _weights(columns)
    reference = novelty or replace(novelty_reference(SIZE_PX, SIDE * SIDE), threshold=1e9)
    network = helper.make_model(
        _graph(bias, weights), opset_imports=[helper.make_opsetid("", OPSET)]
    )
    network.ir_version = 8
    metadata = _metadata(folder, reference, changes) | {"heat": {**HEAT, "weights": npy(weights)}}
    helper.set_model_props(network, {ONNX_METADATA: json.dumps(metadata), SEAL: NO_SEAL})
    path = folder / "model.onnx"
    path.write_bytes(seal_file(network.SerializeToString()))
    return path


def _weights(columns: Columns) -> np.ndarray:
    """(4, 4, 1, 2) float32: what each place of a film says of each class."""
    half = np.repeat([columns], SIDE, axis=0)
    return np.stack([-half, half], axis=-1)[:, :, np.newaxis].astype(np.float32)


def _graph(bias: float, weights: np.ndarray) -> onnx.GraphProto:
    constants = {
        "full": np.float32(255),
        "to_planes": np.array([0, 1, SIZE_PX, SIZE_PX]),
        "to_places": np.array([0, SIDE, SIDE, 1]),
        "to_row": np.array([0, SIDE * SIDE]),
        "weights": weights.reshape(SIDE * SIDE, 2),
        "bias": np.array([0, bias], dtype=np.float32),
    }
    step = SIZE_PX // SIDE
    pool = {"kernel_shape": [step, step], "strides": [step, step]}
    nodes = [
        helper.make_node("Cast", ["images"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Div", ["numbers", "full"], ["scaled"]),
        helper.make_node("Reshape", ["scaled", "to_planes"], ["planes"]),
        helper.make_node("AveragePool", ["planes"], ["pooled"], **pool),
        helper.make_node("Reshape", ["pooled", "to_places"], ["maps"]),
        helper.make_node("Reshape", ["maps", "to_row"], ["features"]),
        helper.make_node("Gemm", ["features", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    shapes = {"logits": [2], "probabilities": [2], "features": [16], "maps": [SIDE, SIDE, 1]}
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape])
        for name, shape in shapes.items()
    ]
    film = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", SIZE_PX, SIZE_PX, 1])
    values = [numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()]
    return helper.make_graph(nodes, "small", [film], outputs, values)


def _metadata(folder: Path, reference: NoveltyReference, changes: dict[str, Any]) -> dict[str, Any]:
    novelty = folder / "novelty.npz"
    reference.save(novelty)
    resize = {"size_px": SIZE_PX, "geometry": "stretch", "intensity": "none", "region": "none"}
    libraries = {name: version for name, version in pixel_libraries().items() if version}
    return {
        "format": 1,
        "opset": OPSET,
        "contract": small_contract(hash_file(novelty), changes),
        "novelty_npz": base64.b64encode(novelty.read_bytes()).decode(),
        "square": {
            "format": PIXEL_FORMAT,
            "params": {**resize, "common_resolution_px": None},
            "libraries": libraries,
        },
        "examination": {"min_side_px": 32, "max_colour": 12.0},
        "average_film": npy(np.full((SIZE_PX, SIZE_PX, 1), 128, dtype=np.uint8)),
        "is_synthetic": True,
        "is_medical_device": False,
    }


def small_contract(novelty_sha256: str, changes: dict[str, Any]) -> dict[str, Any]:
    """Return the sealed contract of the network."""
    rates = {"sensitivity": 0.9, "specificity": 0.8}
    calibration = {"method": "temperature", "parameters": {"temperature": 1.0}}
    values: dict[str, Any] = {
        "model": "small",
        "classes": [*CLASSES],
        "negative_class": CLASSES[0],
        "calibration": {**calibration, "fitted_on": "", "chosen_by": "by hand", "candidates": []},
        "operating_points": [{"name": "half", "threshold": 0.5, "rule": "by hand", **rates}],
        "operating_point": "half",
        "conformal": {"coverage": 0.9, "quantiles": [0.5, 0.5], "n_films": [40, 40]},
        "validation": {"films_sha256": "v" * 64, "n_images": 9, "n_patients": 5},
        "network": {"sha256": "n" * 64, "size_px": SIZE_PX, "precision": "float32", "input": {}},
        "novelty": {"threshold": 1e9, "sha256": novelty_sha256},
    }
    values |= changes
    return {**values, "sha256": hash_json(values)}


def npy(array: np.ndarray) -> str:
    """Return the base64 of an array as a .npy file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()
