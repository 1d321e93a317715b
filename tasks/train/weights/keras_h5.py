"""Weights of an HDF5 file of Keras 1 or 2, read array by array; code in the file is ignored.

Source: the layout of Keras' legacy `save_weights`: attribute `layer_names`, a group per layer with
attribute `weight_names`, and a data set per weight. In a file of a whole model this layout is in
the group `model_weights`, beside a configuration that is not read here.
"""

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import TrainingError
from tasks.train.weights.apart import check_total


def read_h5(path: Path) -> dict[str, list[NDArray[np.float32]]]:
    """Read the arrays of each layer with weights, in the order of the file.

    A `/` in the name of a layer (`conv1/bn` in DenseNets of 2017) becomes `_`.

    Raises:
        TrainingError: The file is not HDF5, has another layout, is too large, or points to data in
            another file.
    """
    try:
        with h5py.File(path, "r") as file:
            root = _inside(file, "model_weights", path) if "model_weights" in file else file
            if "layer_names" not in root.attrs and "layer_names0" not in root.attrs:
                raise _h5_refusal(path, "no list of layers, so not the layout of Keras 1 or 2")
            return _read_layers(root, path)
    except (OSError, LookupError, RuntimeError, ValueError, TypeError, AttributeError) as error:
        raise _h5_refusal(path, " ".join(str(error).split())) from error


def _read_layers(root: h5py.Group, path: Path) -> dict[str, list[NDArray[np.float32]]]:
    weights = {}
    n_bytes = 0
    for layer in _names(root, "layer_names"):
        group = _inside(root, layer, path)
        arrays = [_inside(group, name, path) for name in _names(group, "weight_names")]
        if not all(isinstance(array, h5py.Dataset) and array.dtype.kind == "f" for array in arrays):
            raise _h5_refusal(path, f"layer {layer} has data that are not floating point numbers")
        n_bytes += sum(array.size * 4 for array in arrays)
        check_total(n_bytes, f"layer {layer}")
        if arrays:
            weights[layer.replace("/", "_")] = [array[()].astype(np.float32) for array in arrays]
    return weights


def _names(group: h5py.Group, attribute: str) -> list[str]:
    """Names in an attribute; Keras splits a long list into numbered attributes."""
    parts = [attribute] if attribute in group.attrs else []
    while f"{attribute}{len(parts)}" in group.attrs:
        parts.append(f"{attribute}{len(parts)}")
    names = [name for part in parts for name in group.attrs[part]]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _inside(group: h5py.Group, name: str, path: Path) -> h5py.Group | h5py.Dataset:
    """Follow a name inside the file; refuse links to other files."""
    item = group
    for part in name.split("/"):
        if not isinstance(item.get(part, getlink=True), h5py.HardLink):
            raise _h5_refusal(path, f"{name} is a link")
        item = item[part]
    if isinstance(item, h5py.Dataset) and (item.external or item.is_virtual):
        raise _h5_refusal(path, f"the numbers of {name} are in another file")
    return item


def _h5_refusal(path: Path, found: str) -> TrainingError:
    return TrainingError(
        "an .h5 file of weights must have the layout of Keras 1 or 2",
        found=found,
        where=str(path),
        next_step="download the file again, or save it with `model.save_weights` of Keras 2",
    )
