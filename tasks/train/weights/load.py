"""Where a network starts from: random weights, ImageNet, or a file that the user names."""

import hashlib
import logging
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.classifier import LOGITS_LAYER
from tasks.core.errors import TrainingError
from tasks.core.params import TrainParams
from tasks.train.stripped import AUGMENTATION
from tasks.train.weights.densenet import layers_of_state_dict
from tasks.train.weights.h5 import read_h5
from tasks.train.weights.safetensors_file import read_safetensors
from tasks.train.weights.torch_state import read_torch
from tasks.train.zoo.applications import APPLICATIONS, bare
from tasks.train.zoo.chexnet import DENSENET, N_FINDINGS

logger = logging.getLogger(__name__)

Weights = dict[str, list[NDArray[np.float32]]]  # arrays of each layer, in Keras' order and shapes

NUMBERED = re.compile(r"(batch_normalization|(depthwise_|separable_)?conv2d|dense)(_\d+)?")
TORCH_SUFFIXES = {".pth", ".pt", ".tar", ".bin"}


def load_start(model: keras.Model, params: TrainParams) -> None:
    """Give a fresh classifier the weights to start from; the head stays random.

    Args:
        model: From `tasks.train.zoo.build_classifier`.
        params: `weights` and `weights_sha256` of the model.

    Raises:
        TrainingError: There are no ImageNet weights for this network, they cannot be had, or the
            file is missing, is another one than its hash says, or does not fit the network.
    """
    if params.weights == "none":
        return
    if params.weights == "imagenet":
        load_imagenet(model)
    else:
        load_file(model, Path(params.weights), params.weights_sha256 or "")


def load_imagenet(model: keras.Model) -> None:
    """Copy ImageNet's weights, from Keras' cache or from the net, into the body.

    Raises:
        TrainingError: The network is not of keras.applications, or the file cannot be had.
    """
    body = body_of(model)
    if body.name not in APPLICATIONS and model.name not in APPLICATIONS:
        raise TrainingError(
            "ImageNet weights exist for the networks of keras.applications",
            found="weights: imagenet",
            where=f"network {model.name}",
            next_step=f"set per_model.{model.name}.weights to none or to a file",
        )
    name = DENSENET if model.name == "chexnet" else model.name
    keras.config.disable_interactive_logging()  # no progress bar in a log
    try:
        with warnings.catch_warnings():
            # some networks warn that their weights were learned at another size
            warnings.simplefilter("ignore", UserWarning)
            twin = bare(name, weights="imagenet")
    except Exception as error:  # Keras raises no narrower class when a download fails
        raise TrainingError(
            "ImageNet weights must be in Keras' cache, or the net within reach",
            found=" ".join(str(error).split()),
            where=f"network {model.name}",
            next_step="run it once with a connection; or put the file that the message names into "
            "~/.keras/models/; or set weights to none or to a file",
        ) from error
    body.set_weights(twin.get_weights())
    logger.info("%s starts from ImageNet", model.name)


def load_file(model: keras.Model, path: Path, sha256: str) -> None:
    """Read a weights file, as data only, into the body of a classifier.

    `.h5` is a weights or model file of Keras 1 or 2; `.safetensors`, `.pth`, `.pt`, `.tar` and
    `.bin` hold the state dict of a PyTorch DenseNet121.

    Raises:
        TrainingError: See `load_start`.
    """
    check_hash(path, sha256)
    if path.suffix == ".h5":
        weights = read_h5(path)
    elif path.suffix == ".safetensors":
        weights = layers_of_state_dict(read_safetensors(path), path)
    elif path.suffix in TORCH_SUFFIXES:
        weights = layers_of_state_dict(read_torch(path), path)
    else:
        known = ", ".join(sorted({".h5", ".safetensors"} | TORCH_SUFFIXES))
        raise TrainingError(
            "a weights file is one of Keras, safetensors or PyTorch",
            found=f"the ending {path.suffix!r}",
            where=str(path),
            next_step=f"take a file that ends in one of {known}",
        )
    n_outputs = N_FINDINGS if model.name == "chexnet" else None
    assign(body_of(model), weights, path, n_outputs)
    logger.info("%s starts from %s", model.name, path.name)


def check_hash(path: Path, sha256: str) -> None:
    """Refuse a file that is missing or not the one meant.

    Raises:
        TrainingError: See above.
    """
    if not path.is_file():
        raise TrainingError(
            "the weights file must exist",
            found="no such file",
            where=str(path),
            next_step="put it there; a path is relative to the repository root",
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise TrainingError(
            "the weights file must be the one that weights_sha256 names",
            found=f"sha256 {found}, not {sha256}",
            where=str(path),
            next_step="fetch it again; if it is the file you mean, set weights_sha256 to its hash",
        )


def body_of(model: keras.Model) -> keras.Model:
    """The pretrained part: the network that stands in the classifier as a layer, or all of it."""
    inner = [layer for layer in model.layers if isinstance(layer, keras.Model)]
    return inner[0] if inner else model


def assign(body: keras.Model, weights: Weights, path: Path, n_outputs: int | None = None) -> None:
    """Copy the arrays of a file into a network, after every shape has been compared.

    Layers are matched by name. Those that Keras numbered by itself (`conv2d_7`) have another
    number in each process: what is left on both sides is matched in order.

    Args:
        body: Network without its head; its layer `logits`, and what changes training films, are
            left alone.
        weights: Of each layer, from a file.
        path: That file, for messages.
        n_outputs: Width that the head in the file must have, if there is a head; None for any.

    Raises:
        TrainingError: A layer is missing, left over, or of another shape.
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
            "every layer of a weights file must fit the network, name by name and shape by shape",
            found="; ".join(faults[:3]) + (f"; {len(faults)} in all" if len(faults) > 3 else ""),
            where=str(path),
            next_step=f"take the weights of {body.name}, or another network",
        )
    for name, layer in targets.items():
        layer.set_weights(pairs[name])


def _sources(targets: list[str], given: list[str]) -> dict[str, str]:
    """For each layer of the network, the layer of the file that it takes its arrays from."""
    source = {name: name for name in targets if name in given and not NUMBERED.fullmatch(name)}
    numbered = [[name for name in names if NUMBERED.fullmatch(name)] for names in (targets, given)]
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
            faults.append(f"{name}: not every number is finite")
    return faults


def _head_faults(left: Weights, n_outputs: int | None) -> list[str]:
    """Judge what no layer of the body took: one dense head is expected, nothing else."""
    heads = [name for name, arrays in left.items() if [a.ndim for a in arrays] == [2, 1]]
    faults = [f"{name}: no such layer in the network" for name in left if name not in heads[-1:]]
    for name in heads[-1:]:
        found = left[name][1].shape[0]
        if n_outputs not in {None, found}:
            faults.append(f"{name}: {found} outputs, not the {n_outputs} of the published network")
    return faults


def _shapes(arrays: Sequence[NDArray[np.float32]]) -> list[tuple[int, ...]]:
    return [array.shape for array in arrays]
