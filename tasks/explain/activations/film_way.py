"""How one film stands in each layer, compared with the validation films."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.statistics.arrays import Bools
from tasks.explain.activations.telling_channels import ChannelTests

N_STRONGEST = 3  # channels named for each layer and film


def strongest_channels(
    film: NDArray[np.float32], validation: NDArray[np.float32]
) -> list[dict[str, Any]]:
    """The channels that respond most to a film, compared with what they do on validation films.

    Args:
        film: (n,) mean activation of each channel.
        validation: (N, n), of the validation films.

    Returns:
        Up to three channels with `mean` and `score`, the mean as a standard score among the
        validation films: highest first, equal ones by number. Channels that never vary are left
        out.
    """
    spread = validation.std(axis=0, dtype=np.float64)
    above = film - validation.mean(axis=0, dtype=np.float64)
    scores = np.divide(above, spread, out=np.full(len(film), -np.inf), where=spread > 0)
    order = [int(channel) for channel in np.argsort(-scores, kind="stable")[:N_STRONGEST]]
    return [
        {"channel": channel, "mean": float(film[channel]), "score": float(scores[channel])}
        for channel in order
        if spread[channel] > 0
    ]


def side_with_call(
    film: NDArray[np.float32],
    validation: NDArray[np.float32],
    labels: Sequence[str],
    tests: ChannelTests,
    classes: Sequence[str],
    called: str,
) -> dict[str, int]:
    """Count the telling channels that respond to a film as to a film of the class it is called.

    A channel that tells class c from the rest takes the side of c if its mean on the film is
    nearer to the median of the validation films of c than to the median of the others; halfway
    is the side of the others. It agrees with the call if c is the called class and it takes the
    side of c, or if c is another class and it does not. Of more than two classes, a channel that
    tells another class than the called one is left out: not c is not the called class.

    Args:
        film: (n,) mean activation of each channel.
        validation: (N, n), of the validation films.
        labels: N names of classes.
        tests: Of this layer.
        classes: All names, in the order of the logits.
        called: Name of the called class.

    Returns:
        `n`, the channels that count, and `as_called`, those that agree with the call.
    """
    names = np.asarray(labels, dtype=np.str_)
    counts = {"n": 0, "as_called": 0}
    for index in np.unique(tests.classes[tests.telling]):
        if len(classes) > 2 and classes[index] != called:
            continue
        chosen = tests.telling & (tests.classes == index)
        is_sided = _is_nearer(film[chosen], validation[:, chosen], names == classes[index])
        counts["n"] += int(chosen.sum())
        counts["as_called"] += int((is_sided == (classes[index] == called)).sum())
    return counts


def _is_nearer(film: NDArray[np.float32], validation: NDArray[np.float32], member: Bools) -> Bools:
    """Whether each value is nearer to the median of the members than to that of the others."""
    inside, outside = np.median(validation[member], axis=0), np.median(validation[~member], axis=0)
    nearer: Bools = np.abs(film - inside) < np.abs(film - outside)
    return nearer
