"""Heat of each class, worked by hand."""

import numpy as np
import pytest

from tasks.core.network.class_heat import mapped_heat, occluded_heat

WHOLE = [(0, 0, 8, 8)]


def test_heat_of_three_classes_is_the_logit_minus_the_mean_of_the_others() -> None:
    maps = np.array([[[2.0, 1.0]]], dtype=np.float32)
    weights = np.array([[1, 0, 0], [0, 4, 0]], dtype=np.float32)  # logits 2, 4, 0
    assert mapped_heat(maps, weights, WHOLE)[:, 0, 0].tolist() == [0.0, 3.0, -3.0]


def test_weights_of_each_place_count_at_that_place() -> None:
    maps = np.ones((1, 2, 1), dtype=np.float32)
    weights = np.array([[[[0, 1]], [[2, 0]]]], dtype=np.float32)
    assert mapped_heat(maps, weights, WHOLE)[1].tolist() == [[1.0, -2.0]]


def test_heat_of_two_views_is_added_at_their_places() -> None:
    maps = np.zeros((2, 2, 2, 1), dtype=np.float32)
    maps[0, 0, 0], maps[1, 1, 1] = 5.0, 7.0  # of the view: lower right of the upper left quarter
    weights = np.array([[-0.5, 0.5]], dtype=np.float32)
    heat = mapped_heat(maps, weights, [(0, 0, 8, 8), (0, 0, 4, 4)])
    assert heat.tolist() == [[[-12.0, 0.0], [0.0, 0.0]], [[12.0, 0.0], [0.0, 0.0]]]


@pytest.mark.parametrize("side", [12, 4])
def test_the_covered_square_that_lowers_the_score_speaks_for_the_class(side: int) -> None:
    film = np.full((side, side, 1), 100, dtype=np.uint8)
    film[-1, 0] = 200  # bottom left

    def logits_of(images: np.ndarray) -> np.ndarray:
        bright = (images == 200).sum(axis=(1, 2, 3)).astype(np.float32)
        return np.stack([-bright, bright], axis=1)

    heat = occluded_heat(film, np.zeros_like(film), logits_of)
    expected = np.zeros(heat.shape[1:])
    expected[-1, 0] = 2.0  # logits (-1, 1) become (0, 0): the score falls from 2 to 0
    assert heat.shape == (2, min(6, side), min(6, side))
    assert np.array_equal(heat[1], expected)
    assert np.array_equal(heat[0], -expected)
