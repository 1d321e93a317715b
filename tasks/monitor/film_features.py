"""The features in which new films are compared with those of the training.

A feature of the family `film` is what a reader sees, `file` is how the picture is stored, and
`network` is how the network answers. A change of the first two explains one of the third, so the
third never stands first.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

Family = Literal["film", "file", "network"]
FAMILY_TITLES: Mapping[Family, str] = {
    "film": "the film",
    "file": "the file",
    "network": "answers of the network",
}


@dataclass(frozen=True)
class DriftFeature:
    """One feature.

    title: in text. unit: of its numbers; "" for a category, whose values have no order. step: the
    smallest difference that matters, in the unit; a move is never measured in less.
    """

    title: str
    family: Family
    unit: str = ""
    step: float = 0.0

    @property
    def is_category(self) -> bool:
        """Whether the values have no order."""
        return not self.unit


ORIENTATION = "upright"  # the novelty measure of that name
SCORE = "prob_finding"
REFUSED = "is_refused"
# Width and height are those of the file; the statistics are taken at 224 px, see `pixel_statistics`
ACQUISITION: Mapping[str, DriftFeature] = {
    "mean": DriftFeature("Brightness", "film", "grey levels", 1.0),
    "contrast": DriftFeature("Contrast", "film", "grey levels", 1.0),
    "sharpness": DriftFeature("Sharpness", "film", "grey levels squared", 1.0),
    "noise": DriftFeature("Noise", "film", "grey levels", 0.05),
    "border": DriftFeature("Brightness of the border", "film", "grey levels", 1.0),
    "black_share": DriftFeature("Share of black pixels", "film", "of the pixels", 0.01),
    "colour": DriftFeature("Colour", "film", "grey levels between channels", 0.5),
    "width": DriftFeature("Width", "film", "px", 1.0),
    "height": DriftFeature("Height", "film", "px", 1.0),
    "aspect": DriftFeature("Width over height", "film", "px per px", 0.01),
    "bytes_per_pixel": DriftFeature("Size of the file", "file", "bytes per px", 0.01),
    "jpeg_quality": DriftFeature("JPEG quality", "file", "steps of libjpeg's scale", 1.0),
    "format": DriftFeature("File format", "file"),
    "mode": DriftFeature("Colour mode", "file"),
    "bit_depth": DriftFeature("Bit depth", "file"),
    "quantisation": DriftFeature("JPEG quantisation table", "file"),
    "is_progressive": DriftFeature("Progressive JPEG", "file"),
    "has_icc_profile": DriftFeature("Colour profile", "file"),
    "has_exif": DriftFeature("EXIF metadata", "file"),
}
# How the network answers; the measures are those of the novelty score
_MEASURES: Mapping[str, DriftFeature] = {
    ORIENTATION: DriftFeature("Orientation", "film", "standard deviations", 0.1),
    "features": DriftFeature("Embedding", "network", "standard deviations", 0.1),
    "levels": DriftFeature("Grey levels of the square", "network", "standard deviations", 0.1),
    "structure": DriftFeature("Structure of the square", "network", "standard deviations", 0.1),
    REFUSED: DriftFeature("Answer refused by the guard", "network"),
}
_NONE = "none"  # level of a category that the file does not have


def drift_features(score_names: Mapping[str, str]) -> dict[str, DriftFeature]:
    """All features that are compared: of the film, of the file, of the answers.

    Args:
        score_names: Column of each score, and its title.
    """
    scores = {
        name: DriftFeature(title, "network", "on the scale from 0 to 1", 0.01)
        for name, title in score_names.items()
    }
    return {**ACQUISITION, **_MEASURES, **scores}


def acquisition_table(facts: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The features of ACQUISITION of some films.

    Args:
        facts: Of each film, by the names of the manifest, with the statistics of its pixels.

    Returns:
        One row per film: float64 with NaN where a number is unknown, text for categories.

    Example:
        >>> facts = {"width": 640, "height": 320, "n_bytes": 20480, "format": "JPEG"}
        >>> acquisition_table([facts])[["aspect", "bytes_per_pixel", "mode"]].values.tolist()
        [[2.0, 0.1, 'none']]
    """
    rows = [dict(one) | _ratios(one) for one in facts]
    columns = {
        name: [_level(row.get(name)) if feature.is_category else _number(row, name) for row in rows]
        for name, feature in ACQUISITION.items()
    }
    return pd.DataFrame(columns)


def _ratios(facts: Mapping[str, Any]) -> dict[str, float]:
    width, height = facts["width"], facts["height"]
    return {"aspect": width / height, "bytes_per_pixel": facts["n_bytes"] / (width * height)}


def _number(row: Mapping[str, Any], name: str) -> float:
    value = row.get(name)
    return math.nan if value is None else float(value)


def _level(value: Any) -> str:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return _NONE
    if isinstance(value, float) and value.is_integer():  # a column with gaps holds floats
        value = int(value)
    return {"True": "yes", "False": "no"}.get(str(value), str(value))
