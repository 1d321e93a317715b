"""Weights of an HDF5 file of Keras 1 or 2, array by array; no code in it is looked at.

Source: the layout that Keras' legacy `save_weights` writes: attribute `layer_names`, a group per
layer with attribute `weight_names`, a data set per weight. A whole model has it in the group
`model_weights`, beside a configuration that is not read here.
"""

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import TrainingError

MAX_BYTES = 2**31  # of all arrays; the largest network of keras.applications has 1.4e9


def read_h5(path: Path) -> dict[str, list[NDArray[np.float32]]]:
    """Read the arrays of each layer that has any, in the file's order.

    A `/` in a layer's name, as DenseNets of 2017 have it (`conv1/bn`), becomes `_`.

    Raises:
        TrainingError: The file is no HDF5, has another layout, is too large, or points to data
            outside itself.
    """
    try:
        with h5py.File(path, "r") as file:
            root = _inside(file, "model_weights", path) if "model_weights" in file else file
            if "layer_names" not in root.attrs and "layer_names0" not in root.attrs:
                raise _refusal(path, "no list of layers: this is not the layout of Keras 1 and 2")
            return _read_layers(root, path)
    except (OSError, KeyError, RuntimeError, ValueError) as error:  # what h5py raises on damage
        raise _refusal(path, " ".join(str(error).split())) from error


def _read_layers(root: h5py.Group, path: Path) -> dict[str, list[NDArray[np.float32]]]:
    weights = {}
    n_bytes = 0
    for layer in _names(root, "layer_names"):
        group = _inside(root, layer, path)
        arrays = [_inside(group, name, path) for name in _names(group, "weight_names")]
        if not all(isinstance(array, h5py.Dataset) and array.dtype.kind == "f" for array in arrays):
            raise _refusal(path, f"layer {layer} holds something else than numbers")
        n_bytes += sum(array.size * 4 for array in arrays)
        if n_bytes > MAX_BYTES:
            raise _refusal(path, f"more than {MAX_BYTES} bytes up to layer {layer}")
        if arrays:
            weights[layer.replace("/", "_")] = [array[()].astype(np.float32) for array in arrays]
    return weights


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """Names in an attribute, which Keras splits into numbered parts when they are many."""
    parts = [attribute] if attribute in group.attrs else []
    while f"{attribute}{len(parts)}" in group.attrs:
        parts.append(f"{attribute}{len(parts)}")
    names = [name for part in parts for name in group.attrs[part]]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _inside(group: h5py.Group, name: str, path: Path) -> h5py.Group | h5py.Dataset:
    """Follow a name inside the file, and no link out of it."""
    item = group
    for part in name.split("/"):
        if not isinstance(item.get(part, getlink=True), h5py.HardLink):
            raise _refusal(path, f"{name} is a link")
        item = item[part]
    if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
        raise _refusal(path, f"the numbers of {name} stand in another file")
    return item


def _refusal(path: Path, found: str) -> TrainingError:
    return TrainingError(
        "an .h5 file of weights has the layout that Keras 1 and 2 wrote",
        found=found,
        where=str(path),
        next_step="fetch the file again, or save it with `model.save_weights` of Keras 2",
    )
