"""One network on test films without lungs and on disturbed test films (`robustness.json`)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.compute.progress import Progress
from tasks.core.image_store.store import Pixels
from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.intervals import CHANCE
from tasks.evaluate.judged_films import JudgedFilms, judge_metric, paired_difference
from tasks.evaluate.metric_intervals import EstimateDict
from tasks.evaluate.repeated_inference import FilmReader
from tasks.evaluate.robustness.disturbances import DISTURBANCES, Disturbance, disturb
from tasks.evaluate.robustness.negative_controls import (
    CONTROLS,
    LUNGS_COVERED,
    NegativeControl,
    lung_region,
    without_lungs,
)

Answer = tuple[NDArray[np.float32], Bools]


class StressTest:
    """A network, its clean test films, and its answers to them.

    Args:
        reader: The network.
        films: The n test films with their classes, patients and decision.
        images: (n, H, W, 1) uint8.
        image_ids: Id of each film.
        seed: Seed of noise, directions and shuffled patches.
    """

    def __init__(
        self,
        reader: FilmReader,
        films: JudgedFilms,
        images: Pixels,
        image_ids: Sequence[str],
        seed: int,
    ) -> None:
        self._reader, self._films, self._seed = reader, films, seed
        self._images, self._image_ids = images, image_ids
        self._clean = self._probabilities(reader.read(images))

    def report(self) -> dict[str, Any]:
        """AUROC at home, the negative controls and the grid of disturbed films."""
        threshold = self._films.decision.threshold
        region = lung_region(self._images.shape[1])
        return {
            "n_images": len(self._images),
            "n_patients": int(self._films.patients.nunique()),
            "auroc_is": "finding against none"
            if threshold is not None
            else "mean of the classes, each against the rest",
            "lung_region": {"covers": LUNGS_COVERED, "share_of_square": float(region.mean())},
            "home": self._numbers(self._clean),
            "controls": self._controls(),
            "grid": self._grid(),
        }

    def _controls(self) -> list[dict[str, Any]]:
        rows = []
        for control in CONTROLS:
            blanked = without_lungs(self._images, self._image_ids, control, self._seed)
            answer = self._reader.read(blanked)
            auroc = self._estimate("auroc", self._probabilities(answer))
            rows.append(
                {
                    "name": control.name,
                    "what_is_left": control.what_is_left,
                    "auroc": auroc,
                    "n_refused": int(answer[1].sum()),
                    "finding": describe_control(control, auroc),
                }
            )
        return rows

    def _grid(self) -> list[dict[str, Any]]:
        places = [
            (disturbance, strength, value)
            for disturbance in DISTURBANCES
            for strength, value in enumerate(disturbance.values, start=1)
        ]
        cells = []
        with Progress(len(places), unit="disturbances of all films") as progress:
            for disturbance, strength, value in places:
                place = {"disturbance": disturbance.name, "strength": strength, "value": value}
                place["unit"] = disturbance.unit
                cells.append(place | self._cell(disturbance, value))
                progress.advance()
        return cells

    def _cell(self, disturbance: Disturbance, value: float) -> dict[str, Any]:
        """Numbers of the disturbed films; `loss` is AUROC of the clean films minus theirs."""
        disturbed = disturb(self._images, self._image_ids, disturbance, value, self._seed)
        answer = self._reader.read(disturbed)
        probabilities = self._probabilities(answer)
        threshold = self._films.decision.threshold
        before, after = (probabilities, threshold), (self._clean, threshold)
        return {
            **self._numbers(probabilities),
            "loss": paired_difference("auroc", self._films, before, after),
            "n_refused": int(answer[1].sum()),
        }

    def _numbers(self, probabilities: Floats) -> dict[str, EstimateDict]:
        names = ("auroc", "sensitivity", "specificity")
        return {name: self._estimate(name, probabilities) for name in names}

    def _estimate(self, name: str, probabilities: Floats) -> EstimateDict:
        return judge_metric(name, self._films, probabilities, self._films.decision.threshold)

    def _probabilities(self, answer: Answer) -> Floats:
        return self._films.decision.calibrator.apply(answer[0])


def describe_control(control: NegativeControl, auroc: EstimateDict) -> str:
    """Say in plain words whether the network still knows the classes, and what that means.

    Args:
        control: One of `CONTROLS`.
        auroc: AUROC on the films of the control.

    Example:
        >>> describe_control(CONTROLS[1], {"value": 0.91, "low": 0.86, "high": 0.95})
        'It still ranks these films. Part of what it uses lies at the border of the film.'
    """
    low, high = auroc["low"], auroc["high"]
    if low is None or high is None:
        return "There are too few patients to say what is left."
    if low > CHANCE:
        return f"It still ranks these films. {control.if_shown}"
    if high < CHANCE:
        return "It ranks these films the wrong way round, which is not chance either."
    return "Nothing is shown to be left: the interval holds 0.5, which is chance."
