import numpy as np

from tasks.explain.activations.feature_maps import (
    evenly_spaced,
    filter_planes,
    most_active,
    n_contrast_filters,
    record_feature_maps,
    share_of_dead_channels,
    silent_channels,
    strongest_planes,
)
from tasks.explain.truncated import truncate

MAPS = np.zeros((2, 2, 4), dtype=np.float32)
MAPS[..., 1] = 1.0  # mean 1
MAPS[0, 0, 2] = 8.0  # mean 2
MAPS[1, :, 3] = 2.0  # mean 1, as channel 1


def test_most_active_channels_are_first_and_equal_ones_sorted_by_number():
    assert most_active(MAPS, 3) == [2, 1, 3]
    assert most_active(MAPS, 9) == [2, 1, 3, 0]


def test_dead_channel_is_zero_everywhere():
    assert share_of_dead_channels(MAPS) == 0.25


def test_layers_are_evenly_spaced_from_first_to_last():
    assert evenly_spaced(4, 8) == [0, 1, 2, 3]
    assert evenly_spaced(53, 8)[0] == 0
    assert evenly_spaced(53, 8)[-1] == 52
    assert len(set(evenly_spaced(53, 8))) == 8


def test_feature_maps_equal_those_worked_by_hand(build_by_hand):
    film = np.array([[0, 1], [2, 3]], dtype=np.uint8)[np.newaxis, ..., np.newaxis]

    (maps,) = record_feature_maps(truncate(build_by_hand()), film)

    np.testing.assert_array_equal(maps[0, ..., 0], [[0, 2], [4, 6]])
    np.testing.assert_array_equal(maps[0, ..., 1], [[2, 1], [0, 0]])


def test_filter_with_several_input_channels_is_their_sum():
    kernel = np.arange(2 * 1 * 3 * 2, dtype=np.float32).reshape(2, 1, 3, 2)

    planes = filter_planes(kernel)

    assert planes.shape == (2, 2, 1)
    assert planes[0].tolist() == [[0 + 2 + 4], [6 + 8 + 10]]
    assert planes[1].tolist() == [[1 + 3 + 5], [7 + 9 + 11]]


def test_strongest_planes_are_first_for_either_sign():
    planes = np.array([[[1.0, 1.0]], [[0.0, -3.0]], [[2.0, 2.0]], [[1.0, -1.0]]], dtype=np.float32)

    # sums of squares 2, 9, 8, 2
    np.testing.assert_array_equal(strongest_planes(planes, 3), planes[[1, 2, 0]])
    np.testing.assert_array_equal(strongest_planes(planes, 9), planes[[1, 2, 0, 3]])


def test_channel_is_silent_if_it_is_exactly_zero_everywhere():
    maps = MAPS.copy()
    maps[1, 1, 0] = 1e-30  # dark, not silent

    assert silent_channels(MAPS) == [0]
    assert silent_channels(maps) == []


def test_filter_of_contrast_has_weights_that_nearly_cancel():
    edge = [[1.0, -1.0], [1.0, -1.0]]  # sum 0
    brightness = [[1.0, 1.0], [1.0, 1.0]]
    mixed = [[3.0, -1.0], [0.0, 0.0]]  # sum 2, half of the sizes
    dead = [[0.0, 0.0], [0.0, 0.0]]

    assert n_contrast_filters(np.array([edge, brightness, mixed, dead], dtype=np.float32)) == 1
