"""Which part of a film is shown: all of it, all but its dark borders, or the lungs."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core.film.found import FULL_FRAME, NOT_FOUND, Found
from tasks.core.film.geometry import Box

Region = Literal["none", "border", "lungs"]
Pixels = NDArray[np.uint8]

# Side of the square copy that each rule looks at: a border is found to 0.4 % of the side
LOOK_PX = {"none": 1, "border": 256, "lungs": 96}

DARK = 24  # grey levels; collimated borders and the air beside a patient mostly lie below
MARKER_SHARE = 0.15  # of a line's length: no letter or label burned in beside the patient is longer
MAX_TRIM = 0.35  # of a side: more than that on one side is a dark film, not a border


def find_region(grey: Image.Image, frame: Box, region: Region) -> Found:
    """Find the part of a film that `resize.region` asks for.

    Args:
        grey: Mode L, upright, at least LOOK_PX of the region along both sides if the film is.
        frame: Where in `grey` the film lies, px.
        region: `none` is the full frame, with confidence 1.
    """
    if region == "none":
        return Found(FULL_FRAME, 1.0)
    side = LOOK_PX[region]
    copy = np.asarray(grey.resize((side, side), Image.Resampling.BILINEAR, box=frame))
    if region == "border":
        return trim_border(copy)
    from tasks.core.film.lungs import find_lungs  # SciPy is slow to import

    return find_lungs(copy, (frame[2] - frame[0]) / (frame[3] - frame[1]))


def trim_border(image: Pixels) -> Found:
    """Trim dark borders and what is burned in there.

    From each side, rows and columns are cut while at most MARKER_SHARE of their pixels are
    brighter than DARK, so a side letter in the border does not stop the cut. What is cut at one
    side does not count at the next one; this is repeated until nothing changes.

    Args:
        image: (H, W) uint8.

    Returns:
        Confidence 1, or the full frame with confidence 0 where more than MAX_TRIM of the width
        or height would go at one side.
    """
    bright = image > DARK
    height, width = image.shape
    left, top, right, bottom = 0, 0, width, height
    while True:
        before = (left, top, right, bottom)
        rows = np.flatnonzero(bright[:, left:right].mean(axis=1) > MARKER_SHARE)
        if len(rows) == 0:
            return NOT_FOUND
        top, bottom = max(top, int(rows[0])), min(bottom, int(rows[-1]) + 1)
        columns = np.flatnonzero(bright[top:bottom].mean(axis=0) > MARKER_SHARE)
        if len(columns) == 0:
            return NOT_FOUND
        left, right = max(left, int(columns[0])), min(right, int(columns[-1]) + 1)
        if before == (left, top, right, bottom):
            break
    box = (left / width, top / height, right / width, bottom / height)
    if max(box[0], box[1], 1 - box[2], 1 - box[3]) > MAX_TRIM:
        return NOT_FOUND
    return Found(box, 1.0)
