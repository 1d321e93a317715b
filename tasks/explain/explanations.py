"""Write the folder `reports/<model>/explanations/`: pictures, and a JSON file that lists them."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from tasks.core.atomic import atomic_path, write_json
from tasks.core.classifier import predict_logits
from tasks.core.image_store.store import Pixels
from tasks.explain.drawing import (
    draw_feature_maps,
    draw_filters,
    draw_heat_map,
    draw_input,
    save_png,
    shrink_planes,
)
from tasks.explain.feature_maps import (
    Maps,
    evenly_spaced,
    filter_planes,
    most_active,
    record_feature_maps,
    share_of_dead_channels,
    strongest_planes,
)
from tasks.explain.grad_cam import grad_cam, to_unit_range
from tasks.explain.selection import SelectedFilm
from tasks.explain.truncated import TruncatedNetwork, truncate

logger = logging.getLogger(__name__)

MAX_LAYERS = 8  # convolutions shown per film: keeps the page of a deep network readable
MAX_DENSE_FILTERS = 16  # each is as large as the film


@dataclass(frozen=True)
class ExplainedModel:
    """The model to explain.

    network: from `tasks.core.classifier.load_classifier`; it is not changed.
    classes: names in the order of the logits.
    negative_class: None if no class means "no finding".
    threshold: probability, in [0, 1], from which a film is called positive; None likewise.
    outcomes: values of `SelectedFilm.outcome` that are possible.
    """

    name: str
    network: keras.Model
    classes: tuple[str, ...]
    negative_class: str | None
    threshold: float | None
    outcomes: tuple[str, ...]

    @property
    def positive_classes(self) -> list[str]:
        """All classes but the negative class, in the order of the logits."""
        return [name for name in self.classes if name != self.negative_class]

    def explained_classes(self, logits: NDArray[np.float32]) -> list[int]:
        """Most probable positive class of each film, as its index: logits (N, n_classes)."""
        positive = [self.classes.index(name) for name in self.positive_classes]
        return [positive[int(best)] for best in logits[:, positive].argmax(axis=1)]


@dataclass(frozen=True)
class _FilmExplanation:
    """Heat map and feature maps of one film.

    film: (H, W) uint8. heat_map: (h, w) float32, >= 0; None without a convolution.
    maps: (h, w, n) float32 per layer; empty without a convolution.
    """

    film: Pixels
    target_class: str
    heat_map: NDArray[np.float32] | None
    maps: dict[str, Maps]


def write_explanations(
    folder: Path,
    explained: ExplainedModel,
    films: Sequence[SelectedFilm],
    images: Pixels,
    *,
    n_channels: int,
) -> None:
    """Explain films and write the pictures. The folder appears only when it is complete.

    Args:
        folder: Folder of the pictures and of `explanations.json`. It is replaced.
        explained: The model.
        films: From `tasks.explain.selection.select_films`; at least one.
        images: Pixels of the films, (N, H, W, 1) uint8 in [0, 255].
        n_channels: Number of feature maps shown per layer, the most active ones.

    Raises:
        EvaluationError: The images do not fit the model, or `truncate` finds no layer to show.
    """
    targets = explained.explained_classes(predict_logits(explained.network, images))
    truncated = truncate(explained.network)
    explanations = _explain_films(explained, truncated, images, targets)
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        contents = {
            "model": explained.name,
            "threshold": explained.threshold,
            "target_class": " or ".join(explained.positive_classes),
            "gradcam_layer": truncated.layers[-1] if truncated.layers else None,
            "conv_layers": list(truncated.layers),
            "filters": _write_filters(temporary, truncated),
            "films": _write_films(temporary, films, explanations, n_channels),
            "missing_outcomes": _missing_outcomes(films, explained.outcomes),
        }
        write_json(temporary / "explanations.json", contents)
    logger.info(
        "explained %d films with %d of %d convolutions of %s",
        len(films),
        len(explanations[0].maps),
        len(truncated.layers),
        explained.name,
    )


def _explain_films(
    explained: ExplainedModel, truncated: TruncatedNetwork, images: Pixels, targets: list[int]
) -> list[_FilmExplanation]:
    has_convolution = bool(truncated.layers)
    heat_maps = grad_cam(truncated, images, targets) if has_convolution else [None] * len(images)
    maps = record_feature_maps(truncated, images) if has_convolution else []
    shown = evenly_spaced(len(truncated.layers), MAX_LAYERS)
    return [
        _FilmExplanation(
            film=images[row, ..., 0],
            target_class=explained.classes[targets[row]],
            heat_map=heat_maps[row],
            maps={truncated.layers[layer]: maps[layer][row] for layer in shown},
        )
        for row in range(len(images))
    ]


def _write_filters(folder: Path, truncated: TruncatedNetwork) -> dict[str, Any]:
    planes = filter_planes(truncated.first_kernel)
    if not truncated.layers:
        planes = shrink_planes(strongest_planes(planes, MAX_DENSE_FILTERS))
    save_png(draw_filters(planes), folder / "filters.png")
    return {
        "layer": truncated.first_layer,
        "file": "filters.png",
        "shape": list(truncated.first_kernel.shape),
        "n_shown": len(planes),
        "limit": float(np.abs(planes).max()),  # weight of the darkest red; minus it: darkest blue
    }


def _write_films(
    folder: Path,
    films: Sequence[SelectedFilm],
    explanations: Sequence[_FilmExplanation],
    n_channels: int,
) -> list[dict[str, Any]]:
    entries = []
    n_written: Counter[str] = Counter()
    for film, explanation in zip(films, explanations, strict=True):
        n_written[film.outcome] += 1
        name = f"{film.outcome}-{n_written[film.outcome]}"
        (folder / name).mkdir()
        save_png(draw_input(explanation.film), folder / name / "input.png")
        entry = {
            **asdict(film),
            "target_class": explanation.target_class,
            "input": f"{name}/input.png",
            **_write_heat_map(folder, name, explanation),
            "activations": [
                _write_maps(folder, name, layer, maps, n_channels)
                for layer, maps in explanation.maps.items()
            ],
        }
        entries.append(entry)
    return entries


def _write_heat_map(folder: Path, name: str, explanation: _FilmExplanation) -> dict[str, Any]:
    if explanation.heat_map is None:
        return {"gradcam": None}
    picture = draw_heat_map(explanation.film, to_unit_range(explanation.heat_map))
    save_png(picture, folder / name / "gradcam.png")
    return {"gradcam": f"{name}/gradcam.png", "gradcam_empty": not explanation.heat_map.any()}


def _write_maps(folder: Path, name: str, layer: str, maps: Maps, n_channels: int) -> dict[str, Any]:
    channels = most_active(maps, n_channels)
    file = f"{name}/{layer}.png"
    save_png(draw_feature_maps(np.moveaxis(maps[..., channels], -1, 0)), folder / file)
    return {
        "layer": layer,
        "shape": list(maps.shape),
        "n_shown": len(channels),
        "channels": channels,  # in the order of the grid, row by row
        "file": file,
        "share_dead": share_of_dead_channels(maps),
    }


def _missing_outcomes(films: Sequence[SelectedFilm], outcomes: Sequence[str]) -> list[str]:
    present = {film.outcome for film in films}
    return [outcome for outcome in outcomes if outcome not in present]
