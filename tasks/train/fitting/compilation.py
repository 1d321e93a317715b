"""Optimiser, loss and learning rate of a network."""

from typing import Any

import keras

from tasks.core.params import TrainParams
from tasks.train.fitting.learning_schedule import learning_rate


def compile_classifier(model: keras.Model, params: TrainParams, steps_per_epoch: int) -> None:
    """Set the optimiser, the loss and the learning rate schedule.

    Args:
        model: From `build_classifier`.
        params: Section `train`.
        steps_per_epoch: Batches per epoch.
    """
    accuracy = keras.metrics.CategoricalAccuracy(name="accuracy")
    compile_network(
        model, params, steps_per_epoch, loss=build_loss(params), weighted_metrics=[accuracy]
    )


def compile_network(
    model: keras.Model, params: TrainParams, steps_per_epoch: int, **objective: Any
) -> None:
    """Set the optimiser and the learning rate schedule.

    Args:
        model: Any model that is fitted batch by batch.
        params: Section `train`.
        steps_per_epoch: Batches per epoch.
        objective: Loss and metrics, as `keras.Model.compile` takes them.
    """
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate(params, steps_per_epoch)),
        **objective,
        jit_compile=uses_xla(),
    )
    model.optimizer.build(model.trainable_variables)  # a checkpoint may restore its variables


def uses_xla() -> bool | str:
    """Value of Keras' `jit_compile`: never on TensorFlow, `auto` on other backends.

    TensorFlow's XLA has no kernel for rotation and zoom, and is slower on a CPU.
    """
    return False if keras.backend.backend() == "tensorflow" else "auto"


def build_loss(params: TrainParams) -> keras.losses.Loss:
    """Build the cross-entropy or the focal loss of probabilities against one-hot labels.

    cross_entropy: -sum_k y_k log p_k
    focal:         -sum_k y_k (1 - p_k)^gamma log p_k; films that are already right count less
    With label smoothing s over K classes, y_k becomes y_k (1 - s) + s / K.

    Source: Lin et al., arXiv 1708.02002, equation 4, without the class weight alpha (sample weights
    replace it); label smoothing: Szegedy et al., arXiv 1512.00567, section 7.
    """
    if params.loss == "focal":
        return keras.losses.CategoricalFocalCrossentropy(
            alpha=1.0, gamma=params.focal_gamma, label_smoothing=params.label_smoothing
        )
    return keras.losses.CategoricalCrossentropy(label_smoothing=params.label_smoothing)
