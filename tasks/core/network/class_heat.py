"""What in a film speaks for each class, without gradients: class activation maps, or occlusion.

Both are in logits of the score of a class: its logit minus the mean of the other logits, which is
what the softmax sees.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.square_views import ViewBox, put_back

_N_SQUARES = 6  # along each side, as in the explanations; each costs one forward pass
_Float32s = NDArray[np.float32]


def mapped_heat(maps: _Float32s, weights: _Float32s, boxes: Sequence[ViewBox]) -> _Float32s:
    """Class activation maps, exact where all behind the maps is linear.

    Args:
        maps: (h, w, c) float32, of the last convolution; of V views (V, h, w, c).
        weights: (c, k) float32 for k classes, or (h, w, c, k).
        boxes: Where the views lie. The heat of each is put back at its place.

    Returns:
        (k, h, w) float32; the sum over all places is the score without its bias.

    Source: Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016.

    Example:
        >>> maps, weights = np.ones((1, 2, 1), np.float32), np.array([[1, 3]], np.float32)
        >>> mapped_heat(maps, weights, [(0, 0, 8, 8)]).tolist()
        [[[-2.0, -2.0]], [[2.0, 2.0]]]
    """
    views = maps.reshape(len(boxes), *maps.shape[-3:])
    logits = np.einsum("vhwc,ck->vhwk" if weights.ndim == 2 else "vhwc,hwck->vhwk", views, weights)
    return put_back(np.moveaxis(_scores(logits), -1, 0), boxes)


def occluded_heat(
    film: Pixels, cover: Pixels, logits_of: Callable[[Pixels], _Float32s]
) -> _Float32s:
    """Fall of the score of each class when a square of the film is covered.

    Args:
        film: (S, S, 1) uint8.
        cover: (S, S, 1) uint8, the average training film: it hides what is special about a place.
        logits_of: Runs the network: (n, S, S, 1) uint8 -> (n, k) float32.

    Returns:
        (k, n, n) float32 for k classes, n = 6 or the side of the film.

    Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
    """
    side = film.shape[0]
    n = min(_N_SQUARES, side)
    place = np.arange(side) * n // side
    squares = (place[:, np.newaxis] * n + place)[..., np.newaxis]
    copies = [np.where(squares == number, cover, film) for number in range(n * n)]
    scores = _scores(logits_of(np.stack([film, *copies])))
    return np.moveaxis((scores[0] - scores[1:]).reshape(n, n, -1), -1, 0)


def _scores(logits: _Float32s) -> _Float32s:
    """Each logit minus the mean of the others; (..., k), k of at least 2."""
    n_classes = logits.shape[-1]
    mean_of_others = (logits.sum(axis=-1, keepdims=True) - logits) / (n_classes - 1)
    scores: _Float32s = (logits - mean_of_others).astype(np.float32)
    return scores
