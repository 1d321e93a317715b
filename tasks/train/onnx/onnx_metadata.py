"""The metadata of `model.onnx`: all that a program needs besides the network."""

import base64
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.average_film import average_film
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.onnx_bytes import OPSET
from tasks.core.onnx_file import ONNX_FORMAT
from tasks.core.params import IngestParams
from tasks.train.onnx.export import Export

_SQUARE = ("format", "params", "libraries")  # of the settings of an image store


@dataclass(frozen=True)
class FilmFacts:
    """The films of the training: their store, ids, whether they are synthetic, and the limits."""

    store: ImageStore
    image_ids: Sequence[str]
    is_synthetic: bool
    ingest: IngestParams


def metadata_of(model: str, export: Export, films: FilmFacts) -> str:
    """Collect the metadata as JSON text.

    Args:
        model: Name of the model; its contract must exist.
        export: From `export_network`.
        films: Of the training.
    """
    values = {
        "format": ONNX_FORMAT,
        "opset": OPSET,
        "contract": read_json(paths.decision_file(model)),
        "novelty_npz": base64.b64encode(paths.novelty_file(model).read_bytes()).decode(),
        "square": {name: films.store.settings[name] for name in _SQUARE},
        "examination": {
            "min_side_px": films.ingest.min_side_px,
            "max_colour": films.ingest.max_colour,
        },
        "heat": _heat_text(export),
        "average_film": _array_text(average_film(films.store, films.image_ids)),
        "is_synthetic": films.is_synthetic,
        "is_medical_device": False,
    }
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _heat_text(export: Export) -> dict[str, Any]:
    """How heat maps are made; the key `boxes` is there if the network averages views."""
    heat = export.heat
    text: dict[str, Any] = {
        "method": heat.method,
        "reason": heat.reason,
        "weights": None if heat.weights is None else _array_text(heat.weights),
    }
    return text if len(export.boxes) == 1 else text | {"boxes": export.boxes}


def _array_text(array: NDArray[np.float32] | Pixels) -> str:
    """An array as the base64 of a .npy file."""
    file = io.BytesIO()
    np.save(file, np.ascontiguousarray(array), allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()
