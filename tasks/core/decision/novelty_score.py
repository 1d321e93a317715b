"""How unlike the training films a film is, by the features of the network and by its pixels.

Four measures are taken. Each is compared with its values on the validation films, and the most
unusual one is the novelty score:

    features    distance of the features of the network from those of the training films
    levels      the same for the grey levels of the film as a square of 16 px
    structure   what is left of that square, at mean 0 and deviation 1, after its part along the
                main directions of the training films is taken away
    upright     how much more the film looks like the training films upside down

No single one finds all foreign films. With 1 % of Kermany's validation films flagged, each alone
flags this share (2,000 training and 780 validation films of 64 px, a small network):

                                  features  levels  structure  upright   all
    upside down                       0.02    0.22       0.75     1.00  1.00
    turned to the left                0.52    1.00       1.00     0.92  1.00
    inverted grey levels              0.92    1.00       0.97     1.00  1.00
    photographs                       0.53    0.59       0.94     0.76  1.00
    drawn hands                       0.80    0.55       1.00     0.00  1.00
    drawn knees                       0.60    1.00       0.05     0.95  1.00
    adults with COVID (two packs)     0.34    0.62       0.25     0.01  0.59

A square of 16 px shows neither noise nor writing on a film; the features show them in part.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.atomic import atomic_path
from tasks.core.decision.main_axes import MainAxes
from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Floats

_SIDE_PX = 16  # 8 found fewer films that are upside down, 32 found fewer adults
_DARK = 1e-3  # deviation of the grey levels (0 to 1) of a film without contrast
NOVELTY_MEASURES = ("features", "levels", "structure", "upright")


@dataclass(frozen=True)
class NoveltyReference:
    """What a film is compared with, and the score above which it is novel.

    features, levels, structure: see the top of this module. upright: (128,) float64, direction
    from the films upside down to the upright ones. centres, spreads: (4,) float64, mean and
    standard deviation of each measure on the validation films. threshold: of the score.
    """

    features: MainAxes
    levels: MainAxes
    structure: MainAxes
    upright: Floats
    centres: Floats
    spreads: Floats
    threshold: float

    def score(self, features: NDArray[np.float32], images: Pixels) -> Floats:
        """Novelty of each film; a film is novel when its score is above `threshold`.

        Args:
            features: (n, n_features) float32, see `inference.Inference`.
            images: (n, H, W, 1) uint8 in [0, 255].

        Returns:
            (n,) float64: the largest of the four measures, in standard deviations of the
            validation films.
        """
        scores: Floats = ((self.measures(features, images) - self.centres) / self.spreads).max(1)
        return scores

    def measures(self, features: NDArray[np.float32], images: Pixels) -> Floats:
        """The four measures of each film, before the comparison with validation: (n, 4) float64."""
        squares = film_squares(images)
        return np.column_stack(
            [
                self.features.distance(features.astype(np.float64)),
                self.levels.distance(squares),
                self.structure.residue(standardised_squares(squares)),
                -(upright_halves(squares) @ self.upright),
            ]
        )

    def save(self, path: Path) -> None:
        """Write the reference as .npz, without pickles; same reference, same bytes."""
        arrays = {name: getattr(self, name) for name in ("upright", "centres", "spreads")}
        arrays["threshold"] = np.asarray(self.threshold)
        for name in NOVELTY_MEASURES[:3]:
            arrays |= {f"{name}_{part}": array for part, array in vars(getattr(self, name)).items()}
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays)


def load_novelty(path: Path) -> NoveltyReference:
    """Read what `NoveltyReference.save` wrote.

    Raises:
        EvaluationError: The file is missing or damaged.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _damaged_reference(error, str(path)) from error
    return novelty_from_bytes(data, str(path))


def novelty_from_bytes(data: bytes, where: str) -> NoveltyReference:
    """Read the bytes that `NoveltyReference.save` wrote, from a file or from inside another one.

    Args:
        data: Bytes of the .npz.
        where: Named in the error.

    Raises:
        EvaluationError: The bytes are damaged.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as loaded:
            arrays = dict(loaded)
        parts: dict[str, Any] = {name: arrays[name] for name in ("upright", "centres", "spreads")}
        parts |= {name: _axes_from(arrays, name) for name in NOVELTY_MEASURES[:3]}
        return _checked(NoveltyReference(**parts, threshold=float(arrays["threshold"])))
    except Exception as error:  # whatever NumPy raises on foreign bytes, they are damaged
        raise _damaged_reference(error, where) from error


def _checked(reference: NoveltyReference) -> NoveltyReference:
    """Return it; ValueError if an array has another shape or a number is not finite."""
    n_cells, n_measures = _SIDE_PX**2, len(NOVELTY_MEASURES)
    shapes: list[tuple[Floats, tuple[int, ...]]] = [
        (reference.upright, (n_cells // 2,)),
        (reference.centres, (n_measures,)),
        (reference.spreads, (n_measures,)),
    ]
    for name, axes in ((name, getattr(reference, name)) for name in NOVELTY_MEASURES[:3]):
        n_numbers = axes.mean.size if name == "features" else n_cells
        n_axes = axes.variances.size
        shapes += [(axes.mean, (n_numbers,)), (axes.axes, (n_axes, n_numbers))]
        shapes.append((axes.variances, (n_axes,)))
    wrong = [array.shape for array, shape in shapes if array.shape != shape]
    if wrong:
        raise ValueError(f"an array of the shape {wrong[0]}")
    if not all(np.isfinite(array).all() for array, _ in shapes) or np.isnan(reference.threshold):
        raise ValueError("a number is not finite")
    return reference


def _damaged_reference(error: Exception, where: str) -> EvaluationError:
    return EvaluationError(
        "the contract of a model holds what its films are compared with",
        found=f"{type(error).__name__}: {error}",
        where=where,
        next_step="run `dvc repro`, which writes the file again",
    )


def _axes_from(arrays: Mapping[str, Floats], name: str) -> MainAxes:
    return MainAxes(*(arrays[f"{name}_{part}"] for part in MainAxes.__dataclass_fields__))


def film_squares(images: Pixels) -> Floats:
    """Each film as a square of mean grey levels, 0 to 1: (n, H, W, 1) -> (n, 256) float64."""
    n, height, width = images.shape[:3]
    rows, columns = (np.arange(_SIDE_PX) * size // _SIDE_PX for size in (height, width))
    sums = np.add.reduceat(images[..., 0], rows, axis=1, dtype=np.uint32)
    sums = np.add.reduceat(sums, columns, axis=2)
    areas = np.outer(np.diff([*rows, height]), np.diff([*columns, width]))
    squares: Floats = (sums / areas / 255.0).reshape(n, -1)
    return squares


def standardised_squares(squares: Floats) -> Floats:
    """Each square at mean 0 and standard deviation 1: exposure and contrast are gone."""
    centred = squares - squares.mean(axis=1, keepdims=True)
    scaled: Floats = centred / (squares.std(axis=1, keepdims=True) + _DARK)
    return scaled


def upright_halves(squares: Floats) -> Floats:
    """Each cell of the upper half minus its mirror image in the lower: (n, 256) -> (n, 128).

    A film upside down has the same numbers with the other sign.
    """
    cells = standardised_squares(squares).reshape(-1, _SIDE_PX, _SIDE_PX)
    halves: Floats = cells[:, : _SIDE_PX // 2] - cells[:, : _SIDE_PX // 2 - 1 : -1]
    return halves.reshape(len(squares), -1)
