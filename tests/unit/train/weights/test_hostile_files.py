"""Malicious or damaged weights files: refused by name, and no code in them runs."""

import os
import pickle
from argparse import Namespace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core.errors import TrainingError
from tasks.train.weights.keras_h5 import read_h5
from tasks.train.weights.torch_densenet import keras_name, read_safetensors
from tasks.train.weights.torch_pickle import read_torch
from tests.weights_files import write_h5, write_safetensors, write_torch, write_torch_legacy

RNG = np.random.default_rng(0)
STATE = {
    "a.weight": RNG.normal(size=(3, 2)).astype(np.float32),
    "b": np.array(4, dtype=np.int64),
}
WRITERS = {"zip": write_torch, "legacy": write_torch_legacy}


class Harm:
    """Calls a function when it is unpickled."""

    def __init__(self, function: object, *arguments: object) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return self._call


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_tensors_are_read_as_they_were_written(write, tmp_path):
    write(tmp_path / "state.pth", STATE)
    found = read_torch(tmp_path / "state.pth")
    assert set(found) == set(STATE)
    for name, tensor in STATE.items():
        assert found[name].dtype == tensor.dtype
        np.testing.assert_array_equal(found[name], tensor)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_transposed_tensor_keeps_its_strides(write, tmp_path):
    turned = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    write(tmp_path / "state.pth", {"a": turned})
    assert read_torch(tmp_path / "state.pth")["a"].shape == (2, 3)


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize(
    ("function", "arguments", "named"),
    [
        (os.system, ("touch {marker}",), "system"),
        (eval, ("open({marker!r}, 'w')",), "eval"),
        (Path, ("{marker}",), "pathlib"),
        (getattr, ("", "join"), "getattr"),
    ],
)
def test_call_in_a_pickle_is_named_and_not_executed(write, function, arguments, named, tmp_path):
    marker = tmp_path / "was-here"
    filled = [word.format(marker=str(marker)) for word in arguments]
    write(tmp_path / "state.pth", STATE | {"c": Harm(function, *filled)})
    with pytest.raises(TrainingError) as caught:
        read_torch(tmp_path / "state.pth")
    assert named in caught.value.found
    assert not marker.exists()


def test_a_reader_that_unpickles_executes_the_call(tmp_path):
    """The files of the test above do execute code in `pickle.loads`."""
    marker = tmp_path / "was-here"
    pickle.loads(pickle.dumps(Harm(os.system, f"touch {marker}")))  # noqa: S301
    assert marker.exists()


def test_whole_network_in_a_pickle_is_refused_with_its_class(tmp_path):
    write_torch(tmp_path / "model.pth", {"model": Namespace(layers=3)})
    with pytest.raises(TrainingError, match="an object of argparse Namespace"):
        read_torch(tmp_path / "model.pth")


def test_value_that_is_not_a_tensor_is_named(tmp_path):
    write_torch(tmp_path / "state.pth", STATE | {"epoch": 3})
    with pytest.raises(TrainingError, match="epoch is not a tensor"):
        read_torch(tmp_path / "state.pth")


def test_tensor_larger_than_its_storage_is_refused(tmp_path):
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, "f4"), (10**6, 10**6), (0, 0))

    class Small(np.ndarray):
        def tobytes(self) -> bytes:
            return b"\0\0\0\0"

    write_torch(tmp_path / "state.pth", {"a": huge.view(Small)})
    with pytest.raises(TrainingError, match="a is larger than its storage"):
        read_torch(tmp_path / "state.pth")


@pytest.mark.parametrize("kind", ["zip", "legacy", "safetensors", "h5"])
@settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_file_is_refused_or_harmless(kind, data, tmp_path):
    path = tmp_path / f"state.{kind}"
    if kind == "h5":
        write_h5(path, {"a": [("kernel", STATE["a.weight"])]})
    else:
        (WRITERS | {"safetensors": write_safetensors})[kind](path, STATE)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    read = {"safetensors": read_safetensors, "h5": read_h5}.get(kind, read_torch)
    try:
        found = read(path)
    except TrainingError:
        return
    assert isinstance(found, dict)


def test_h5_that_points_to_another_file_is_refused(tmp_path):
    secret = tmp_path / "secret.h5"
    write_h5(secret, {"a": [("kernel", STATE["a.weight"])]})
    link = tmp_path / "link.h5"
    with h5py.File(link, "w") as file:
        file.attrs["layer_names"] = [b"a"]
        file["a"] = h5py.ExternalLink(str(secret), "/a")
    with pytest.raises(TrainingError, match="a is a link"):
        read_h5(link)
    outside = tmp_path / "outside.h5"
    with h5py.File(outside, "w") as file:
        file.attrs["layer_names"] = [b"a"]
        group = file.create_group("a")
        group.attrs["weight_names"] = [b"kernel"]
        group.create_dataset("kernel", (4,), "f4", external=[(str(secret), 0, 16)])
    with pytest.raises(TrainingError, match="are in another file"):
        read_h5(outside)


def test_h5_that_is_too_large_when_unpacked_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "bomb.h5"
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"a"]
        group = file.create_group("a")
        group.attrs["weight_names"] = [b"kernel"]
        group.create_dataset("kernel", (10**6, 10**6), "f4", chunks=(1000, 1000))
    assert path.stat().st_size < 100_000
    with pytest.raises(TrainingError, match="more than 2147483648 bytes"):
        read_h5(path)


def test_h5_of_keras_3_is_refused_as_another_layout(tmp_path):
    with h5py.File(tmp_path / "model.weights.h5", "w") as file:
        file.create_group("layers/dense/vars").create_dataset("0", data=STATE["a.weight"])
    with pytest.raises(TrainingError, match="not the layout of Keras 1 or 2"):
        read_h5(tmp_path / "model.weights.h5")


def test_names_in_numbered_attributes_are_joined(tmp_path):
    """An HDF5 attribute holds at most 64 kB, so Keras splits longer lists."""
    path = tmp_path / "split.h5"
    write_h5(path, {name: [("kernel", STATE["a.weight"])] for name in ("a", "b", "c")})
    with h5py.File(path, "a") as file:
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = [b"a", b"b"], [b"c"]
    assert list(read_h5(path)) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("place", "layer"),
    [
        ("features.conv0", "conv1_conv"),
        ("features.norm0", "conv1_bn"),
        ("features.denseblock1.denselayer6.norm1", "conv2_block6_0_bn"),
        ("features.denseblock4.denselayer16.conv2", "conv5_block16_2_conv"),
        ("features.transition3.norm", "pool4_bn"),
        ("features.norm5", "bn"),
        ("classifier", "predictions"),
        ("features.denseblock1.denselayer6.norm3", None),
        ("layer1.conv1", None),
    ],
)
def test_modules_of_pytorch_have_names_in_keras(place, layer):
    assert keras_name(place) == layer
