"""What the networks see of the films: `reports/resize.json` in words, and the picture beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.html.html import Picture, data_uri, percent

CHANCE = 0.5  # of an AUROC
MOST_GAP = 0.05  # between classes in the share of films shown whole; more is said aloud
GEOMETRIES = {
    "stretch": "stretched to fill it",
    "letterbox": "in its own proportions, with black beside it",
    "crop": "in its own proportions, the longer side cut evenly",
}
INTENSITIES = {
    "none": "grey levels stay as the film has them",
    "percentile": "grey levels are spread from the 1st to the 99th percentile of each film",
    "clahe": "contrast is equalised locally",
}
REGIONS = {
    "none": "The whole film",
    "border": "What lies within the dark borders of a film",
    "lungs": "The box around both lung fields",
}


@dataclass(frozen=True)
class Framing:
    """What the section shows.

    sentence: the settings in words. picture: films beside their squares. alt: what is on it.
    regions: by class, with `share_not_found`; empty if whole films are shown.
    warning: what the framing tells of the label, or None.
    lungs: boxes against the phantom's lungs, or None.
    sharpness: one row per question; `is_common` if they have an `after`, `is_no_help` if that is
        no nearer to chance for one of them.
    """

    sentence: str
    picture: Picture
    alt: str
    regions: list[dict[str, Any]]
    warning: str | None
    lungs: Mapping[str, Any] | None
    sharpness: Sequence[Mapping[str, Any]]
    is_common: bool
    is_no_help: bool


def view_framing(resized: Mapping[str, Any], picture: Path) -> Framing:
    """Prepare the section.

    Args:
        resized: Content of `reports/resize.json`.
        picture: `reports/resize.jpg`.
    """
    params = resized["params"]
    regions = []
    if params["region"] != "none":
        regions = [
            {**row, "share_not_found": row["n_not_found"] / row["n_films"]}
            for row in resized["regions"]
        ]
    return Framing(
        sentence=describe(params),
        picture=inline_jpeg(picture),
        alt=_alt(params["region"], [row["class"] for row in resized["regions"]]),
        regions=regions,
        warning=warn_of_framing(regions),
        lungs=resized["lungs"],
        sharpness=resized["sharpness"],
        is_common=params["common_resolution_px"] is not None,
        is_no_help=any(map(tells_no_less, resized["sharpness"])),
    )


def describe(params: Mapping[str, Any]) -> str:
    """The section `resize` of params.yaml as one sentence."""
    size_px, common_px = params["size_px"], params["common_resolution_px"]
    common = "no common resolution comes before it"
    if common_px is not None:
        common = f"every film is first brought down to {common_px} px along its shorter side"
    return (
        f"{REGIONS[params['region']]} becomes a grey square of "
        f"{size_px} \N{MULTIPLICATION SIGN} {size_px} px, {GEOMETRIES[params['geometry']]}; "
        f"{INTENSITIES[params['intensity']]}, and {common}."
    )


def warn_of_framing(regions: Sequence[Mapping[str, Any]]) -> str | None:
    """Words for classes whose films are shown whole unequally often, or None.

    Args:
        regions: By class, with `share_not_found` in [0, 1].
    """
    if not regions:
        return None
    most = max(regions, key=lambda row: float(row["share_not_found"]))
    least = min(regions, key=lambda row: float(row["share_not_found"]))
    if most["share_not_found"] - least["share_not_found"] <= MOST_GAP:
        return None
    return (
        f"The region was not found in {percent(most['share_not_found'])} of the films of "
        f"{most['class']} and in {percent(least['share_not_found'])} of those of "
        f"{least['class']}; such films are shown whole. How a film is framed then tells of its "
        "label, and a network can learn that: compare with a run on whole films."
    )


def tells_no_less(row: Mapping[str, Any]) -> bool:
    """Whether sharpness is as far from chance after the common resolution as before, or farther."""
    if row["after"] is None:
        return False
    before, after = (abs(row[name]["value"] - CHANCE) for name in ("before", "after"))
    return bool(after >= before)


def inline_jpeg(path: Path) -> Picture:
    """Read a JPEG file into a `data:` address."""
    from PIL import Image

    with Image.open(path, formats=("JPEG",)) as image:
        width_px, height_px = image.size
    return Picture(data_uri("image/jpeg", path.read_bytes()), width_px, height_px)


def _alt(region: str, labels: Sequence[str]) -> str:
    boxes = "" if region == "none" else " with the region found drawn in red"
    return f"Some films of {', '.join(labels)}{boxes}, each beside the square that the networks see"
