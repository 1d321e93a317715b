"""AUROC with which the sharpness of the resized films predicts the label.

Normal films of the Kaggle set are larger, and larger films end sharper after scaling. A common
resolution removes this difference only if it is well below the final size: about 0.4 of it.

Run    python -m tests.benchmarks.sharpness FOLDER [--size 64 128 224] [--common 64 96 128 256]
"""

import argparse
import logging
import sys
from pathlib import Path

import numpy as np

from tasks.core.film.square import square_of_film
from tasks.core.params import ResizeParams
from tasks.core.statistics.auroc import auroc

NORMAL, PNEUMONIA = "NORMAL", "PNEUMONIA"

logger = logging.getLogger("sharpness")


def sharpness_auroc(folder: Path, params: ResizeParams) -> float:
    """Return the AUROC of sharpness for the class NORMAL.

    0.5 means that sharpness does not predict the label; 0 and 1 mean that it does in every case.

    Args:
        folder: JPEG films below folders named NORMAL and PNEUMONIA.
        params: Section `resize`.
    """
    films = sorted(folder.rglob("*.jpeg"))
    normal = np.array([film.parent.name == NORMAL for film in films])
    assert {film.parent.name for film in films} == {NORMAL, PNEUMONIA}
    sharpness = [square_of_film(film.read_bytes(), params).sharpness for film in films]
    return auroc(np.array(sharpness), normal)


def main() -> None:
    """Log the AUROC for each size, without and with each common resolution."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sharpness")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", type=int, nargs="+", default=[64, 128, 224])
    parser.add_argument("--common", type=int, nargs="+", default=[64, 96, 128, 256])
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="[sharpness] %(message)s", stream=sys.stderr)
    for size_px in arguments.size:
        for common_px in [None, *arguments.common]:
            params = ResizeParams(
                size_px=size_px,
                geometry="stretch",
                intensity="none",
                region="none",
                common_resolution_px=common_px,
            )
            value = sharpness_auroc(arguments.folder, params)
            logger.info("%d px, common resolution %s: %.3f", size_px, common_px, value)


if __name__ == "__main__":
    main()
