"""Grad-CAM, its weighted form Grad-CAM++, and HiResCAM: maps at the last convolution.

A network that averages several views of a film has one map for each view. Each is put back at the
place of its crop, and their mean is shown: see `tasks.core.square_views.put_back`.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.square_views import put_back
from tasks.explain.attribution.scored_network import Float32s, ScoredNetwork

# feature maps and gradients (N, V, h, w, n) of V views -> heat
_HeatOf = Callable[[Float32s, Float32s], Float32s]
_PLACES = (-3, -2)  # axes


def hires_cam(scored: ScoredNetwork, images: Pixels, classes: NDArray[np.int64]) -> Float32s:
    """Gradient times activation at each place, summed over the channels of the last convolution.

    value at a place = sum over channels k of A_k * d score / d A_k, both at this place. It holds
    for every network, also for one that ends in `Flatten` and dense layers, where each place has
    weights of its own.

    Logits: the values sum to the part of the score that the last maps explain, to first order;
    exactly, but for the bias, if the layers behind them are linear. Negative values speak against
    the class.

    Args:
        scored: The network, with at least one convolution.
        images: (N, H, W, 1) uint8.
        classes: (N, k) int64, the classes in question.

    Returns:
        (N, k, h, w) float32, the size of the last feature maps. If several networks are averaged,
        the channels of all their last convolutions count.

    Source: Draelos and Carin 2020, "Use HiResCAM instead of Grad-CAM for faithful explanations of
    convolutional neural networks", arXiv:2011.08891, equation 3.
    """
    return _by_class(scored, images, classes, _each_gradient)


def grad_cam(scored: ScoredNetwork, images: Pixels, classes: NDArray[np.int64]) -> Float32s:
    """Activation of each place, weighted by the mean of the gradient over all places.

    alpha_k = mean over places of d score / d A_k;  value = sum over channels k of alpha_k * A_k.
    The ReLU of the publication is left out: negative values speak against the class.

    The mean is right for a network that averages its last maps: there the map is that of
    `hires_cam`, if nothing but one dense layer follows. Behind `Flatten`, as in most of our own
    networks, each place has weights of its own, and the map lights places that are bright in the
    last maps, whether the score uses them or not.

    Logits: the values sum to the part of the score that the last maps explain, to first order, if
    the gradient is the same at every place; otherwise the unit has no such meaning.

    Args:
        scored: The network, with at least one convolution.
        images: (N, H, W, 1) uint8.
        classes: (N, k) int64, the classes in question.

    Returns:
        (N, k, h, w) float32, as of `hires_cam`.

    Source: Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via
    Gradient-based Localization", arXiv:1610.02391, equations 1 and 2.
    """
    return _by_class(scored, images, classes, _mean_gradient)


def grad_cam_plus_plus(
    scored: ScoredNetwork, images: Pixels, classes: NDArray[np.int64]
) -> Float32s:
    """Activation of each place, weighted by a mean of the positive gradients of a channel.

    With g = d score / d A_k: w_k = sum over places of alpha * ReLU(g), where
    alpha = g^2 / (2 g^2 + g^3 * sum over places of A_k), which is 1 / (2 + g * the sum);
    value = ReLU(sum over k of w_k * A_k).
    Like `grad_cam` it pools over places, which is wrong behind `Flatten`.

    Logits only in name: the weights do not divide the score among the places. The publication
    takes the gradients of exp(score); here its factor exp(score), which is the same for the whole
    map, is left out. The values are >= 0: the method finds nothing that speaks against a class.

    Args:
        scored: The network, with at least one convolution.
        images: (N, H, W, 1) uint8.
        classes: (N, k) int64, the classes in question.

    Returns:
        (N, k, h, w) float32, >= 0, as of `hires_cam`.

    Source: Chattopadhay et al. 2018, "Grad-CAM++: Improved Visual Explanations for Deep
    Convolutional Networks", arXiv:1710.11063, equations 5, 10 and 19.
    """
    return _by_class(scored, images, classes, _positive_gradient)


def _by_class(
    scored: ScoredNetwork, images: Pixels, classes: NDArray[np.int64], heat_of: _HeatOf
) -> Float32s:
    """Maps (N, k, h, w). The feature maps of one batch only are in memory."""
    size = scored.batch_size(len(images))
    starts = range(0, len(images), size)
    batches = [(images[at : at + size], classes[at : at + size]) for at in starts]
    return np.concatenate([_of_batch(scored, *batch, heat_of) for batch in batches])


def _of_batch(
    scored: ScoredNetwork, images: Pixels, classes: NDArray[np.int64], heat_of: _HeatOf
) -> Float32s:
    n_maps = classes.shape[1]
    # the scores of all classes sum to zero, and so do their gradients
    is_complete = n_maps == scored.n_classes
    columns = range(n_maps - is_complete)
    pairs = [scored.map_gradients(images, classes[:, column]) for column in columns]
    maps = pairs[0][0]
    gradients = [gradient for _, gradient in pairs]
    if is_complete:
        gradients.append(-np.sum(gradients, axis=0))
    views = np.stack([heat_of(maps, one) for one in gradients], axis=1)  # (N, k, V, h, w)
    boxes = scored.truncated.boxes
    heat: Float32s = np.divide(put_back(views, boxes), len(boxes), dtype=np.float32)
    return heat


def _each_gradient(maps: Float32s, gradients: Float32s) -> Float32s:
    heat: Float32s = (gradients * maps).sum(axis=-1)
    return heat


def _mean_gradient(maps: Float32s, gradients: Float32s) -> Float32s:
    return _each_gradient(maps, gradients.mean(axis=_PLACES, keepdims=True))


def _positive_gradient(maps: Float32s, gradients: Float32s) -> Float32s:
    """The maps of `grad_cam_plus_plus`, with its weights w_k."""
    positive = np.maximum(gradients, 0)
    below = 2 + positive * maps.sum(axis=_PLACES, keepdims=True)
    # maps without a ReLU may sum to less than zero, for which the publication gives no weight
    shares = np.divide(positive, below, out=np.zeros_like(below), where=below > 0)
    weights = shares.sum(axis=_PLACES, keepdims=True)
    return np.maximum(_each_gradient(maps, weights), 0)
