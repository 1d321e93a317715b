"""Read the lungs and opacities of test films, in the frame of their squares."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tasks.core import paths
from tasks.core.statistics.arrays import Bools, Floats
from tasks.explain.films.film_list import broken_films, read_film_list


@dataclass(frozen=True, eq=False)
class FilmFields:
    """Places on N films, in the frame of their squares.

    lungs: (N, size_px, size_px) bool. True masks on synthetic films; on others the box around both
        lungs that `core/film` finds, all False where it finds none.
    opacities: the same for the true opacities of synthetic films; None where the truth is unknown.
    confidence: (N,) float64 of the lungs, 0 (not found) to 1 (true).
    """

    lungs: Bools
    opacities: Bools | None
    confidence: Floats


def read_film_fields(image_ids: Sequence[str]) -> FilmFields:
    """Read what `explain-films` wrote about some test films, in the given order.

    Raises:
        EvaluationError: A film is missing, or the folder is not complete.
    """
    listed = read_film_list(image_ids)
    rows = [row for row, _ in listed]
    try:
        with np.load(paths.film_fields(), allow_pickle=False) as fields:
            lungs = fields["lungs"][rows]
            opacities = fields["opacities"][rows] if "opacities" in fields else None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, IndexError) as error:
        raise broken_films(error) from error
    confidence = np.array([film["lung_confidence"] for _, film in listed], dtype=np.float64)
    return FilmFields(lungs, opacities, confidence)
