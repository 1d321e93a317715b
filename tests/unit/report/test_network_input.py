"""Text about the network input, from the numbers of `resize`."""

from typing import Any

import pytest

from tasks.report.network_input import describe_resize, does_not_help, warn_of_region

PARAMS = {
    "size_px": 64,
    "geometry": "stretch",
    "intensity": "none",
    "region": "none",
    "common_resolution_px": None,
}


def regions(**not_found: float) -> list[dict[str, Any]]:
    return [{"class": name, "share_not_found": share} for name, share in not_found.items()]


def test_settings_are_described_in_words() -> None:
    assert describe_resize(PARAMS) == (
        "The whole film becomes a grey square of 64 \N{MULTIPLICATION SIGN} 64 px, stretched to "
        "fill the square; grey levels are unchanged. No common resolution is set."
    )
    others = {
        "geometry": "letterbox",
        "intensity": "clahe",
        "region": "lungs",
        "common_resolution_px": 48,
    }
    assert describe_resize(PARAMS | others) == (
        "The box around both lungs becomes a grey square of 64 \N{MULTIPLICATION SIGN} 64 px, "
        "with its own proportions and black bars; local contrast is equalised (CLAHE). First, "
        "every film is reduced to 48 px along its shorter side."
    )


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("geometry", ("stretch", "letterbox", "crop")),
        ("intensity", ("none", "percentile", "clahe")),
        ("region", ("none", "border", "lungs")),
    ],
)
def test_every_choice_has_its_own_description(name: str, choices: tuple[str, ...]) -> None:
    assert len({describe_resize(PARAMS | {name: choice}) for choice in choices}) == len(choices)


def test_gap_of_more_than_5_points_is_reported() -> None:
    # 0.185 - 0.025 = 16 points between the outer two
    text = warn_of_region(regions(NORMAL=0.025, COVID=0.03, PNEUMONIA=0.185))
    assert text is not None
    assert "18 % of the PNEUMONIA films and in 2 % of the NORMAL films" in text


def test_smaller_gap_is_not_reported() -> None:
    assert warn_of_region(regions(NORMAL=0.25, PNEUMONIA=0.30)) is None
    assert warn_of_region([]) is None


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(0.81, 0.55, False), (0.81, 0.30, False), (0.44, 0.39, True), (0.75, 0.25, True)],
)
def test_auroc_farther_from_chance_on_either_side_is_no_help(
    before: float, after: float, expected: bool
) -> None:
    # 0.31 to 0.05, 0.31 to 0.20, 0.06 to 0.11, 0.25 to 0.25
    row = {"before": {"value": before}, "after": {"value": after}}
    assert does_not_help(row) is expected


def test_without_a_common_resolution_nothing_is_reported() -> None:
    assert not does_not_help({"before": {"value": 0.8}, "after": None})
