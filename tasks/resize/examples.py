"""Draw some films with their region, each beside the square made of it."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from PIL import Image, ImageDraw, ImageFont

from tasks.core.film.region import Region
from tasks.core.film.square import PixelBox, decode_film
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.source.source import open_source
from tasks.core.unchanged_film import read_unchanged

FILM_SIDE_PX = 192  # largest side of a drawn film, and side of its square
PAIRS_PER_LINE = 3  # a pair is a film and its square
MARGIN_PX, LABEL_PX = 12, 28
PAIR_PX = 2 * FILM_SIDE_PX + 3 * MARGIN_PX
LINE_PX = LABEL_PX + FILM_SIDE_PX + MARGIN_PX
_N_EXAMPLES = 12
_TEXT_PX = 16
_PAPER, _INK = "#30363b", "#e6e4df"  # beside white paper the eye does not see the dark greys
_FOUND_COLOUR, _NOT_FOUND_COLOUR = "#ff3030", "#ffd000"


@dataclass(frozen=True, eq=False)
class ExampleFilm:
    """One film of the picture.

    film: bytes of the file.
    label: text above the film.
    square: (size_px, size_px) uint8, as the networks see it.
    box: region in px of the whole film.
    confidence: of the region; 0 if it was not found and the box is the full frame.
    """

    film: bytes
    label: str
    square: Pixels
    box: PixelBox
    confidence: float


def choose_examples(samples: pd.DataFrame, n_films: int = _N_EXAMPLES) -> pd.DataFrame:
    """Choose about `n_films` rows, equally many per class: those with the smallest image ids.

    An image id is a hash of the bytes, so this choice is random but always the same.

    Args:
        samples: Columns `image_id`, `label`.
        n_films: Largest number of films. Each class has at least one, unless there are more
            classes than films.
    """
    n_of_class = max(1, n_films // samples["label"].nunique())
    chosen: list[int] = []
    for _, ids in samples.groupby("label")["image_id"]:
        smallest = heapq.nsmallest(n_of_class, zip(ids, ids.index, strict=True))
        chosen += [row for _, row in smallest]
    return samples.loc[chosen[:n_films]]


def read_examples(
    chosen: pd.DataFrame, source: str, store: ImageStore, region: Region
) -> list[ExampleFilm]:
    """Read the chosen films from the source, and their squares and boxes from the store.

    Args:
        chosen: Rows from `choose_examples`, with the column `path`.
        source: Folder, zip or URL, as `ingest.source`.
        store: Finished image store.
        region: Section `resize`, key `region`. Labels state the confidence unless it is `none`.

    Raises:
        SourceError: A film has changed since `ingest` read it.
    """
    facts = store.facts(store.rows(chosen["image_id"].tolist()))
    squares = store.read(chosen["image_id"].tolist())[..., 0]
    examples = []
    with open_source(source) as films:
        for number, film in enumerate(chosen.itertuples()):
            left, top, right, bottom = (
                int(facts[name][number]) for name in ("left", "top", "right", "bottom")
            )
            confidence = float(facts["confidence"][number])
            addition = "" if region == "none" else f", {_words(confidence)}"
            examples.append(
                ExampleFilm(
                    film=read_unchanged(films, str(film.path), str(film.image_id)),
                    label=f"{film.label}{addition}",
                    square=squares[number],
                    box=(left, top, right, bottom),
                    confidence=confidence,
                )
            )
    return examples


def draw_examples(examples: Sequence[ExampleFilm], region: Region) -> Image.Image:
    """Draw the films in lines of three pairs, each pair under its label.

    The film is on the left, in its own aspect ratio, and its square on the right. The box is red
    if the region was found and yellow if not. With region `none` there is no box.

    Raises:
        FilmError: A film is not a complete image file.
    """
    n_lines = -(-len(examples) // PAIRS_PER_LINE)
    picture = Image.new("RGB", (PAIRS_PER_LINE * PAIR_PX, n_lines * LINE_PX), _PAPER)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(_TEXT_PX)
    for number, example in enumerate(examples):
        line, column = divmod(number, PAIRS_PER_LINE)
        left, top = MARGIN_PX + column * PAIR_PX, line * LINE_PX
        film, square = _film(example, region), _square(example.square)
        pen.text((left, top + 6), example.label, _INK, font)
        # a narrow film is drawn at the right end of its space, next to the square
        picture.paste(film, (left + FILM_SIDE_PX - film.width, top + LABEL_PX))
        picture.paste(square, (left + FILM_SIDE_PX + MARGIN_PX, top + LABEL_PX))
    return picture


def _words(confidence: float) -> str:
    return f"confidence {confidence:.2f}" if confidence > 0 else "not found"


def _film(example: ExampleFilm, region: Region) -> Image.Image:
    decoded = decode_film(example.film, FILM_SIDE_PX)
    scale = FILM_SIDE_PX / max(decoded.width, decoded.height)
    size = (max(1, round(decoded.width * scale)), max(1, round(decoded.height * scale)))
    film = decoded.grey.resize(size, Image.Resampling.LANCZOS, box=decoded.whole()).convert("RGB")
    if region != "none":
        colour = _FOUND_COLOUR if example.confidence > 0 else _NOT_FOUND_COLOUR
        left, top, right, bottom = (edge * scale for edge in example.box)
        edges = (left, top, max(left, right - 1), max(top, bottom - 1))
        ImageDraw.Draw(film).rectangle(edges, outline=colour, width=2)
    return film


def _square(pixels: Pixels) -> Image.Image:
    """Enlarge a square by repeating its pixels, or reduce one that is too large."""
    is_larger = pixels.shape[0] > FILM_SIDE_PX
    how = Image.Resampling.LANCZOS if is_larger else Image.Resampling.NEAREST
    return Image.fromarray(pixels).resize((FILM_SIDE_PX, FILM_SIDE_PX), how)
