"""Initial weights of a network: random, from ImageNet, or from a file of the user."""

import hashlib
import logging
import warnings
from pathlib import Path

import keras

from tasks.core.errors import TrainingError
from tasks.core.params import TrainParams
from tasks.train.network.applications import Application
from tasks.train.network.build import find_network
from tasks.train.weights.apart import read_apart
from tasks.train.weights.assign import assign_weights, body_of
from tasks.train.weights.keras_h5 import read_h5
from tasks.train.weights.torch_densenet import layers_of_state_dict, read_safetensors
from tasks.train.weights.torch_pickle import read_torch

logger = logging.getLogger(__name__)

_TORCH_SUFFIXES = {".pth", ".pt", ".tar", ".bin"}


def load_initial_weights(model: keras.Model, params: TrainParams) -> None:
    """Set the initial weights of a new classifier; the head stays random.

    Args:
        model: From `build_classifier`.
        params: `weights` and `weights_sha256` of the model.

    Raises:
        TrainingError: The network has no ImageNet weights, they cannot be downloaded, or the file
            is missing, has another hash or does not fit the network.
    """
    if params.weights == "none":
        return
    if params.weights == "imagenet":
        load_imagenet(model)
    else:
        load_file(model, Path(params.weights), params.weights_sha256 or "")


def load_imagenet(model: keras.Model) -> None:
    """Copy ImageNet's weights into the body of a classifier, from Keras' cache or by a download.

    Raises:
        TrainingError: The network is not in keras.applications, or the download fails.
    """
    network = find_network(model.name)
    if not isinstance(network, Application):
        raise TrainingError(
            "only networks of keras.applications have ImageNet weights",
            found="weights: imagenet",
            where=f"network {model.name}",
            next_step=f"set per_model.{model.name}.weights to none or to a file",
        )
    keras.config.disable_interactive_logging()  # a progress bar would fill the log
    try:
        with warnings.catch_warnings():
            # some networks warn that their weights were trained at another size
            warnings.simplefilter("ignore", UserWarning)
            pretrained = network.body(weights="imagenet")
    except Exception as error:  # Keras raises no narrower class when a download fails
        raise TrainingError(
            "ImageNet weights must be in Keras' cache or be available for download",
            found=" ".join(str(error).split()),
            where=f"network {model.name}",
            next_step="run it once with a connection; or put the file that the message names into "
            "~/.keras/models/; or set weights to none or to a file",
        ) from error
    body_of(model).set_weights(pretrained.get_weights())
    logger.info("%s: initial weights from ImageNet", model.name)


def load_file(model: keras.Model, path: Path, sha256: str) -> None:
    """Read a weights file, as data only, into the body of a classifier.

    `.h5` is a weights or model file of Keras 1 or 2; `.safetensors`, `.pth`, `.pt`, `.tar` and
    `.bin` hold the state dict of a DenseNet121 of PyTorch.

    Raises:
        TrainingError: See `load_initial_weights`.
    """
    check_hash(path, sha256)
    if path.suffix == ".h5":
        weights = read_apart(read_h5, path)
    elif path.suffix == ".safetensors":
        weights = layers_of_state_dict(read_apart(read_safetensors, path), path)
    elif path.suffix in _TORCH_SUFFIXES:
        weights = layers_of_state_dict(read_apart(read_torch, path), path)
    else:
        known = ", ".join(sorted({".h5", ".safetensors"} | _TORCH_SUFFIXES))
        raise TrainingError(
            "a weights file must be a file of Keras, safetensors or PyTorch",
            found=f"the ending {path.suffix!r}",
            where=str(path),
            next_step=f"use a file that ends in one of {known}",
        )
    network = find_network(model.name)
    n_outputs = network.n_outputs if isinstance(network, Application) else None
    assign_weights(body_of(model), weights, path, n_outputs)
    logger.info("%s: initial weights from %s", model.name, path.name)


def check_hash(path: Path, sha256: str) -> None:
    """Refuse a file that is missing or has another hash.

    Raises:
        TrainingError: The file is missing or has another hash.
    """
    if not path.is_file():
        raise TrainingError(
            "the weights file must exist",
            found="no such file",
            where=str(path),
            next_step="put it there; the path is relative to the root of the repository",
        )
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise TrainingError(
            "the weights file must have the hash weights_sha256",
            found=f"sha256 {found}, not {sha256}",
            where=str(path),
            next_step="download it again; if it is the right file, set weights_sha256 to its hash",
        )
