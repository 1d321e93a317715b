"""Weights files that would take endless time or memory, or that raise rare errors in a reader."""

import json
import pickle
import struct
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from tasks.core.errors import TrainingError
from tasks.train.weights.apart import MAX_BYTES, read_apart
from tasks.train.weights.keras_h5 import read_h5
from tasks.train.weights.torch_densenet import read_safetensors
from tasks.train.weights.torch_pickle import read_torch
from tests.hostile_readers import read_and_fail, read_for_ever
from tests.weights_files import MAGIC, write_h5, write_torch_legacy


def test_reader_without_end_is_ended(tmp_path):
    started = time.monotonic()
    with pytest.raises(TrainingError, match="no end after 1 s"):
        read_apart(read_for_ever, tmp_path / "w.h5", max_seconds=1)
    assert time.monotonic() - started < 60


def test_any_exception_of_a_reader_is_a_message(tmp_path):
    with pytest.raises(TrainingError, match=r"w\.h5") as caught:
        read_apart(read_and_fail, tmp_path / "w.h5")
    assert len(caught.value.found) < 300


def test_arrays_arrive_as_the_reader_made_them(tmp_path):
    kernel = np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)
    write_h5(tmp_path / "w.h5", {"a": [("kernel", kernel)]})
    np.testing.assert_array_equal(read_apart(read_h5, tmp_path / "w.h5")["a"][0], kernel)
    with pytest.raises(TrainingError, match="layout of Keras"):
        read_apart(read_h5, tmp_path / "missing.h5")


def test_pickle_of_lists_in_lists_is_read_once(tmp_path):
    laughs: object = ()
    for _ in range(60):
        laughs = [laughs, laughs]
    path = tmp_path / "laughs.pt"
    parts = [MAGIC, 1001, {}, {"w": laughs}, []]
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    assert path.stat().st_size < 1000
    with pytest.raises(TrainingError, match="w is not a tensor"):
        read_torch(path)


def test_list_that_holds_itself_is_refused(tmp_path):
    knot: list[object] = []
    knot.append(knot)
    path = tmp_path / "knot.pt"
    parts = [MAGIC, 1001, {}, {"w": knot}, []]
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in parts))
    with pytest.raises(TrainingError, match="w is not a tensor"):
        read_torch(path)


def test_many_tensors_in_one_storage_are_refused_before_they_are_copied(tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.train.weights.apart.MAX_BYTES", 1000)
    shared = np.zeros(100, dtype=np.float32)
    path = tmp_path / "many.pt"
    write_torch_legacy(path, {f"w{number}": shared for number in range(4)})
    with pytest.raises(TrainingError, match="more than 1000 bytes up to the last of 4"):
        read_torch(path)
    assert MAX_BYTES == 2**31


def write_header(path: Path, header: bytes, data: bytes = b"") -> Path:
    path.write_bytes(struct.pack("<Q", len(header)) + header + data)
    return path


def test_deep_and_wide_headers_of_safetensors_are_refused(tmp_path):
    deep = b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}"
    with pytest.raises(TrainingError, match=r"safetensors(.|\n)*header"):
        read_safetensors(write_header(tmp_path / "deep.safetensors", deep))
    entry = {"dtype": "F32", "shape": [1000], "data_offsets": [0, 4000]}
    wide = json.dumps({f"n{number}": entry for number in range(400)}).encode()
    with pytest.raises(TrainingError, match="safetensors"):
        read_safetensors(write_header(tmp_path / "wide.safetensors", wide, bytes(4000)))


def test_h5_whose_list_of_layers_or_arrays_has_another_form_is_refused(tmp_path):
    number, empty, below = (tmp_path / name for name in ("number.h5", "empty.h5", "below.h5"))
    with h5py.File(number, "w") as file:
        file.attrs["layer_names"] = 3
    with h5py.File(empty, "w") as file:
        file.attrs["layer_names"] = [b"a"]
        file.create_group("a").attrs["weight_names"] = [b"k"]
        file["a"].create_dataset("k", data=h5py.Empty("f4"))
    with h5py.File(below, "w") as file:
        file.attrs["layer_names"] = [b"a"]
        file.create_group("a").attrs["weight_names"] = [b"k/below"]
        file["a"].create_dataset("k", data=np.zeros(3, dtype=np.float32))
    for path in (number, empty, below):
        with pytest.raises(TrainingError, match="layout of Keras"):
            read_h5(path)
