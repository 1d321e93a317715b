"""Attribution methods by their names in params.yaml."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.params.reporting import ExplainParams, MethodName
from tasks.explain.attribution.grad_cam import grad_cam, grad_cam_plus_plus, hires_cam
from tasks.explain.attribution.integrated_gradients import integrated_gradients
from tasks.explain.attribution.lime import lime
from tasks.explain.attribution.occlusion import occlusion
from tasks.explain.attribution.scored_network import Float32s, ScoredNetwork
from tasks.explain.explained_model import ExplainedModel

_Attribute = Callable[[ScoredNetwork, Pixels, NDArray[np.int64], ExplainParams], Float32s]
_Plain = Callable[[ScoredNetwork, Pixels, NDArray[np.int64]], Float32s]


@dataclass(frozen=True)
class AttributionMethod:
    """An attribution method.

    title: for the pages. needs_convolution: a dense network has no feature maps.
    """

    title: str
    attribute: _Attribute
    needs_convolution: bool = False


def _without_params(
    method: Callable[[ScoredNetwork, Pixels, NDArray[np.int64]], Float32s],
) -> _Attribute:
    return lambda scored, images, classes, _: method(scored, images, classes)


ATTRIBUTION_METHODS: dict[MethodName, AttributionMethod] = {
    "hires_cam": AttributionMethod("HiResCAM", _without_params(hires_cam), True),
    "grad_cam": AttributionMethod("Grad-CAM", _without_params(grad_cam), True),
    "grad_cam_plus_plus": AttributionMethod(
        "Grad-CAM++", _without_params(grad_cam_plus_plus), True
    ),
    "lime": AttributionMethod(
        "LIME",
        lambda scored, images, classes, params: lime(
            scored, images, classes, params.n_lime_samples, params.seed
        ),
    ),
    "occlusion": AttributionMethod("Occlusion", _without_params(occlusion)),
    "integrated_gradients": AttributionMethod(
        "Integrated gradients with SmoothGrad",
        lambda scored, images, classes, params: integrated_gradients(
            scored, images, classes, params.seed
        ),
    ),
}


def attribute(
    method: MethodName,
    explained: ExplainedModel,
    images: Pixels,
    classes: NDArray[np.int64],
    params: ExplainParams,
) -> Float32s:
    """Map of each film for each class in question.

    The explained score of a class is its logit minus the mean of the other logits.

    Args:
        method: A key of `ATTRIBUTION_METHODS` that `usable_methods` returns for this model.
        explained: The model.
        images: (N, H, W, 1) uint8 in [0, 255], at least one film.
        classes: (N, k) int64, no class twice for a film, from `questioned_classes`.
        params: `n_lime_samples` and `seed` count.

    Returns:
        (N, k, h, w) float32 in logits: positive where the film speaks for the class. h and w are
        the method's own resolution. The docstring of the method says what the unit means. A map
        is zero everywhere if the method finds nothing.
    """
    return ATTRIBUTION_METHODS[method].attribute(explained.scored, images, classes, params)


def usable_methods(
    explained: ExplainedModel, params: ExplainParams
) -> tuple[list[MethodName], list[MethodName]]:
    """Which methods of the parameters can explain the model, and which cannot.

    A network without a convolution has no feature maps, so no HiResCAM and no Grad-CAM.

    Returns:
        usable, left out: each in the order of `ATTRIBUTION_METHODS`.
    """
    asked = [name for name in ATTRIBUTION_METHODS if name in params.methods]
    has_maps = bool(explained.scored.truncated.layers)
    usable = [name for name in asked if has_maps or not ATTRIBUTION_METHODS[name].needs_convolution]
    return usable, [name for name in asked if name not in usable]
