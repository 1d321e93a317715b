"""Every network of the zoo, with random weights: its ONNX file gives Keras' answers."""

import subprocess
import sys

import keras
import numpy as np
import pytest

from tasks.core.onnx_file import CLASS_ACTIVATION_MAP, LOGITS, MAPS, OCCLUSION
from tasks.train.fitting.artifact import without_augmentation
from tasks.train.network.applications import Application
from tasks.train.network.build import build_classifier, find_network, network_names
from tasks.train.network.guard import add_guard, fit_guard
from tasks.train.onnx.export import export_network
from tasks.train.onnx.heat_weights import heads_of, heat_of
from tasks.train.onnx.network_with_maps import in_float32
from tasks.train.onnx.same_answers import answers_of_file
from tests.cohorts import STILL
from tests.films import ROOT, stage_environment

# Smallest sides; for two networks, the smallest with last maps of more than one place
SIDE_PX = {"xception": 71, "inceptionv3": 107, "inceptionresnetv2": 107}
OWN = ("ann", "cnn4", "cnn4_bn", "cnn4_bn_dropout", "cnn_deep", "minivggnet", "twin5")
# 0.8 and 1.4 GB of weights, and several copies of them in memory; convnextbase has the same layers
TOO_LARGE = {"convnextlarge", "convnextxlarge"}


def films(name: str) -> np.ndarray:
    side_px = SIDE_PX.get(name, 64)
    rng = np.random.default_rng(0)
    coarse = rng.integers(20, 250, (6, 8, 8, 1), dtype=np.uint8)
    return coarse.repeat(-(-side_px // 8), 1).repeat(-(-side_px // 8), 2)[:, :side_px, :side_px]


def saved(name: str) -> keras.Model:
    """The network as `train` saves it, with logits near 1: those of random weights may be 1e-6."""
    keras.utils.set_random_seed(0)
    images = films(name)
    network = build_classifier(name, images.shape[1], 2, STILL, seed=0)
    network = in_float32(without_augmentation(add_guard(network, fit_guard(images))))  # new layers
    keep_residuals_small(network)
    head = network.get_layer(LOGITS)
    logits = np.asarray(keras.Model(network.input, head.output)(images))
    head.kernel.assign(head.kernel / np.abs(logits).max())
    return network


def keep_residuals_small(network: keras.Model) -> None:
    """Start each block of EfficientNetV2 near the identity, as ResNets do.

    With random weights, the sums of 79 blocks grow to 1e6, and a rounding of 1e-7 to 1.

    Source: Goyal et al. 2017, section 5.1, https://arxiv.org/abs/1706.02677.
    """
    for backbone in network.layers:
        if isinstance(backbone, keras.Model) and backbone.name.startswith("efficientnetv2"):
            sums = {layer.name for layer in backbone.layers if layer.name.endswith("_add")}
            for layer in backbone.layers:
                if layer.name.removesuffix("project_bn") + "add" in sums:
                    layer.gamma.assign(layer.gamma * 0.1)


@pytest.mark.parametrize("name", OWN)
def test_own_networks_have_hidden_layers_and_need_occlusion(name):
    found = heat_of(heads_of(saved(name)))
    assert found.method == OCCLUSION
    assert ("no convolution" if name == "ann" else "layer fc1_relu lies between") in found.reason


@pytest.mark.slow
@pytest.mark.parametrize("name", network_names())
def test_file_of_each_network_gives_the_answers_of_keras(name):
    """In a process each: memory is given back, and the names of layers begin anew."""
    if name in TOO_LARGE:
        pytest.skip("its conversion takes many GB of memory; convnextbase has the same layers")
    code = f"from {__name__} import compare; compare({name!r})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=stage_environment(),
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def compare(name: str) -> None:
    """Raise an error if the file of a network does not give its answers, or its heat is wrong."""
    exported = export_network(saved(name), films(name))  # it compares all outputs
    assert exported.difference <= 1e-4
    is_exact = isinstance(find_network(name), Application)
    assert exported.heat.method == (CLASS_ACTIVATION_MAP if is_exact else OCCLUSION)
    if is_exact:
        found = answers_of_file(exported.graph.SerializeToString(), films(name), name)
        sums = np.einsum("bhwc,ck->bk", found[MAPS], exported.heat.weights)
        np.testing.assert_allclose(sums, found[LOGITS], atol=1e-4)  # the bias of a new head is 0
