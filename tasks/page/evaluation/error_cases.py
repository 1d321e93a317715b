"""The error book as the page shows it: each wrong film beside the nearest training films."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tasks.core.html.inline_pictures import Picture, data_uri
from tasks.core.html.number_format import format_number
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.page.evaluation.statement import Finding

MOST_CASES = 48  # keeps the page near 1 MB; the rest is counted
MOST_NEIGHBOURS = 3
LONGEST_SIDE_PX = 160  # of a picture on the page
SQUARE_QUALITY = 90  # no loss to be seen at this size; a quarter of the bytes of a PNG
_KIND_WORDS = {"FN": "missed", "FP": "false alarm", "class": "wrong class"}
_AGREEMENT = {
    "call": "Most of the nearest training films are of the side that it was called.",
    "label": "Most of the nearest training films are of its own side.",
    "neither": "The nearest training films do not agree.",
}


@dataclass(frozen=True)
class CasePicture:
    """A film with its caption. alt: the caption for readers who do not see the picture."""

    picture: Picture
    alt: str
    caption: str


@dataclass(frozen=True)
class ErrorCase:
    """One wrong call.

    facts: label, call, probability, and what the nearest films say. neighbours: the nearest first.
    """

    path: str
    facts: str
    film: CasePicture
    neighbours: Sequence[CasePicture]


def view_errors(errors: Finding, store: Path) -> list[ErrorCase]:
    """The first errors of the error book with their pictures.

    Args:
        errors: Content of `reports/<model>/errors.json`; the surest errors are first.
        store: Folder of the squares.
    """
    shown = errors["errors"][:MOST_CASES]
    ids = sorted({one["image_id"] for case in shown for one in (case, *_nearest(case))})
    squares = dict(zip(ids, ImageStore(store).read(ids), strict=True)) if ids else {}
    return [_view_case(case, squares) for case in shown]


def _nearest(case: Finding) -> Sequence[Finding]:
    nearest: Sequence[Finding] = case["nearest"]
    return nearest[:MOST_NEIGHBOURS]


def _view_case(case: Finding, squares: dict[str, Pixels]) -> ErrorCase:
    word = _KIND_WORDS[case["kind"]]
    neighbours = [
        CasePicture(
            inline_square(squares[one["image_id"]]),
            f"Training film near {case['path']}, label {one['label']}",
            f"{one['label']}, distance {format_number(one['distance'])}",
        )
        for one in _nearest(case)
    ]
    film = CasePicture(
        inline_square(squares[case["image_id"]]),
        f"Test film {case['path']}, {word}",
        f"test film, {word}",
    )
    return ErrorCase(case["path"], _facts(case), film, neighbours)


def _facts(case: Finding) -> str:
    sureness = format_number(case["sureness"], 3)
    return (
        f"Label {case['label']}, called {case['called_class']} "
        f"(probability of {case['called_class']}: {sureness}). "
        f"{_AGREEMENT[case['neighbours_agree_with']]}"
    )


def inline_square(square: Pixels) -> Picture:
    """A square (H, W, 1) uint8 as a JPEG inside the page, not larger than 160 px."""
    image = Image.fromarray(square[..., 0])
    image.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.BOX)
    content = io.BytesIO()
    image.save(content, format="JPEG", quality=SQUARE_QUALITY)
    return Picture(data_uri("image/jpeg", content.getvalue()), image.width, image.height)
