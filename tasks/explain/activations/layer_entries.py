"""Numbers of each layer for `activations.json`: its channels, and how films stand in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.explain.activations.channel_means import record_channel_means
from tasks.explain.activations.film_way import side_with_call, strongest_channels
from tasks.explain.activations.receptive_field import receptive_fields
from tasks.explain.activations.telling_channels import ChannelTests
from tasks.explain.truncated import TruncatedNetwork


@dataclass(frozen=True)
class ValidationFilms:
    """Validation films: names of their classes, and each layer's mean activations and tests.

    classes: all names, in the order of the logits. means: (N, n_channels) float32 per layer.
    """

    classes: Sequence[str]
    labels: Sequence[str]
    means: Sequence[NDArray[np.float32]]
    tests: Sequence[ChannelTests]


def describe_layers(
    truncated: TruncatedNetwork,
    images: Pixels,
    called: Sequence[str],
    validation: ValidationFilms,
) -> list[dict[str, Any]]:
    """Describe each layer in numbers, as JSON values.

    Args:
        truncated: From `tasks.explain.truncated.truncate`, with at least one convolution.
        images: Test films, (N, H, W, 1) uint8 in [0, 255].
        called: Class that each film is called.
        validation: The films that the channels are tested on.
    """
    of_films = record_channel_means(truncated, images)
    fields = receptive_fields(truncated)
    return [
        {
            "layer": layer,
            "shape": list(truncated.network.outputs[place].shape[1:]),
            "receptive_field": list(field) if (field := fields[place]) else None,
            **_describe_tests(validation.tests[place]),
            **_describe_films(of_films[place], called, validation, place),
        }
        for place, layer in enumerate(truncated.layers)
    ]


def _describe_tests(tests: ChannelTests) -> dict[str, Any]:
    return {
        "auroc": tests.aurocs.tolist(),
        "class": tests.classes.tolist(),
        "p": tests.p_values.tolist(),
        "telling": tests.order,
    }


def _describe_films(
    means: NDArray[np.float32],
    called: Sequence[str],
    validation: ValidationFilms,
    place: int,
) -> dict[str, Any]:
    """How each film stands in a layer: means (n_films, n_channels)."""
    of_validation, tests = validation.means[place], validation.tests[place]
    return {
        "strongest": [strongest_channels(film, of_validation) for film in means],
        "sided": [
            side_with_call(film, of_validation, validation.labels, tests, validation.classes, name)
            for film, name in zip(means, called, strict=True)
        ],
    }
