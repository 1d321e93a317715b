"""The losses that a network can be fitted by."""

import keras

from tasks.core.params import TrainParams


def build_loss(params: TrainParams) -> keras.losses.Loss:
    """Cross-entropy, or the focal loss, of probabilities against one-hot labels.

    cross_entropy: -sum_k y_k log p_k
    focal:         -sum_k y_k (1 - p_k)^gamma log p_k; films that are already right weigh less
    With label smoothing s over K classes, y_k becomes y_k (1 - s) + s / K.

    Source: Lin et al., arXiv 1708.02002, equation 4, without its class weight alpha (sample
    weights do that); label smoothing after Szegedy et al., arXiv 1512.00567, section 7.
    """
    if params.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=params.focal_gamma, label_smoothing=params.label_smoothing
        )
    return keras.losses.CategoricalCrossentropy(label_smoothing=params.label_smoothing)
