"""Describe what the networks see of the films: the settings of `resize` and their effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.html.inline_pictures import Picture, inline_jpeg
from tasks.core.html.number_format import format_percent

_CHANCE = 0.5  # AUROC of a statistic that says nothing
_MOST_GAP = 0.05  # difference of classes in the share of films without a region; more is reported
_GEOMETRIES = {
    "stretch": "stretched to fill the square",
    "letterbox": "with its own proportions and black bars",
    "crop": "with its own proportions, both ends of the longer side cut off",
}
_INTENSITIES = {
    "none": "grey levels are unchanged",
    "percentile": "grey levels are scaled from the 1st to the 99th percentile of each film",
    "clahe": "local contrast is equalised (CLAHE)",
}
_REGIONS = {
    "none": "The whole film",
    "border": "The part of a film within its dark borders",
    "lungs": "The box around both lungs",
}


@dataclass(frozen=True)
class NetworkInputView:
    """Content of the section.

    settings: settings of `resize` as a sentence. picture, alt: films beside their squares.
    regions: one row per class, with `share_not_found`; empty if whole films are shown.
    warning: how the region depends on the label; None if it does not.
    lungs: overlap of the boxes with the true lungs of the phantom, or None.
    sharpness: one row per comparison of classes. has_common: whether the rows have an `after`.
    is_no_help: whether a comparison is no closer to chance after the common resolution.
    """

    settings: str
    picture: Picture
    alt: str
    regions: list[dict[str, Any]]
    warning: str | None
    lungs: Mapping[str, Any] | None
    sharpness: Sequence[Mapping[str, Any]]
    has_common: bool
    is_no_help: bool


def view_network_input(resized: Mapping[str, Any], picture: Path) -> NetworkInputView:
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
    return NetworkInputView(
        settings=describe_resize(params),
        picture=inline_jpeg(picture),
        alt=_alt_text(params["region"], [row["class"] for row in resized["regions"]]),
        regions=regions,
        warning=warn_of_region(regions),
        lungs=resized["lungs"],
        sharpness=resized["sharpness"],
        has_common=params["common_resolution_px"] is not None,
        is_no_help=any(map(does_not_help, resized["sharpness"])),
    )


def describe_resize(params: Mapping[str, Any]) -> str:
    """Describe the section `resize` of params.yaml in words."""
    size_px, common_px = params["size_px"], params["common_resolution_px"]
    common = "No common resolution is set."
    if common_px is not None:
        common = f"First, every film is reduced to {common_px} px along its shorter side."
    return (
        f"{_REGIONS[params['region']]} becomes a grey square of "
        f"{size_px} \N{MULTIPLICATION SIGN} {size_px} px, {_GEOMETRIES[params['geometry']]}; "
        f"{_INTENSITIES[params['intensity']]}. {common}"
    )


def warn_of_region(regions: Sequence[Mapping[str, Any]]) -> str | None:
    """Text for a region that is not found equally often in all classes, or None.

    Args:
        regions: One row per class, with `share_not_found` in [0, 1].
    """
    if not regions:
        return None
    most = max(regions, key=lambda row: float(row["share_not_found"]))
    least = min(regions, key=lambda row: float(row["share_not_found"]))
    if most["share_not_found"] - least["share_not_found"] <= _MOST_GAP:
        return None
    return (
        f"The region was not found in {format_percent(most['share_not_found'])} of the "
        f"{most['class']} films and in {format_percent(least['share_not_found'])} of the "
        f"{least['class']} films. These films are shown whole. A network can learn the label from "
        "this difference. Compare with a run on whole films: set resize.region to none."
    )


def does_not_help(row: Mapping[str, Any]) -> bool:
    """Whether the AUROC is as far from chance after the common resolution as before, or farther."""
    if row["after"] is None:
        return False
    before, after = (abs(row[name]["value"] - _CHANCE) for name in ("before", "after"))
    return bool(after >= before)


def _alt_text(region: str, labels: Sequence[str]) -> str:
    boxes = "" if region == "none" else " with the region in red"
    return f"Some films of {', '.join(labels)}{boxes}, each beside its square"
