"""Find the part of a film to show: all of it, all except dark borders, or the lungs."""

from typing import Literal

import numpy as np
from PIL import Image

from tasks.core.film.decode import Box
from tasks.core.film.found_region import FULL_FRAME, NOT_FOUND, FoundRegion
from tasks.core.film.lungs import find_lungs
from tasks.core.image_store.store import Pixels

Region = Literal["none", "border", "lungs"]

# Side of the square copy that each search uses. At 256 px a border is found to 0.4 % of the side.
SEARCH_PX = {"none": 1, "border": 256, "lungs": 96}

DARK = 24  # grey levels; most collimated borders and the air beside a patient are below it
MARKER_SHARE = 0.15  # of a line; letters and labels beside the patient are shorter
MAX_TRIM = 0.35  # of a side; a larger "border" means that the film itself is dark


def find_region(grey: Image.Image, frame: Box, region: Region) -> FoundRegion:
    """Find the part of a film that `resize.region` names.

    Args:
        grey: Image of mode L, upright. Both sides have at least SEARCH_PX of the region, unless
            the film itself is smaller.
        frame: Part of `grey` that the film fills, px.
        region: `none` returns the full frame with confidence 1.
    """
    if region == "none":
        return FoundRegion(FULL_FRAME, 1.0)
    side = SEARCH_PX[region]
    copy = np.asarray(grey.resize((side, side), Image.Resampling.BILINEAR, box=frame))
    if region == "border":
        return trim_border(copy)
    return find_lungs(copy, (frame[2] - frame[0]) / (frame[3] - frame[1]))


def trim_border(image: Pixels) -> FoundRegion:
    """Trim dark borders, with the letters that are burned into them.

    At each side, rows or columns are cut while at most MARKER_SHARE of their pixels are brighter
    than DARK. A letter in the border therefore does not stop the cut. The next side ignores what
    is already cut. The four cuts are repeated until nothing changes.

    Args:
        image: (H, W) uint8.

    Returns:
        Region with confidence 1; or the full frame with confidence 0 if the cut at one side
        exceeds MAX_TRIM of the width or height.
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
    return FoundRegion(box, 1.0)
