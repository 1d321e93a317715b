"""The explained films, as grading needs them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools, Floats
from tasks.explain.films.film_fields import FilmFields
from tasks.explain.selection import SelectedFilm


@dataclass(frozen=True, eq=False)
class GradedCases:
    """Explained films.

    images: (N, H, H, 1) uint8. classes: (N, k) int64, the called class first. patients: N names.
    lungs, opacities: (N, H, H) bool; opacities are all False where the truth is unknown.
    labels: (N,) int64, column of the class of the label in `classes`.
    """

    images: Pixels
    classes: NDArray[np.int64]
    labels: NDArray[np.int64]
    patients: tuple[str, ...]
    lungs: Bools
    opacities: Bools

    def part(self, rows: NDArray[np.int64]) -> "GradedCases":
        """Some of the films, in the given order."""
        return GradedCases(
            images=self.images[rows],
            classes=self.classes[rows],
            labels=self.labels[rows],
            patients=tuple(self.patients[row] for row in rows),
            lungs=self.lungs[rows],
            opacities=self.opacities[rows],
        )

    def with_opacities(self) -> NDArray[np.int64]:
        """Rows of the films with a true opacity."""
        return np.flatnonzero(self.opacities.any(axis=(1, 2)))

    def of_label(self, maps: NDArray[np.float32]) -> Floats:
        """The map for the class of the label: (N, k, h, w) -> (N, h, w) float64."""
        return maps[np.arange(len(maps)), self.labels].astype(np.float64)


def graded_cases(
    names: Sequence[str],
    images: Pixels,
    films: Sequence[SelectedFilm],
    classes: NDArray[np.int64],
    fields: FilmFields,
) -> GradedCases:
    """Put together what is known of the explained films.

    Args:
        names: Names of the classes, in the order of the logits.
        images: (N, H, H, 1) uint8.
        films: The N explained films.
        classes: (N, k) int64, the classes in question, the called one first.
        fields: Lungs and opacities of the films.
    """
    labels = np.array([names.index(film.label) for film in films])
    unknown = np.zeros_like(fields.lungs)
    return GradedCases(
        images=images,
        classes=classes,
        labels=(classes == labels[:, np.newaxis]).argmax(axis=1),
        patients=tuple(film.patient_id for film in films),
        lungs=fields.lungs,
        opacities=unknown if fields.opacities is None else fields.opacities,
    )
