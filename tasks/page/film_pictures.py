"""Pictures of the test films inside the page, as large as the size of the page allows."""

import base64
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tasks.core.html.inline_pictures import data_uri, opened_picture, whole_jpeg
from tasks.core.image_store.store import Pixels
from tasks.page.page_inputs import JsonObject

# Characters of base64 text; a page of 15 MB passes most mail gateways, and has other parts too
FILM_CHARACTERS = 7_500_000
SQUARE_CHARACTERS = 1_500_000
# Shorter side in px and quality of WebP, the largest first
_FILM_STEPS = ((384, 72), (320, 70), (256, 68), (192, 64), (160, 60), (128, 56), (96, 50), (64, 40))
_SQUARE_STEPS = ((64, 60), (48, 55), (32, 50), (24, 40))
_N_TRIED = 24  # films from which the size of all films is estimated
_OVERLAY_QUALITY = 70
_EFFORT = 2  # of 6; more gains 3 % of the bytes for twice the time

Reduced = Callable[[int, int], str]  # picture with the given shorter side and quality, as base64


@dataclass(frozen=True)
class FilmPictures:
    """Addresses of pictures inside the page.

    uris: `data:` address by image_id; films without room have none.
    reduced_px: shorter side of the films that are not explained; None if all stand as they are.
    """

    uris: Mapping[str, str]
    reduced_px: int | None


def inline_films(
    folder: Path, films: Sequence[JsonObject], explained: Collection[str], most: int
) -> FilmPictures:
    """Put films into a page of limited size. Equal films give equal text.

    Explained films keep their size if they fill at most half of the room. The others are all
    reduced by the same step, the first that fits. Films that do not fit even so, the last ones by
    image_id, have no picture.

    Args:
        folder: Folder of the JPEG files, `data/films`.
        films: Entries of `films.json`: `image_id` and `file`.
        explained: image_id of the explained films.
        most: Characters that all pictures may take.

    Raises:
        PictureError: A film is damaged.
    """
    whole = {film["image_id"]: folder / film["file"] for film in films}
    n_characters = {name: 4 * path.stat().st_size / 3 for name, path in whole.items()}
    if sum(n_characters.values()) <= most:
        return FilmPictures({name: _as_it_is(path) for name, path in whole.items()}, None)
    kept = sorted(name for name in whole if name in explained)
    if sum(n_characters[name] for name in kept) > most / 2:
        kept = []
    uris = {name: _as_it_is(whole[name]) for name in kept}
    others = sorted(name for name in whole if name not in uris)
    room = most - sum(map(len, uris.values()))
    texts, side_px = reduce_to_fit(
        [_film_reducer(whole[name]) for name in others], _FILM_STEPS, room
    )
    reduced = {name: _webp_uri(text) for name, text in zip(others, texts, strict=True) if text}
    return FilmPictures(uris | reduced, side_px)


def reduce_to_fit(
    pictures: Sequence[Reduced], steps: Sequence[tuple[int, int]], most: int
) -> tuple[list[str], int]:
    """Reduce all pictures by the first step by which they fit.

    Args:
        pictures: Each reduces one picture.
        steps: Shorter side in px and quality, the largest first.
        most: Characters that all pictures may take.

    Returns:
        Base64 text of each picture, empty where even the last step leaves no room; and the side.
    """
    tried = pictures[:: max(1, len(pictures) // _N_TRIED)]
    for step in steps[:-1]:
        mean = np.mean([len(picture(*step)) for picture in tried]) if tried else 0.0
        if mean * len(pictures) <= most:
            texts = [picture(*step) for picture in pictures]
            if sum(map(len, texts)) <= most:
                return texts, step[0]
    texts = [picture(*steps[-1]) for picture in pictures]
    ends = np.cumsum([len(text) for text in texts])
    kept = [text if end <= most else "" for text, end in zip(texts, ends, strict=True)]
    return kept, steps[-1][0]


def inline_squares(squares: Mapping[str, Pixels]) -> dict[str, str]:
    """Base64 text of a WebP picture of each square (H, W, 1) uint8, reduced to fit the page."""
    names = sorted(squares)
    reducers = [_square_reducer(squares[name]) for name in names]
    return dict(
        zip(names, reduce_to_fit(reducers, _SQUARE_STEPS, SQUARE_CHARACTERS)[0], strict=True)
    )


def inline_overlay(path: Path) -> str:
    """`data:` address of a PNG picture in fewer bytes.

    Raises:
        PictureError: The file is damaged.
    """
    with opened_picture(path, "PNG") as image:
        return _webp_uri(_webp(image.convert("RGB"), _OVERLAY_QUALITY))


def _film_reducer(path: Path) -> Reduced:
    def reduce(side_px: int, quality: int) -> str:
        with opened_picture(path, "JPEG") as image:
            size = _size_with_side(image.size, side_px)
            image.draft("L", size)  # the decoder skips what the small picture does not need
            return _webp(image.convert("L").resize(size, Image.Resampling.LANCZOS), quality)

    return reduce


def _square_reducer(square: Pixels) -> Reduced:
    def reduce(side_px: int, quality: int) -> str:
        image = Image.fromarray(square[..., 0])
        image = image.resize(_size_with_side(image.size, side_px), Image.Resampling.BOX)
        return _webp(image, quality)

    return reduce


def _size_with_side(size: tuple[int, int], side_px: int) -> tuple[int, int]:
    """Width and height with the given shorter side; a smaller picture stays as it is."""
    share = min(1.0, side_px / min(size))
    return max(1, round(size[0] * share)), max(1, round(size[1] * share))


def _webp(image: Image.Image, quality: int) -> str:
    content = io.BytesIO()
    image.save(content, format="WEBP", quality=quality, method=_EFFORT)
    return base64.b64encode(content.getvalue()).decode("ascii")


def _webp_uri(text: str) -> str:
    return f"data:image/webp;base64,{text}"


def _as_it_is(path: Path) -> str:
    return data_uri("image/jpeg", whole_jpeg(path))
