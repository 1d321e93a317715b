"""Arrays of a weights file are compared with a network, then copied into it."""

import re
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.errors import TrainingError
from tasks.train.transforms.layers import AUGMENTATION

Weights = dict[str, list[NDArray[np.float32]]]  # arrays of each layer, in Keras' order and shapes

_NUMBERED = re.compile(r"(batch_normalization|(depthwise_|separable_)?conv2d|dense)(_\d+)?")


def body_of(model: keras.Model) -> keras.Model:
    """The pretrained part: the network that is one layer of the classifier, or the classifier."""
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return inner[0] if inner else model


def assign_weights(
    body: keras.Model, weights: Weights, path: Path, n_outputs: int | None = None
) -> None:
    """Compare every shape, then copy the arrays of a file into a network.

    Layers are matched by name. Names that Keras numbers (`conv2d_7`) differ between processes, so
    these layers are matched in order.

    Args:
        body: Network; its layer `logits` and its augmentation layers stay unchanged.
        weights: Arrays of each layer in the file.
        path: The file, for messages.
        n_outputs: Width that a head in the file must have; None for any width.

    Raises:
        TrainingError: A layer is missing, is not expected, or has another shape.
    """
    targets = {
        layer.name: layer
        for layer in body.layers
        if layer.weights and not layer.name.startswith((LOGITS_LAYER, AUGMENTATION))
    }
    source = _sources(list(targets), list(weights))
    pairs = {name: weights[source[name]] for name in targets if name in source}
    left = {name: weights[name] for name in weights if name not in source.values()}
    faults = _faults(targets, pairs) + _head_faults(left, n_outputs)
    if faults:
        raise TrainingError(
            "every layer of a weights file must have the name and shape of a layer of the network",
            found="; ".join(faults[:3]) + (f"; {len(faults)} in total" if len(faults) > 3 else ""),
            where=str(path),
            next_step=f"use weights of {body.name}, or choose another network",
        )
    for name, layer in targets.items():
        layer.set_weights(pairs[name])


def _sources(targets: list[str], given: list[str]) -> dict[str, str]:
    """Name of the layer in the file, by the name of the layer in the network."""
    source = {name: name for name in targets if name in given and not _NUMBERED.fullmatch(name)}
    numbered = [[name for name in names if _NUMBERED.fullmatch(name)] for names in (targets, given)]
    return source | dict(zip(*numbered, strict=False))


def _faults(targets: dict[str, keras.Layer], pairs: Weights) -> list[str]:
    faults = []
    for name, layer in targets.items():
        expected = [tuple(variable.shape) for variable in layer.weights]
        if name not in pairs:
            faults.append(f"no layer {name} in the file")
        elif _shapes(pairs[name]) != expected:
            faults.append(f"{name}: {_shapes(pairs[name])} in the file, {expected} in the network")
        elif not all(np.isfinite(array).all() for array in pairs[name]):
            faults.append(f"{name}: some numbers are not finite")
    return faults


def _head_faults(left: Weights, n_outputs: int | None) -> list[str]:
    """Faults of the layers that remain: one dense head is allowed, and no other layer."""
    heads = [name for name, arrays in left.items() if [a.ndim for a in arrays] == [2, 1]]
    faults = [f"{name}: no such layer in the network" for name in left if name not in heads[-1:]]
    for name in heads[-1:]:
        found = left[name][1].shape[0]
        if n_outputs not in {None, found}:
            faults.append(f"{name}: {found} outputs, not the {n_outputs} of the published network")
    return faults


def _shapes(arrays: Sequence[NDArray[np.float32]]) -> list[tuple[int, ...]]:
    return [array.shape for array in arrays]
