"""A network whose layers lose what they learned for a while, from the logits down."""

import re
from typing import Self

import keras
import numpy as np
from numpy.typing import NDArray

# `truncate` adds a number to each name, and averaging begins names with the number of the seed
_BASE_NAME = re.compile(r"(?:seed\d+_)?(.+)_\d+")


class RandomWeights:
    """Random weights of a network in the place of its own, while a `with` block lasts.

    The network itself is changed, since its compiled functions read new weights at once; a copy
    would have to be compiled anew. At the end of the block it has its own weights again.

    Attributes:
        n_layers: Layers that can be randomised. Layers of equal name in averaged networks count
            as one, and a layer without a kernel (batch normalisation) counts with the one before.
    """

    def __init__(self, network: keras.Model, seed: int) -> None:
        self._network = network
        self._groups = _kernel_groups(network)
        self._seed = seed
        self.n_layers = len(self._groups)

    def __enter__(self) -> Self:
        """Keep the weights of the network."""
        self._own = self._network.get_weights()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the network its own weights again, also after an error."""
        self._network.set_weights(self._own)

    def randomise(self, n_layers: int) -> None:
        """Give new weights to the last layers, `n_layers` of them. Earlier ones stay random.

        A kernel is drawn from a normal distribution around 0 with its own root mean square, so that
        answers keep their size; other weights are shuffled. The same call gives the same weights.
        """
        for number, group in enumerate(self._groups[:n_layers]):
            generator = np.random.default_rng([self._seed, number])
            for layer in group:
                layer.set_weights([_redrawn(one, generator) for one in layer.get_weights()])


def _redrawn(values: NDArray[np.floating], generator: np.random.Generator) -> NDArray[np.floating]:
    if values.ndim < 2:
        return generator.permutation(values)
    spread = float(np.sqrt(np.square(values, dtype=np.float64).mean()))
    return generator.normal(0.0, spread, values.shape).astype(values.dtype)


def _kernel_groups(network: keras.Model) -> list[list[keras.layers.Layer]]:
    """Layers with weights, from the logits to the pixels; each group begins with a kernel."""
    groups: dict[str, list[keras.layers.Layer]] = {}
    owner = ""
    for layer in network.layers:
        if not layer.weights:
            continue
        match = _BASE_NAME.fullmatch(layer.name)
        name = match[1] if match else layer.name
        if any(len(weight.shape) >= 2 for weight in layer.weights):
            owner = name
        groups.setdefault(owner or name, []).append(layer)
    return list(groups.values())[::-1]
