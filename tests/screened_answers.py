"""Screened films, and a stand-in for the network that draws their heat."""

import numpy as np
from numpy.typing import NDArray

from tasks.core.network.screened_film import ScreenedFilm
from tasks.core.params import ResizeParams

SEAL = "ab" * 32
RESIZE = ResizeParams(
    size_px=64, geometry="stretch", intensity="none", region="none", common_resolution_px=None
)
SCORED = ScreenedFilm(
    path="dicom-1.dcm",
    sha256="0" * 64,
    status="scored",
    model="minivggnet",
    model_sha256=SEAL,
    probabilities={"NORMAL": 0.188, "PNEUMONIA": 0.812},
    prob_finding=0.812,
    call="PNEUMONIA",
    called_positive=True,
    threshold=0.5644660,
    operating_point="target_sensitivity",
    novelty=1.0 / 3.0,
    novelty_threshold=4.739926105003544,
    group=1,
)
REFERRED = ScreenedFilm(
    path="dicom-2.dcm",
    sha256="1" * 64,
    status="scored",
    model="minivggnet",
    model_sha256=SEAL,
    refer=True,
    refer_reasons=("refused_by_guard",),
    group=2,
)
REJECTED = ScreenedFilm(
    path="dicom-3.dcm",
    sha256="2" * 64,
    status="rejected",
    model="minivggnet",
    model_sha256=SEAL,
    reason="truncated",
    detail="the DICOM file ends before its pixels do",
    next_step="send the film again",
)


class HeatOfOneCorner:
    """Draws heat for the second class in the upper right corner of the square, 8 x 8 places."""

    classes = ("NORMAL", "PNEUMONIA")
    is_synthetic = True
    resize = RESIZE

    def __init__(self) -> None:
        self.asked: list[int] = []

    def heat(self, image: NDArray[np.uint8], class_index: int) -> NDArray[np.float32]:
        self.asked.append(class_index)
        assert image.shape == (64, 64)
        heat = np.zeros((8, 8), dtype=np.float32)
        heat[0, 7] = 2.0
        return heat
