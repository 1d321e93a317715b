"""Weights files that do not fit: refused by name, and the network stays unchanged."""

import keras
import numpy as np
import pytest

from tasks.core.errors import TrainingError
from tasks.train.network.build import build_classifier
from tasks.train.weights.initial import load_file
from tests.cohorts import STILL
from tests.weights_files import (
    layers_of,
    sha256_of,
    torch_densenet121,
    write_h5,
    write_safetensors,
    write_torch,
)

STATE = torch_densenet121(seed=1)


@pytest.fixture(scope="module")
def chexnet() -> keras.Model:
    return build_classifier("chexnet", 32, 3, STILL, seed=0)


def refusal(network: keras.Model, path, sha256: str | None = None) -> TrainingError:
    before = network.get_weights()
    with pytest.raises(TrainingError) as caught:
        load_file(network, path, sha256 or sha256_of(path))
    assert caught.value.where == str(path)
    after = network.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    return caught.value


def test_file_with_another_hash_is_refused(chexnet, tmp_path):
    path = tmp_path / "densenet.pth"
    write_torch(path, STATE)
    found = refusal(chexnet, path, "0" * 64).found
    assert found == f"sha256 {sha256_of(path)}, not {'0' * 64}"


def test_missing_file_is_refused(chexnet, tmp_path):
    assert refusal(chexnet, tmp_path / "none.h5", "0" * 64).found == "no such file"


def test_unknown_ending_is_refused_with_the_known_endings(chexnet, tmp_path):
    (tmp_path / "weights.onnx").write_bytes(b"")
    assert ".safetensors" in refusal(chexnet, tmp_path / "weights.onnx").next_step


def test_head_with_another_number_of_findings_is_refused(chexnet, tmp_path):
    write_torch(tmp_path / "imagenet.pth", torch_densenet121(seed=1, n_outputs=18))
    found = refusal(chexnet, tmp_path / "imagenet.pth").found
    assert found == "predictions: 18 outputs, not the 14 of the published network"


def test_file_without_a_head_is_loaded(chexnet, tmp_path):
    state = {name: array for name, array in STATE.items() if name.startswith("features.")}
    write_safetensors(tmp_path / "body.safetensors", state)
    load_file(chexnet, tmp_path / "body.safetensors", sha256_of(tmp_path / "body.safetensors"))


def test_layer_with_another_shape_is_named(chexnet, tmp_path):
    # one channel instead of three, as in some networks for grey films
    grey = STATE | {"features.conv0.weight": STATE["features.conv0.weight"][:, :1].copy()}
    write_torch(tmp_path / "grey.pth", grey)
    found = refusal(chexnet, tmp_path / "grey.pth").found
    assert found == "conv1_conv: [(7, 7, 1, 64)] in the file, [(7, 7, 3, 64)] in the network"


def test_missing_layer_is_named(chexnet, tmp_path):
    name = "features.transition2.conv.weight"
    write_torch(tmp_path / "gap.pth", {key: STATE[key] for key in STATE if key != name})
    assert refusal(chexnet, tmp_path / "gap.pth").found == "no layer pool3_conv in the file"


def test_tensor_of_another_network_is_named(chexnet, tmp_path):
    write_torch(tmp_path / "resnet.pth", {"layer1.0.conv1.weight": np.zeros((1, 1, 3, 3), "f4")})
    assert refusal(chexnet, tmp_path / "resnet.pth").found == "tensor layer1.0.conv1.weight"


def test_h5_of_another_network_is_refused(chexnet, tmp_path):
    write_h5(tmp_path / "cnn4.h5", layers_of(build_classifier("cnn4", 32, 2, STILL, seed=0)))
    found = refusal(chexnet, tmp_path / "cnn4.h5").found
    assert "no layer conv1_conv in the file" in found
    assert "in total" in found


def test_number_that_is_not_finite_is_refused(chexnet, tmp_path):
    broken = STATE["features.norm5.bias"].copy()
    broken[3] = np.nan
    write_torch(tmp_path / "nan.pth", STATE | {"features.norm5.bias": broken})
    assert refusal(chexnet, tmp_path / "nan.pth").found == "bn: some numbers are not finite"
