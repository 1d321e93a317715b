"""MixStyle inside a network of the zoo, whose file does not know of it."""

from itertools import pairwise

import keras

from tasks.core.errors import TrainingError
from tasks.train.transforms.mixstyle import MixStyle

_PLACE = "block1_pool"  # ends the first block of our own networks


def logits_with_mixstyle(
    network: keras.Model, pixels: keras.KerasTensor, mixstyle: MixStyle
) -> keras.KerasTensor:
    """Build a network again, layer by layer, with MixStyle after the first block's pooling.

    The layers have the names and the initial weights of the given network, so that a run with
    MixStyle starts as a run without it.

    Args:
        network: From pixels to logits, a chain of layers with one named `block1_pool`.
        pixels: (B, H, W, 1) float32.
        mixstyle: The layer to insert.

    Returns:
        logits: (B, n_classes) float32.

    Raises:
        TrainingError: The network is no such chain.
    """
    _check_place(network)
    x = pixels
    for layer in network.layers[1:]:  # the first one is the input
        copy = type(layer).from_config(layer.get_config())
        x = copy(x)
        copy.set_weights(layer.get_weights())
        if layer.name == _PLACE:
            x = mixstyle(x)
    return x


def _check_place(network: keras.Model) -> None:
    is_chain = all(after.input is before.output for before, after in pairwise(network.layers))
    if is_chain and _PLACE in {layer.name for layer in network.layers}:
        return
    raise TrainingError(
        f"MixStyle needs a network whose layers form a chain with a layer {_PLACE}",
        found=f"no layer {_PLACE}" if is_chain else "a layer with several inputs",
        where=f"train.augment.mixstyle, network {network.name}",
        next_step=f"write {network.name}: {{augment: {{mixstyle: 0}}}} under `per_model`, or train "
        "cnn4, cnn4_bn, cnn4_bn_dropout, cnn_deep, minivggnet or twin5",
    )
