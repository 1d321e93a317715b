"""Boxes are scored against masks of the lungs, by numbers worked out by hand."""

from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from tasks.core.errors import SourceError
from tasks.resize.lung_score import box_of, iou, score_boxes

FILMS = pd.DataFrame(
    [("test/a.jpeg", 0.0, 0.0, 10.0, 10.0), ("b.jpeg", 0.0, 0.0, 15.0, 10.0)],
    columns=["path", "left", "top", "right", "bottom"],
)


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    for stem, x in (("a", 0), ("b", 5)):
        mask = Image.new("L", (40, 20))
        mask.paste(255, (x, 0, x + 4, 10))  # two lungs with a gap
        mask.paste(255, (x + 6, 2, x + 10, 8))
        mask.save(tmp_path / f"{stem}.png")
    return tmp_path


def test_iou_by_hand() -> None:
    assert iou((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert iou((0, 0, 10, 10), (5, 0, 15, 10)) == 50 / 150
    assert iou((0, 0, 10, 10), (20, 20, 30, 30)) == 0


def test_the_true_box_contains_both_lungs(masks: Path) -> None:
    assert box_of(masks / "b.png") == (5, 0, 15, 10)


def test_boxes_are_scored_by_hand(masks: Path) -> None:
    # a: the same box, 1; b: 10 x 10 of 15 x 10, 2/3
    assert score_boxes(FILMS, masks) == {
        "n_films": 2,
        "mean_iou": 0.8333,
        "share_above": 0.5,
        "iou_above": 0.7,
    }


def test_without_the_folder_of_masks_nothing_is_scored(tmp_path: Path) -> None:
    assert score_boxes(FILMS, tmp_path / "gone") is None


@pytest.mark.parametrize("mask", ["missing", "empty"])
def test_a_film_without_its_mask_is_named(masks: Path, mask: str) -> None:
    (masks / "b.png").unlink()
    if mask == "empty":
        Image.new("L", (40, 20)).save(masks / "b.png")
    with pytest.raises(SourceError, match=r"b\.png"):
        score_boxes(FILMS, masks)
