"""Write what the layers of a network compute: `activations.json` and the pictures it lists."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core.atomic import write_json
from tasks.core.image_store.store import Pixels
from tasks.core.params.reporting import ExplainParams
from tasks.explain.activations.channel_means import record_channel_means
from tasks.explain.activations.feature_maps import (
    filter_planes,
    n_contrast_filters,
    strongest_planes,
)
from tasks.explain.activations.layer_entries import ValidationFilms, describe_layers
from tasks.explain.activations.layer_pictures import PICTURE_FOLDER, write_maximised, write_sheets
from tasks.explain.activations.map_drawing import draw_filters, shrink_planes
from tasks.explain.activations.telling_channels import LEVEL, compare_channels, n_tests
from tasks.explain.drawing import draw_input, save_png
from tasks.explain.explained_model import ExplainedModel
from tasks.explain.selection import SelectedFilm
from tasks.explain.truncated import TruncatedNetwork

logger = logging.getLogger(__name__)

MAX_VALIDATION_FILMS = 1000  # enough for ranks: an AUROC of 0.5 has a standard error below 0.02
MAX_DENSE_UNITS = 16  # each is as large as the film


def write_activations(  # noqa: PLR0913, PLR0917 - a folder, a model, two sets of films
    folder: Path,
    explained: ExplainedModel,
    films: Sequence[SelectedFilm],
    images: Pixels,
    validation_images: Pixels,
    validation_labels: Sequence[str],
    params: ExplainParams,
) -> None:
    """Write `activations.json`, and under `activations/` the pictures.

    Of a model that averages several networks the first one is shown; of several views of a film,
    the whole square.

    Args:
        folder: Folder of the explanations; it exists.
        explained: The model.
        films: Test films whose maps are drawn; at least one, each with its called class.
        images: Their pixels, (N, H, W, 1) uint8 in [0, 255].
        validation_images: Films that choose the channels, (M, H, W, 1) uint8. No test film does.
        validation_labels: Names of their classes.
        params: Section `explain`.

    Raises:
        EvaluationError: `truncate` finds no layer to show.
    """
    (folder / PICTURE_FOLDER).mkdir()
    truncated = explained.whole
    pairs = enumerate(zip(films, images, strict=True))
    contents: dict[str, Any] = {
        "classes": list(explained.classes),
        "films": [_write_film(folder, row, *pair) for row, pair in pairs],
        "filters": _write_filters(folder, truncated),
        "validation": None,
        "layers": [],
    }
    if truncated.layers:
        means = record_channel_means(truncated, validation_images)
        tests = compare_channels(means, validation_labels, explained.classes)
        validation = ValidationFilms(explained.classes, validation_labels, means, tests)
        called = [film.called_class for film in films]
        layers = describe_layers(truncated, images, called, validation)
        pictures = write_sheets(folder, truncated, images)
        maximised = write_maximised(folder, truncated, validation, params)
        contents["validation"] = _describe_tests(validation)
        contents["layers"] = [
            layer | sheet | {"maximised": made}
            for layer, sheet, made in zip(layers, pictures, maximised, strict=True)
        ]
    write_json(folder / "activations.json", contents)
    logger.info("drew the maps of %d convolutions of %s", len(truncated.layers), explained.name)


def _write_film(folder: Path, row: int, film: SelectedFilm, image: Pixels) -> dict[str, Any]:
    file = f"{PICTURE_FOLDER}/film-{row}.png"
    save_png(draw_input(image[..., 0]), folder / file)
    names = ("image_id", "path", "label", "called_class")
    return {name: getattr(film, name) for name in names} | {"file": file}


def _write_filters(folder: Path, truncated: TruncatedNetwork) -> dict[str, Any]:
    planes = filter_planes(truncated.first_kernel)
    n_contrast = n_contrast_filters(planes) if truncated.layers else None
    if not truncated.layers:
        planes = shrink_planes(strongest_planes(planes, MAX_DENSE_UNITS))
    file = f"{PICTURE_FOLDER}/filters.png"
    save_png(draw_filters(planes), folder / file)
    return {
        "layer": truncated.first_layer,
        "file": file,
        "shape": list(truncated.first_kernel.shape),
        "n_shown": len(planes),
        "limit": float(np.abs(planes).max()),  # weight of the darkest red; minus it: darkest blue
        "n_contrast": n_contrast,
    }


def _describe_tests(validation: ValidationFilms) -> dict[str, Any]:
    return {
        "n_films": len(validation.labels),
        "n_channels": sum(len(tests.aurocs) for tests in validation.tests),
        "n_tests": n_tests(validation.tests, len(validation.classes)),
        "n_telling": sum(int(tests.telling.sum()) for tests in validation.tests),
        "level": LEVEL,
    }
