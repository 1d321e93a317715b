"""Some films with the part that `resize` shows drawn in, each beside the square made of it."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tasks.core.film.region import Region
from tasks.core.film.square import PixelBox, decode_film
from tasks.core.image_store.store import ImageStore
from tasks.core.source.source import open_source
from tasks.resize.films import read_unchanged

N_FILMS = 12
CELL_PX = 192  # side of the space for a film, and of its square
COLUMNS = 3  # pairs of a film and its square
GAP_PX, HEADING_PX, TEXT_PX = 12, 28, 16
PAIR_PX, LINE_PX = 2 * CELL_PX + 3 * GAP_PX, HEADING_PX + CELL_PX + GAP_PX
PAPER, INK = "#30363b", "#e6e4df"  # white beside a film blinds the eye to its greys
FOUND, NOT_FOUND = "#ff3030", "#ffd000"


@dataclass(frozen=True, eq=False)
class Shown:
    """One film of the picture.

    film: Bytes of its file. heading: Text above it. square: (size_px, size_px) uint8, as the
    networks see it. box: px of the whole film. confidence: Of the box; 0 for the full frame.
    """

    film: bytes
    heading: str
    square: NDArray[np.uint8]
    box: PixelBox
    confidence: float


def choose_films(samples: pd.DataFrame, n_films: int = N_FILMS) -> pd.DataFrame:
    """About `n_films` rows, evenly over the classes: class by class, those with the least ids.

    An id is a digest of the file's bytes: the least ones are a fair draw that no order decides.

    Args:
        samples: Columns `image_id`, `label`.
        n_films: Most films; a class has at least one unless there are more classes than films.
    """
    n_of_class = max(1, n_films // samples["label"].nunique())
    chosen: list[int] = []
    for _, ids in samples.groupby("label")["image_id"]:
        least = heapq.nsmallest(n_of_class, zip(ids, ids.index, strict=True))
        chosen += [row for _, row in least]
    return samples.loc[chosen[:n_films]]


def read_shown(chosen: pd.DataFrame, source: str, store: ImageStore, region: Region) -> list[Shown]:
    """Read the chosen films from the source, their squares and boxes from the store.

    Args:
        chosen: From `choose_films`, with the column `path`.
        source: As `ingest.source`.
        store: The finished image store.
        region: Headings tell the confidence unless it is `none`.

    Raises:
        SourceError: A film is no longer what `ingest` read.
    """
    facts = store.facts(store.rows(chosen["image_id"].tolist()))
    squares = store.read(chosen["image_id"].tolist())[..., 0]
    shown = []
    with open_source(source) as films:
        for number, film in enumerate(chosen.itertuples()):
            left, top, right, bottom = (
                int(facts[name][number]) for name in ("left", "top", "right", "bottom")
            )
            confidence = float(facts["confidence"][number])
            told = "" if region == "none" else f", {_words(confidence)}"
            shown.append(
                Shown(
                    read_unchanged(films, str(film.path), str(film.image_id)),
                    f"{film.label}{told}",
                    squares[number],
                    (left, top, right, bottom),
                    confidence,
                )
            )
    return shown


def draw_picture(shown: Sequence[Shown], region: Region) -> Image.Image:
    """Draw the films, three pairs to a line, under their headings.

    At the left the film in its aspect ratio; a box that was found is red, a full frame for want
    of one yellow, and with region `none` there is none. At the right the square.

    Raises:
        FilmError: Bytes are no whole image.
    """
    n_lines = -(-len(shown) // COLUMNS)
    picture = Image.new("RGB", (COLUMNS * PAIR_PX, n_lines * LINE_PX), PAPER)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(TEXT_PX)
    for number, one in enumerate(shown):
        left, top = GAP_PX + number % COLUMNS * PAIR_PX, number // COLUMNS * LINE_PX
        film, square = _film(one, region), _square(one.square)
        pen.text((left, top + 6), one.heading, INK, font)
        # side by side, the film as close to its square as it gets
        picture.paste(film, (left + CELL_PX - film.width, top + HEADING_PX))
        picture.paste(square, (left + CELL_PX + GAP_PX, top + HEADING_PX))
    return picture


def _words(confidence: float) -> str:
    return f"confidence {confidence:.2f}" if confidence > 0 else "not found"


def _film(one: Shown, region: Region) -> Image.Image:
    decoded = decode_film(one.film, CELL_PX)
    scale = CELL_PX / max(decoded.width, decoded.height)
    size = (max(1, round(decoded.width * scale)), max(1, round(decoded.height * scale)))
    film = decoded.grey.resize(size, Image.Resampling.LANCZOS, box=decoded.whole()).convert("RGB")
    if region != "none":
        colour = FOUND if one.confidence > 0 else NOT_FOUND
        left, top, right, bottom = (edge * scale for edge in one.box)
        edges = (left, top, max(left, right - 1), max(top, bottom - 1))
        ImageDraw.Draw(film).rectangle(edges, outline=colour, width=2)
    return film


def _square(pixels: NDArray[np.uint8]) -> Image.Image:
    """Enlarged by repeating its pixels: no detail shall seem to be there that is not."""
    finer = pixels.shape[0] > CELL_PX
    how = Image.Resampling.LANCZOS if finer else Image.Resampling.NEAREST
    return Image.fromarray(pixels).resize((CELL_PX, CELL_PX), how)
