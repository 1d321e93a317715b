"""The folder `reports/<model>/explanations/`: pictures, and the JSON that says what they are."""

import logging
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
from tasks.explain.activations import Maps, most_active, record_activations, share_dead, spread
from tasks.explain.filters import filter_planes, strongest
from tasks.explain.grad_cam import grad_cam, to_unit_range
from tasks.explain.render import draw_evidence, draw_film, draw_filters, draw_maps, save_png, shrink
from tasks.explain.selection import OUTCOMES, Film
from tasks.explain.truncated import Truncated, truncate

logger = logging.getLogger(__name__)

MAX_LAYERS = 8  # convolutions shown per film: keeps the page of a deep network readable
MAX_DENSE_FILTERS = 16  # each as large as the film


@dataclass(frozen=True)
class Subject:
    """The model that is explained.

    threshold: probability, in [0, 1], from which a film is called positive.
    """

    model: str
    classes: tuple[str, ...]
    negative_class: str
    threshold: float

    @property
    def positive_classes(self) -> list[str]:
        """Every class but the negative one, in the order of the logits."""
        return [name for name in self.classes if name != self.negative_class]

    def targets(self, logits: NDArray[np.float32]) -> list[int]:
        """Class explained in each film: its most probable positive one; logits (N, n_classes)."""
        positive = [self.classes.index(name) for name in self.positive_classes]
        return [positive[int(best)] for best in logits[:, positive].argmax(axis=1)]


@dataclass(frozen=True)
class _Insight:
    """What the network did with one film.

    film: (H, W) uint8. evidence: (h, w) float32, >= 0. maps: (h, w, n) float32 per layer. A network
    without a convolution has no maps, and no evidence made of them.
    """

    film: Pixels
    target_class: str
    evidence: NDArray[np.float32] | None
    maps: dict[str, Maps]


def write_gallery(
    folder: Path,
    subject: Subject,
    model: keras.Model,
    films: Sequence[Film],
    images: Pixels,
    *,
    n_channels: int,
) -> None:
    """Look into a model with chosen films and write what it saw; the folder appears whole.

    Args:
        folder: Replaced by the new pictures and `explanations.json`.
        subject: Names and operating point.
        model: From `tasks.core.classifier.load_classifier`; not changed.
        films: From `tasks.explain.selection.choose_films`; at least one.
        images: Their pixels, (N, H, W, 1) uint8 in [0, 255].
        n_channels: Feature maps shown per layer, the most active ones.

    Raises:
        EvaluationError: The images do not fit the model, or `truncate` finds no layer to look at.
    """
    targets = subject.targets(predict_logits(model, images))
    truncated = truncate(model)
    insights = _look(subject, truncated, images, targets)
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        contents = {
            "model": subject.model,
            "threshold": subject.threshold,
            "target_class": " or ".join(subject.positive_classes),
            "gradcam_layer": truncated.layers[-1] if truncated.layers else None,
            "conv_layers": list(truncated.layers),
            "filters": _write_filters(temporary, truncated),
            "films": _write_films(temporary, films, insights, n_channels),
            "missing_outcomes": _missing(films),
        }
        write_json(temporary / "explanations.json", contents)
    logger.info(
        "%d films, %d of %d convolutions of %s",
        len(films),
        len(insights[0].maps),
        len(truncated.layers),
        subject.model,
    )


def _look(
    subject: Subject, truncated: Truncated, images: Pixels, targets: list[int]
) -> list[_Insight]:
    convolves = bool(truncated.layers)
    evidence = grad_cam(truncated, images, targets) if convolves else [None] * len(images)
    maps = record_activations(truncated, images) if convolves else []
    shown = spread(len(truncated.layers), MAX_LAYERS)
    return [
        _Insight(
            film=images[row, ..., 0],
            target_class=subject.classes[targets[row]],
            evidence=evidence[row],
            maps={truncated.layers[depth]: maps[depth][row] for depth in shown},
        )
        for row in range(len(images))
    ]


def _write_filters(folder: Path, truncated: Truncated) -> dict[str, Any]:
    planes = filter_planes(truncated.first_kernel)
    if not truncated.layers:
        planes = shrink(strongest(planes, MAX_DENSE_FILTERS))
    save_png(draw_filters(planes), folder / "filters.png")
    return {
        "layer": truncated.first_layer,
        "file": "filters.png",
        "shape": list(truncated.first_kernel.shape),
        "n_shown": len(planes),
        "limit": float(np.abs(planes).max()),  # weight of the deepest red; blue is its negative
    }


def _write_films(
    folder: Path, films: Sequence[Film], insights: Sequence[_Insight], n_channels: int
) -> list[dict[str, Any]]:
    entries = []
    n_of = dict.fromkeys(OUTCOMES, 0)
    for film, insight in zip(films, insights, strict=True):
        n_of[film.outcome] += 1
        name = f"{film.outcome}-{n_of[film.outcome]}"
        (folder / name).mkdir()
        save_png(draw_film(insight.film), folder / name / "input.png")
        entry = {
            **asdict(film),
            "target_class": insight.target_class,
            "input": f"{name}/input.png",
            **_write_evidence(folder, name, insight),
            "activations": [
                _write_maps(folder, name, layer, maps, n_channels)
                for layer, maps in insight.maps.items()
            ],
        }
        entries.append(entry)
    return entries


def _write_evidence(folder: Path, name: str, insight: _Insight) -> dict[str, Any]:
    if insight.evidence is None:
        return {"gradcam": None}
    evidence = to_unit_range(insight.evidence)
    save_png(draw_evidence(insight.film, evidence), folder / name / "gradcam.png")
    return {"gradcam": f"{name}/gradcam.png", "gradcam_empty": not insight.evidence.any()}


def _write_maps(folder: Path, name: str, layer: str, maps: Maps, n_channels: int) -> dict[str, Any]:
    channels = most_active(maps, n_channels)
    file = f"{name}/{layer}.png"
    save_png(draw_maps(np.moveaxis(maps[..., channels], -1, 0)), folder / file)
    return {
        "layer": layer,
        "shape": list(maps.shape),
        "n_shown": len(channels),
        "channels": channels,  # in the order of the grid, row by row
        "file": file,
        "share_dead": share_dead(maps),
    }


def _missing(films: Sequence[Film]) -> list[str]:
    present = {film.outcome for film in films}
    return [outcome for outcome in OUTCOMES if outcome not in present]
