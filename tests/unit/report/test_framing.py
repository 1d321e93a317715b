"""What the report says of the images, from the figures of `resize`."""

from typing import Any

import pytest

from tasks.report.framing import describe, tells_no_less, warn_of_framing

PARAMS = {
    "size_px": 64,
    "geometry": "stretch",
    "intensity": "none",
    "region": "none",
    "common_resolution_px": None,
}


def regions(**not_found: float) -> list[dict[str, Any]]:
    return [{"class": name, "share_not_found": share} for name, share in not_found.items()]


def test_the_settings_are_one_sentence() -> None:
    assert describe(PARAMS) == (
        "The whole film becomes a grey square of 64 \N{MULTIPLICATION SIGN} 64 px, stretched to "
        "fill it; grey levels stay as the film has them, and no common resolution comes before it."
    )
    others = {
        "geometry": "letterbox",
        "intensity": "clahe",
        "region": "lungs",
        "common_resolution_px": 48,
    }
    assert describe(PARAMS | others) == (
        "The box around both lung fields becomes a grey square of 64 \N{MULTIPLICATION SIGN} 64 "
        "px, in its own proportions, with black beside it; contrast is equalised locally, and "
        "every film is first brought down to 48 px along its shorter side."
    )


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("geometry", ("stretch", "letterbox", "crop")),
        ("intensity", ("none", "percentile", "clahe")),
        ("region", ("none", "border", "lungs")),
    ],
)
def test_every_choice_has_words_of_its_own(name: str, choices: tuple[str, ...]) -> None:
    assert len({describe(PARAMS | {name: choice}) for choice in choices}) == len(choices)


def test_a_gap_of_more_than_5_points_is_said_aloud() -> None:
    # 0.185 - 0.025 = 16 points between the outer two
    said = warn_of_framing(regions(NORMAL=0.025, COVID=0.03, PNEUMONIA=0.185))
    assert said is not None
    assert "18 % of the films of PNEUMONIA and in 2 % of those of NORMAL" in said


def test_a_smaller_gap_is_not() -> None:
    assert warn_of_framing(regions(NORMAL=0.25, PNEUMONIA=0.30)) is None
    assert warn_of_framing([]) is None


@pytest.mark.parametrize(
    ("before", "after", "no_less"),
    [(0.81, 0.55, False), (0.81, 0.30, False), (0.44, 0.39, True), (0.75, 0.25, True)],
)
def test_farther_from_chance_on_either_side_is_no_help(
    before: float, after: float, no_less: bool
) -> None:
    # 0.31 to 0.05, 0.31 to 0.20, 0.06 to 0.11, 0.25 to 0.25
    row = {"before": {"value": before}, "after": {"value": after}}
    assert tells_no_less(row) is no_less


def test_without_a_common_resolution_there_is_no_help_to_judge() -> None:
    assert not tells_no_less({"before": {"value": 0.8}, "after": None})
