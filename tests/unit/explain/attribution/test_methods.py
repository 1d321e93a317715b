import numpy as np
import pytest

from tasks.explain.attribution.methods import ATTRIBUTION_METHODS, attribute, usable_methods

POOLED = {"grad_cam", "grad_cam_plus_plus"}  # wrong behind `Flatten`: test_grad_cam.py


@pytest.mark.parametrize("method", [name for name in ATTRIBUTION_METHODS if name not in POOLED])
def test_hottest_place_is_the_corner_that_the_network_looks_at(
    build_corner, explain, params, method: str
):
    film = np.full((1, 24, 24, 1), 60, dtype=np.uint8)
    film[0, 14:22, 14:22] = 250

    heat = attribute(method, explain(build_corner()), film, np.array([[1]]), params)[0, 0]

    assert heat.dtype == np.float32
    row, column = np.unravel_index(heat.argmax(), heat.shape)
    assert row >= heat.shape[0] // 2
    assert column >= heat.shape[1] // 2


@pytest.mark.parametrize("method", ATTRIBUTION_METHODS)
def test_network_that_sees_nothing_gives_maps_of_zeros(build_by_hand, explain, params, method: str):
    network = build_by_hand()
    network.get_layer("logits").set_weights([np.zeros((2, 2)), np.array([1.0, 3.0])])
    film = np.arange(4, dtype=np.uint8).reshape(1, 2, 2, 1)

    heat = attribute(method, explain(network), film, np.array([[1, 0]]), params)

    assert heat.shape[:2] == (1, 2)
    np.testing.assert_allclose(heat, 0, atol=1e-6)


def test_dense_network_has_no_grad_cam(build_linear, explain, params):
    explained = explain(build_linear(np.ones((2, 8, 8))))

    usable, left_out = usable_methods(explained, params)

    assert usable == ["lime", "occlusion", "integrated_gradients"]
    assert left_out == ["hires_cam", "grad_cam", "grad_cam_plus_plus"]


def test_every_name_of_the_parameters_is_a_method(params):
    assert set(params.methods) == set(ATTRIBUTION_METHODS)


def test_methods_of_the_parameters_are_taken_in_the_fixed_order(build_by_hand, explain, params):
    chosen = params.model_copy(update={"methods": ["occlusion", "grad_cam"]})

    assert usable_methods(explain(build_by_hand()), chosen) == (["grad_cam", "occlusion"], [])
