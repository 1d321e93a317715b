"""DenseNet121 of PyTorch in the names, orders and shapes of Keras.

Source: names of torchvision.models.densenet121 and of keras.applications.DenseNet121; a dense
layer's `norm1`, `conv1`, `norm2`, `conv2` are Keras' `_0_bn`, `_1_conv`, `_1_bn`, `_2_conv`.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import TrainingError

# In front of the names stands what the network was wrapped in: `module.densenet121.`
WRAPPED = re.compile(r"^.*?(?=features\.|classifier\.)")
OLD_NAME = re.compile(r"\b(norm|conv)\.(?=[12]\.)")  # before PyTorch 0.4: norm.1 for norm1
DENSE_LAYER = re.compile(r"features\.denseblock(\d)\.denselayer(\d+)\.(norm1|conv1|norm2|conv2)")
TRANSITION = re.compile(r"features\.transition(\d)\.(norm|conv)")
PARTS = {"norm1": "0_bn", "conv1": "1_conv", "norm2": "1_bn", "conv2": "2_conv"}
ENDS = {
    "features.conv0": "conv1_conv",
    "features.norm0": "conv1_bn",
    "features.norm5": "bn",
    "classifier": "predictions",
    "classifier.0": "predictions",  # followed by a sigmoid
}
ORDER = ("weight", "bias", "running_mean", "running_var")
# added to the variance before the root is taken; what differs goes into the variance
EPSILON_TORCH, EPSILON_KERAS = 1e-5, 1.001e-5


def layers_of_state_dict(
    tensors: Mapping[str, NDArray[np.generic]], path: Path
) -> dict[str, list[NDArray[np.float32]]]:
    """Rename, reorder and turn the tensors of a DenseNet121 of PyTorch.

    Args:
        tensors: State dict; names may have a prefix.
        path: The file, for messages.

    Returns:
        Arrays of each Keras layer: kernels (h, w, n_in, n_out), dense kernels (n_in, n_out),
        batch normalisation as gamma, beta, mean, variance.

    Raises:
        TrainingError: A name is not one of DenseNet121.
    """
    found: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, tensor in tensors.items():
        place, _, kind = OLD_NAME.sub(r"\1", WRAPPED.sub("", name)).rpartition(".")
        if kind == "num_batches_tracked":
            continue
        layer = keras_name(place)
        if layer is None or kind not in ORDER:
            raise TrainingError(
                "every tensor of a PyTorch weights file must be one of DenseNet121",
                found=f"tensor {name}",
                where=str(path),
                next_step="take the state dict of a torchvision densenet121, or an .h5 of Keras",
            )
        found.setdefault(layer, {})[kind] = tensor.astype(np.float32)
    return {layer: _turned(arrays) for layer, arrays in found.items()}


def keras_name(place: str) -> str | None:
    """Keras' layer for a module of PyTorch's DenseNet121; None if there is none."""
    if match := DENSE_LAYER.fullmatch(place):
        return f"conv{int(match[1]) + 1}_block{match[2]}_{PARTS[match[3]]}"
    if match := TRANSITION.fullmatch(place):
        return f"pool{int(match[1]) + 1}_{'bn' if match[2] == 'norm' else 'conv'}"
    return ENDS.get(place)


def _turned(arrays: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Put the arrays of one layer in Keras' order and shapes."""
    if "running_var" in arrays:
        arrays["running_var"] = arrays["running_var"] + np.float32(EPSILON_TORCH - EPSILON_KERAS)
    kernel = arrays["weight"] if "weight" in arrays else np.zeros(0, dtype=np.float32)
    if kernel.ndim == 4:
        arrays["weight"] = kernel.transpose(2, 3, 1, 0)  # (out, in, h, w) -> (h, w, in, out)
    elif kernel.ndim == 2:
        arrays["weight"] = kernel.T
    return [arrays[kind] for kind in ORDER if kind in arrays]
