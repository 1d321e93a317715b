"""The form of `model.onnx`: names of its input and outputs, and its metadata, checked.

`onnx_bytes` finds the seal and the metadata. No library reads the network before they are checked.
"""

import base64
import hashlib
import io
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from tasks.core.decision.decision import require_seal
from tasks.core.errors import OnnxFileError
from tasks.core.image_store.store import Pixels
from tasks.core.onnx_bytes import (
    ONNX_METADATA,
    OPSET,
    SEAL,
    only_value,
    properties_of,
    require_opset,
    seal_of,
)
from tasks.core.params import ResizeParams
from tasks.core.square_views import ViewBox

ONNX_FORMAT = 1  # of the metadata; raise it when their form changes
ONNX_INPUT = "images"  # input, (B, S, S, 1) uint8 in [0, 255], bright = dense
# Outputs, (B, k), (B, k), (B, n) and (B, h, w, c) float32; maps of V views are (B, V, h, w, c)
LOGITS, PROBABILITIES, FEATURES, MAPS = "logits", "probabilities", "features", "maps"
CLASS_ACTIVATION_MAP, OCCLUSION = "class activation map", "occlusion"
_DAMAGE = (KeyError, RecursionError, TypeError, ValueError)

Array = NDArray[np.float32]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SquareRecipe(_Part):
    """How a film becomes a square: `format` of the store, section `resize`, library versions."""

    format: int
    params: ResizeParams
    libraries: dict[str, str | None]


class FilmLimits(_Part):
    """Limits of the examination of a file, as `ingest` had them."""

    min_side_px: int = Field(ge=1)
    max_colour: float = Field(ge=0, allow_inf_nan=False)


class _HeatText(_Part):
    method: Literal["class activation map", "occlusion"]
    reason: str
    weights: str | None
    boxes: list[list[Annotated[int, Field(ge=0)]]] | None = None


class _Metadata(_Part):
    format: Literal[1]
    opset: Literal[17]
    contract: dict[str, Any]
    novelty_npz: str
    square: SquareRecipe
    examination: FilmLimits
    heat: _HeatText
    average_film: str
    is_synthetic: bool
    is_medical_device: Literal[False]


@dataclass(frozen=True)
class OnnxMetadata:
    """Checked metadata of `model.onnx`.

    seal: of the file, hex. contract: all of `contract.json`, whose own hash was checked. novelty:
    bytes of `novelty.npz`, as the contract hashed them. heat_weights: float32, (c, k) or (h, w, c,
    k); their product with the maps, summed over channels, is the heat of class k at each place, and
    the sum over all places is the logit without its bias. None for occlusion. boxes: where the
    views of a film lie whose heat is added, top, left, bottom, right in px; the first one is the
    whole square. average_film: (S, S, 1) uint8, stands where occlusion covers a film. is_synthetic:
    of the training films.
    """

    seal: str
    contract: Mapping[str, Any]
    novelty: bytes
    square: SquareRecipe
    examination: FilmLimits
    heat_method: str
    heat_reason: str
    heat_weights: Array | None
    boxes: tuple[ViewBox, ...]
    average_film: Pixels
    is_synthetic: bool


def read_metadata(data: bytes, where: str) -> OnnxMetadata:
    """Check the seal and the metadata of an ONNX file, and return them.

    Args:
        data: Bytes of the file.
        where: Path of the file, named in the error.

    Raises:
        OnnxFileError: The bytes are no ONNX file of this project, have another seal, format or set
            of operators, or parts that do not belong together.
        EvaluationError: The contract was edited.
    """
    try:
        properties = properties_of(data)
        place = only_value(properties, SEAL)
        text = only_value(properties, ONNX_METADATA)
    except ValueError as error:
        rule = "a network file is an ONNX file with one seal and one text of metadata"
        raise _wrong(rule, str(error), where) from error
    seal = data[place.start : place.end].decode("ascii", "replace")
    if seal != seal_of(data, place):
        found = f"content with the hash {seal_of(data, place)}, but the seal {seal}"
        raise _wrong("a network file must have the hash that is its seal", found, where)
    try:
        require_opset(data)
        values = _Metadata.model_validate(_json(data[text.start : text.end]))
        require_seal(values.contract, where)
        return _metadata_of(values, seal)
    except _DAMAGE as error:
        raise _wrong(
            f"the metadata of a network file must have the format {ONNX_FORMAT}, the operators of"
            f" ONNX's set {OPSET}, and parts that belong together",
            " ".join(str(error).split())[:300],
            where,
        ) from error


def _metadata_of(values: _Metadata, seal: str) -> OnnxMetadata:
    """Decode the parts; ValueError or KeyError if they do not belong together."""
    novelty = base64.b64decode(values.novelty_npz, validate=True)
    promised = values.contract["novelty"]["sha256"]
    if hashlib.sha256(novelty).hexdigest() != promised:
        raise ValueError(f"a novelty reference with another hash than {promised}")
    size_px, n_classes = values.contract["network"]["size_px"], len(values.contract["classes"])
    film = _array(values.average_film, np.dtype(np.uint8))
    if film.shape != (size_px, size_px, 1) or values.square.params.size_px != size_px:
        found = f"an average film {film.shape} and squares of {values.square.params.size_px} px"
        raise ValueError(f"{found}, but the contract says {size_px} px")
    text = values.heat.weights
    weights = None if text is None else _array(text, np.dtype(np.float32))
    if (weights is None) != (values.heat.method == OCCLUSION):
        raise ValueError("class activation maps need weights, and occlusion has none")
    if weights is not None and (weights.ndim not in (2, 4) or weights.shape[-1] != n_classes):
        raise ValueError(f"weights {weights.shape} of heat maps for {n_classes} classes")
    return OnnxMetadata(
        seal=seal,
        contract=values.contract,
        novelty=novelty,
        square=values.square,
        examination=values.examination,
        heat_method=values.heat.method,
        heat_reason=values.heat.reason,
        heat_weights=weights,
        boxes=_boxes(values.heat.boxes, size_px),
        average_film=film,
        is_synthetic=values.is_synthetic,
    )


def _boxes(given: list[list[int]] | None, size_px: int) -> tuple[ViewBox, ...]:
    """Boxes of the views; ValueError if one is empty or leaves the square."""
    whole = (0, 0, size_px, size_px)
    boxes = [whole] if given is None else [(a, b, c, d) for a, b, c, d in given]
    inside = [
        top < bottom <= size_px and left < right <= size_px for top, left, bottom, right in boxes
    ]
    if boxes[:1] != [whole] or not all(inside):
        raise ValueError(f"views {boxes} of a square of {size_px} px")
    return tuple(boxes)


def _json(data: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise ValueError(f"the number {constant}")

    return json.loads(data, parse_constant=refuse)


def _array(text: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Array from the base64 of a .npy file of version 1; no memory before its size is checked."""
    data = base64.b64decode(text, validate=True)
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("an array of another version than 1.0")
    shape, by_columns, found = np.lib.format.read_array_header_1_0(file)
    n_bytes = len(data) - file.tell()
    if by_columns or found != dtype or math.prod(shape) * dtype.itemsize != n_bytes:
        raise ValueError(f"an array {shape} {found} in {n_bytes} bytes")
    array: NDArray[Any] = np.frombuffer(data, dtype, offset=file.tell()).reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError("an array with a number that is not finite")
    return array


def _wrong(rule: str, found: str, where: str) -> OnnxFileError:
    return OnnxFileError(
        rule,
        found=found,
        where=where,
        next_step="copy the file again, or run `dvc repro train-onnx`, which writes it again",
    )
