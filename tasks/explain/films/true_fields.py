"""The true lungs and opacities of a synthetic film, from the masks that the phantom drew."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from tasks.core.errors import SourceError
from tasks.core.film.film_place import SquarePlace
from tasks.core.film.geometry import pad_to_square
from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools

_HALF = 128  # of 255: a pixel of the square belongs to a mask that covers half of it


@dataclass(frozen=True)
class TrueFields:
    """Masks of one synthetic film, files with 0 outside and 255 inside.

    lung_mask: of both lungs. opacity_masks: one for each opacity; empty for a normal film.
    """

    lung_mask: Path
    opacity_masks: Sequence[Path]

    def lungs(self, place: SquarePlace, size_px: int) -> Bools:
        """The lungs in the frame of the square: (size_px, size_px) bool.

        Raises:
            SourceError: The film has no mask of its lungs.
        """
        return _in_square([self.lung_mask], place, size_px)

    def opacities(self, place: SquarePlace, size_px: int) -> Bools:
        """All opacities in the frame of the square: (size_px, size_px) bool."""
        return _in_square(self.opacity_masks, place, size_px)


def true_fields_of(path: str, lungs: Path, opacities: Path) -> TrueFields:
    """The masks of one film of the phantom.

    Args:
        path: Path of the film in the source.
        lungs: Folder of the lung masks, `<film>.png`.
        opacities: Folder of the opacity masks, `<film>_<number>.png`.
    """
    stem = PurePosixPath(path).stem
    numbered = (opacities / f"{stem}_{number}.png" for number in count(1))
    return TrueFields(lungs / f"{stem}.png", list(takewhile(Path.exists, numbered)))


def _in_square(masks: Sequence[Path], place: SquarePlace, size_px: int) -> Bools:
    """Pixels of the square that at least one mask covers by half: (size_px, size_px) bool."""
    covered = np.zeros((size_px, size_px), dtype=bool)
    for mask in masks:
        covered |= pad_to_square(_fitted(mask, place, size_px), size_px) >= _HALF
    return covered


def _fitted(mask: Path, place: SquarePlace, size_px: int) -> Pixels:
    """A mask scaled like its film, without padding: (h, w) uint8."""
    left, top, right, bottom = (round(share * size_px) for share in place.square_box)
    size, box = (right - left, bottom - top), place.box
    try:
        with Image.open(mask) as picture:
            width, height = picture.size
            part = (box[0] * width, box[1] * height, box[2] * width, box[3] * height)
            scaled = picture.convert("L").resize(size, Image.Resampling.BOX, box=part)
            return np.asarray(scaled)
    except OSError as error:
        raise SourceError(
            "the phantom must have a mask of the lungs for each of its films",
            found=str(error),
            where=str(mask),
            next_step="run `make phantom`, which writes the masks again",
        ) from error
