"""Score the boxes of the lungs against the true lungs of the phantom."""

import logging
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
from PIL import Image

from tasks.core.errors import SourceError
from tasks.core.film.square import PixelBox

MIN_IOU = 0.7  # a box with this intersection over union or more counts as correct
_BOX_COLUMNS = ["left", "top", "right", "bottom"]

logger = logging.getLogger(__name__)


def score_boxes(films: pd.DataFrame, masks: Path) -> dict[str, float | int] | None:
    """Compare boxes with the boxes around the true lungs.

    Args:
        films: Columns `path`, and `left`, `top`, `right`, `bottom` in px of the whole film.
        masks: Folder of the masks: `<stem of the film>.png`, 0 outside the lungs.

    Returns:
        `n_films`, `mean_iou`, and `share_above`: the share of films with an IoU of `iou_above` or
        more. None if the folder does not exist.

    Raises:
        SourceError: The mask of a film is missing or empty.
    """
    if not masks.is_dir():
        logger.warning("%s does not exist, so the boxes of the lungs are not scored", masks)
        return None
    scores = []
    for path, *edges in films[["path", *_BOX_COLUMNS]].itertuples(index=False):
        left, top, right, bottom = (int(edge) for edge in edges)
        truth = box_of(masks / f"{PurePosixPath(path).stem}.png")
        scores.append(iou((left, top, right, bottom), truth))
    return {"n_films": len(scores), **_figures(scores), "iou_above": MIN_IOU}


def box_of(mask: Path) -> PixelBox:
    """The box around all pixels of a mask that are not 0.

    Raises:
        SourceError: The file is missing or has no such pixel.
    """
    found = "no such file"
    if mask.is_file():
        with Image.open(mask) as image:
            box = image.getbbox()
        if box is not None:
            return box
        found = "an empty mask"
    raise SourceError(
        "the phantom must have a mask of the lungs for each of its films",
        found=found,
        where=str(mask),
        next_step="run `make phantom`, which writes the masks again",
    )


def iou(a: PixelBox, b: PixelBox) -> float:
    """Intersection over union of two boxes, 0 to 1.

    Example:
        >>> iou((0, 0, 10, 10), (5, 0, 10, 10))
        0.5
    """
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (a, b))
    return width * height / (areas - width * height)


def _figures(scores: Sequence[float]) -> dict[str, float]:
    values = np.array(scores)
    return {
        "mean_iou": round(float(values.mean()), 4),
        "share_above": round(float((values >= MIN_IOU).mean()), 4),
    }
