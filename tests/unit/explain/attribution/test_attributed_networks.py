"""Every method on the networks of the zoo, averaged, in half precision and with three classes."""

import keras
import numpy as np
import pytest

from tasks.explain.attribution.methods import attribute, usable_methods
from tasks.train.network.build import build_classifier
from tasks.train.network.ensemble import average_logits
from tests.cohorts import STILL

CAMS = ["hires_cam", "grad_cam", "grad_cam_plus_plus"]
OTHERS = ["lime", "occlusion", "integrated_gradients"]
OWN = ("ann", "cnn4", "cnn4_bn", "cnn4_bn_dropout", "cnn_deep", "minivggnet", "twin5")
NESTED = ("mobilenetv2", "mobilenetv3small", "efficientnetb0", "resnet50", "chexnet", "vgg16")


def films(size_px: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, size_px, size_px, 1), dtype=np.uint8)


def network(name: str, size_px: int = 32, n_classes: int = 2, seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return build_classifier(name, size_px, n_classes, STILL, seed)


def assert_every_method_works(explained, params, size_px: int = 32) -> None:
    params = params.model_copy(update={"n_lime_samples": 50})
    has_maps = explained.network.name != "ann"
    assert usable_methods(explained, params) == (
        (CAMS + OTHERS, []) if has_maps else (OTHERS, CAMS)
    )
    n_classes = len(explained.classes)
    classes = np.array([range(n_classes), range(n_classes)[::-1]])[:, :3]
    for method in usable_methods(explained, params)[0]:
        heat = attribute(method, explained, films(size_px), classes, params)
        assert heat.dtype == np.float32
        assert heat.shape[:2] == (2, min(3, n_classes))
        assert np.isfinite(heat).all()
        assert np.abs(heat).max() > 0, method


@pytest.mark.parametrize("name", ["ann", "cnn4_bn"])
def test_two_averaged_networks_are_explained(name: str, explain, params):
    networks = [network(name, seed=seed) for seed in range(2)]

    assert_every_method_works(explain(average_logits(networks)), params)


def test_maps_of_three_classes_sum_to_zero(build_vgg, explain, params):
    explained = explain(build_vgg(n_classes=3))
    params = params.model_copy(update={"n_lime_samples": 50})
    for method in ("hires_cam", "grad_cam", "lime", "occlusion", "integrated_gradients"):
        heat = attribute(method, explained, films(16), np.array([[0, 1, 2], [2, 0, 1]]), params)
        assert np.abs(heat).max() > 0
        np.testing.assert_allclose(heat.sum(axis=1), 0, atol=1e-4 * np.abs(heat).max())


def test_four_classes_have_three_in_question(build_vgg, explain, params):
    assert_every_method_works(explain(build_vgg(n_classes=4)), params, 16)


def test_half_precision_gives_the_maps_of_the_same_weights_in_full(build_vgg, explain, params):
    half = build_vgg(dtype="mixed_float16")
    assert half.get_layer("block1_conv1").compute_dtype == "float16"
    classes = np.array([[1], [0]])

    for method in ("hires_cam", "integrated_gradients"):
        found, expected = (
            attribute(method, explain(model), films(16), classes, params)
            for model in (half, build_vgg())
        )
        np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())


@pytest.mark.slow
@pytest.mark.parametrize("name", OWN)
def test_each_of_our_own_networks_is_explained(name: str, explain, params):
    networks = [network(name, 64, seed=seed) for seed in range(3)]

    assert_every_method_works(explain(average_logits(networks)), params, 64)


@pytest.mark.slow
@pytest.mark.parametrize("name", NESTED)
def test_networks_of_keras_applications_are_explained(name: str, explain, params):
    assert_every_method_works(explain(network(name)), params)


@pytest.mark.slow
def test_averaged_networks_with_nested_models_are_explained(explain, params):
    networks = [network("mobilenetv2", seed=seed) for seed in range(2)]

    assert_every_method_works(explain(average_logits(networks)), params)
