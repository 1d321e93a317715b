"""Weights files in the formats of other tools, with random numbers, and the expected features."""

import hashlib
import json
import pickle
import struct
import sys
import types
import zipfile
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

State = dict[str, np.ndarray]
BLOCKS = (6, 12, 24, 16)  # Source: arXiv 1608.06993, table 1, DenseNet-121
GROWTH = 32
MAGIC = 0x1950A86A20F9469CFC6C


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def torch_densenet121(seed: int, n_outputs: int = 14) -> State:
    """State dict like that of torchvision's densenet121, with random numbers."""
    rng = np.random.default_rng(seed)
    state: State = {}

    def conv(name: str, n_out: int, n_in: int, side: int) -> None:
        kernel = rng.normal(0, np.sqrt(2 / (n_in * side * side)), (n_out, n_in, side, side))
        state[f"{name}.weight"] = kernel.astype(np.float32)

    def norm(name: str, n: int) -> None:
        for kind, low, high in (
            *(("weight", 0.5, 1.5), ("bias", -0.2, 0.2)),
            *(("running_mean", -0.2, 0.2), ("running_var", 0.5, 1.5)),
        ):
            state[f"{name}.{kind}"] = rng.uniform(low, high, n).astype(np.float32)
        state[f"{name}.num_batches_tracked"] = np.array(7, dtype=np.int64)

    conv("features.conv0", 64, 3, 7)
    norm("features.norm0", 64)
    n = 64
    for block, n_layers in enumerate(BLOCKS, start=1):
        for layer in range(1, n_layers + 1):
            name = f"features.denseblock{block}.denselayer{layer}"
            norm(f"{name}.norm1", n)
            conv(f"{name}.conv1", 4 * GROWTH, n, 1)
            norm(f"{name}.norm2", 4 * GROWTH)
            conv(f"{name}.conv2", GROWTH, 4 * GROWTH, 3)
            n += GROWTH
        if block < len(BLOCKS):
            norm(f"features.transition{block}.norm", n)
            conv(f"features.transition{block}.conv", n // 2, n, 1)
            n //= 2
    norm("features.norm5", n)
    state["classifier.weight"] = rng.normal(0, 0.03, (n_outputs, n)).astype(np.float32)
    state["classifier.bias"] = rng.normal(0, 0.1, n_outputs).astype(np.float32)
    return state


def densenet121_features(state: State, x: np.ndarray) -> np.ndarray:
    """Features of DenseNet121 up to the global mean, computed in NumPy as PyTorch does.

    Args:
        state: From `torch_densenet121`.
        x: (B, 3, H, W), preprocessed.
    """

    def norm_relu(name: str, x: np.ndarray) -> np.ndarray:
        gamma, beta, mean, var = (
            state[f"{name}.{kind}"].astype(np.float64)[:, None, None]
            for kind in ("weight", "bias", "running_mean", "running_var")
        )
        return np.maximum((x - mean) / np.sqrt(var + 1e-5) * gamma + beta, 0)

    def conv(name: str, x: np.ndarray, stride: int = 1, pad: int = 0) -> np.ndarray:
        kernel = state[f"{name}.weight"].astype(np.float64)
        windows = _windows(x, kernel.shape[-1], stride, pad)  # (B, C, h, w, k, k)
        return np.einsum("bchwij,ocij->bohw", windows, kernel, optimize=True)

    x = norm_relu("features.norm0", conv("features.conv0", x, stride=2, pad=3))
    x = _windows(x, 3, 2, 1).max(axis=(-2, -1))
    for block, n_layers in enumerate(BLOCKS, start=1):
        for layer in range(1, n_layers + 1):
            name = f"features.denseblock{block}.denselayer{layer}"
            new = conv(f"{name}.conv1", norm_relu(f"{name}.norm1", x))
            new = conv(f"{name}.conv2", norm_relu(f"{name}.norm2", new), pad=1)
            x = np.concatenate([x, new], axis=1)
        if block < len(BLOCKS):
            name = f"features.transition{block}"
            x = conv(f"{name}.conv", norm_relu(f"{name}.norm", x))
            x = _windows(x, 2, 2, 0).mean(axis=(-2, -1))
    return norm_relu("features.norm5", x).mean(axis=(-2, -1))


def _windows(x: np.ndarray, side: int, stride: int, pad: int) -> np.ndarray:
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    view = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(2, 3))
    return view[:, :, ::stride, ::stride]


def as_checkpoint_of_2018(state: State) -> dict[str, Any]:
    """The same state in the form of the published CheXNet: prefix, old names, an optimiser."""
    old = {}
    for name, tensor in state.items():
        if not name.endswith("num_batches_tracked"):
            for part in ("norm", "conv"):
                for number in ("1", "2"):
                    name = name.replace(f".{part}{number}.", f".{part}.{number}.")  # noqa: PLW2901
            wrapped = name.replace("classifier.", "classifier.0.")
            old[f"module.densenet121.{wrapped}"] = tensor
    moments = {0: {"step": 3, "exp_avg": np.zeros(4, dtype=np.float32)}}
    optimiser = {"state": moments, "param_groups": [{"lr": 0.001, "betas": (0.9, 0.999)}]}
    return {"epoch": 3, "best_loss": 0.5, "state_dict": old, "optimizer": optimiser}


def write_torch(path: Path, content: object) -> None:
    """Write a file like `torch.save` of PyTorch 1.6 and later."""
    pickled, storages = _pickled(content)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled)
        archive.writestr("archive/byteorder", "little")
        for key, numbers in storages.items():
            archive.writestr(f"archive/data/{key}", numbers.tobytes())
        archive.writestr("archive/version", "3\n")


def write_torch_legacy(path: Path, content: object) -> None:
    """Write a file like `torch.save` before PyTorch 1.6."""
    pickled, storages = _pickled(content, view=(None,))
    facts = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"int": 4}}
    with path.open("wb") as file:
        for value in (MAGIC, 1001, facts):
            pickle.dump(value, file, protocol=2)
        file.write(pickled)
        pickle.dump(sorted(storages), file, protocol=2)
        for key in sorted(storages):
            file.write(struct.pack("<q", storages[key].size) + storages[key].tobytes())


def write_safetensors(path: Path, state: State) -> None:
    codes = {np.dtype(np.float32): "F32", np.dtype(np.int64): "I64"}
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    data = b""
    for name, tensor in state.items():
        offsets = [len(data), len(data) + tensor.nbytes]
        header[name] = {
            "dtype": codes[tensor.dtype],
            "shape": tensor.shape,
            "data_offsets": offsets,
        }
        data += tensor.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def write_h5(path: Path, layers: dict[str, list[tuple[str, np.ndarray]]], group: str = "/") -> None:
    """Write a file like `save_weights` of Keras 2; with group `model_weights`, like `save`."""
    with h5py.File(path, "w") as file:
        root = file.require_group(group)
        root.attrs["layer_names"] = [name.encode() for name in layers]
        for name, arrays in layers.items():
            place = root.create_group(name)
            place.attrs["weight_names"] = [f"{name}/{kind}:0".encode() for kind, _ in arrays]
            for kind, array in arrays:
                place.create_dataset(f"{name}/{kind}:0", data=array)


def layers_of(network: keras.Model) -> dict[str, list[tuple[str, np.ndarray]]]:
    """Weights of all layers of a Keras network, in the order of Keras 2."""
    return {
        layer.name: [(weight.name, np.asarray(weight)) for weight in layer.weights]
        for layer in network.layers
    }


class _Storage:
    """The numbers of one tensor."""

    def __init__(self, numbers: np.ndarray, key: str) -> None:
        self.numbers, self.key = numbers, key


def _pickled(content: object, view: tuple[None, ...] = ()) -> tuple[bytes, dict[str, np.ndarray]]:
    """Pickle like PyTorch: a tensor is a call by name, and its numbers are in another file."""
    storages: dict[str, np.ndarray] = {}
    with _torch_names() as torch:

        class Pickler(pickle.Pickler):
            def persistent_id(self, value: object) -> object:
                if not isinstance(value, _Storage):
                    return None
                kind = {"f": torch.FloatStorage, "i": torch.LongStorage}[value.numbers.dtype.kind]
                return ("storage", kind, value.key, "cpu", value.numbers.size, *view)

            def reducer_override(self, value: object) -> object:
                if not isinstance(value, np.ndarray):
                    return NotImplemented
                key = str(len(storages))
                storages[key] = value
                strides = tuple(stride // value.itemsize for stride in value.strides)
                storage = _Storage(value, key)
                arguments = (storage, 0, value.shape, strides, False, OrderedDict())
                return torch._utils._rebuild_tensor_v2, arguments

        stream = BytesIO()
        Pickler(stream, protocol=2).dump(OrderedDict(content) if content else content)
    return stream.getvalue(), storages


@contextmanager
def _torch_names() -> Iterator[Any]:
    """Names of PyTorch in a pickle of tensors, so that Python can write the pickle."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def _rebuild_tensor_v2() -> None: ...

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = (
        "torch._utils",
        "_rebuild_tensor_v2",
    )
    utils._rebuild_tensor_v2 = _rebuild_tensor_v2
    torch._utils = utils
    for name in ("FloatStorage", "LongStorage"):
        setattr(torch, name, type(name, (), {"__module__": "torch"}))
    before = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules |= {"torch": torch, "torch._utils": utils}
    try:
        yield torch
    finally:
        for name, module in before.items():
            sys.modules.pop(name)
            if module is not None:
                sys.modules[name] = module
