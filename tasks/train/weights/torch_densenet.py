"""A state dict of PyTorch's DenseNet121 with the names, order and shapes of Keras.

Source: names of torchvision.models.densenet121 and of keras.applications.DenseNet121; a dense
layer's `norm1`, `conv1`, `norm2`, `conv2` are Keras' `_0_bn`, `_1_conv`, `_1_bn`, `_2_conv`.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from tasks.core.errors import TrainingError
from tasks.train.weights.apart import check_total

# prefix of a network inside another one: `module.densenet121.`
_PREFIX = re.compile(r"^.*?(?=features\.|classifier\.)")
_OLD_NAME = re.compile(r"\b(norm|conv)\.(?=[12]\.)")  # `norm.1` before PyTorch 0.4, now `norm1`
_DENSE_LAYER = re.compile(r"features\.denseblock(\d)\.denselayer(\d+)\.(norm1|conv1|norm2|conv2)")
_TRANSITION = re.compile(r"features\.transition(\d)\.(norm|conv)")
_PARTS = {"norm1": "0_bn", "conv1": "1_conv", "norm2": "1_bn", "conv2": "2_conv"}
_ENDS = {
    "features.conv0": "conv1_conv",
    "features.norm0": "conv1_bn",
    "features.norm5": "bn",
    "classifier": "predictions",
    "classifier.0": "predictions",  # followed by a sigmoid
}
_DAMAGE = (  # errors of a file that is truncated, overwritten or malicious
    *(SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError),
)
_DTYPES = ("float16", "float32", "float64", "int64")  # int64 counts batches
_ORDER = ("weight", "bias", "running_mean", "running_var")
# added to the variance before the square root; the difference goes into the variance
_EPSILON_TORCH, _EPSILON_KERAS = 1e-5, 1.001e-5


def read_safetensors(path: Path) -> dict[str, NDArray[np.generic]]:
    """Read every tensor of a safetensors file.

    Raises:
        TrainingError: The file is damaged, or a tensor is neither floating point nor int64.
    """
    tensors = {}
    name, n_bytes = "the header", 0
    try:
        with safe_open(path, framework="numpy") as file:
            for name in file.keys():  # noqa: SIM118 - not a dict
                # a number has at most 8 bytes, and many names can share one range of the file
                n_bytes += math.prod(file.get_slice(name).get_shape()) * 8
                check_total(n_bytes, name)
                tensors[name] = file.get_tensor(name)
                if tensors[name].dtype not in _DTYPES:
                    raise ValueError(f"type {tensors[name].dtype}")
    except _DAMAGE as error:
        raise TrainingError(
            "a .safetensors file must hold a header and tensors of floating point numbers",
            found=f"{name}: {' '.join(str(error).split())}",
            where=str(path),
            next_step="download the file again, or use a .pth or .h5 file",
        ) from error
    return tensors


def layers_of_state_dict(
    tensors: Mapping[str, NDArray[np.generic]], path: Path
) -> dict[str, list[NDArray[np.float32]]]:
    """Rename, reorder and transpose the tensors of PyTorch's DenseNet121.

    Args:
        tensors: State dict; the names may have a prefix.
        path: The file, for messages.

    Returns:
        Arrays of each Keras layer: kernels (h, w, n_in, n_out), dense kernels (n_in, n_out),
        batch normalisation as gamma, beta, mean, variance.

    Raises:
        TrainingError: DenseNet121 has no tensor of such a name.
    """
    found: dict[str, dict[str, NDArray[np.float32]]] = {}
    for name, tensor in tensors.items():
        place, _, kind = _OLD_NAME.sub(r"\1", _PREFIX.sub("", name)).rpartition(".")
        if kind == "num_batches_tracked":
            continue
        layer = keras_name(place)
        if layer is None or kind not in _ORDER:
            raise TrainingError(
                "every tensor of a PyTorch weights file must belong to DenseNet121",
                found=f"tensor {name}",
                where=str(path),
                next_step="use a state dict of torchvision's densenet121, or an .h5 of Keras",
            )
        found.setdefault(layer, {})[kind] = tensor.astype(np.float32)
    return {layer: _keras_arrays(arrays) for layer, arrays in found.items()}


def keras_name(place: str) -> str | None:
    """Name of the Keras layer for a module of PyTorch's DenseNet121; None if there is none.

    Example:
        >>> keras_name("features.denseblock1.denselayer6.norm1")
        'conv2_block6_0_bn'
        >>> keras_name("features.conv0")
        'conv1_conv'
    """
    if match := _DENSE_LAYER.fullmatch(place):
        return f"conv{int(match[1]) + 1}_block{match[2]}_{_PARTS[match[3]]}"
    if match := _TRANSITION.fullmatch(place):
        return f"pool{int(match[1]) + 1}_{'bn' if match[2] == 'norm' else 'conv'}"
    return _ENDS.get(place)


def _keras_arrays(arrays: dict[str, NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Put the arrays of one layer into Keras' order and shapes."""
    if "running_var" in arrays:
        arrays["running_var"] = arrays["running_var"] + np.float32(_EPSILON_TORCH - _EPSILON_KERAS)
    kernel = arrays["weight"] if "weight" in arrays else np.zeros(0, dtype=np.float32)
    if kernel.ndim == 4:
        arrays["weight"] = kernel.transpose(2, 3, 1, 0)  # (out, in, h, w) -> (h, w, in, out)
    elif kernel.ndim == 2:
        arrays["weight"] = kernel.T
    return [arrays[kind] for kind in _ORDER if kind in arrays]
