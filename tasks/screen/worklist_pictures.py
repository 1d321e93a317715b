"""Pictures and heat of the most urgent films, for the page."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tasks.core.compute.progress import Progress
from tasks.core.film.errors import FilmError
from tasks.core.film.square import square_of_film
from tasks.core.network.prepared_film import sha256_of
from tasks.core.network.screened_film import ScreenedFilm
from tasks.screen.film_picture import DrawnFilm, draw_film, draw_heat, heat_limit
from tasks.screen.given_films import GivenFile, GivenFilms
from tasks.screen.journal import Journal
from tasks.screen.worklist_page import ShownPictures

if TYPE_CHECKING:
    from tasks.core.network.onnx_network import OnnxNetwork

MAX_HEATS = 3  # of one film; more are not compared by eye

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Picture:
    """A drawn film and its heat by class; without heat if the network gives no answer."""

    drawn: DrawnFilm
    heats: Mapping[str, NDArray[np.float32]]


def draw_pictures(
    films: Sequence[ScreenedFilm], given: GivenFilms, network: "OnnxNetwork", journal: Journal
) -> dict[str, ShownPictures]:
    """Draw films with what speaks for each finding. The heat of all films has one scale.

    A film that has changed since it was scored has no picture, and neither has a file that cannot
    be drawn.

    Args:
        films: The films to draw, from `given`.
        given: Open.
        network: That scored them.
        journal: Keeps the heat for later runs.

    Returns:
        Pictures by sha256.
    """
    if films:
        logger.info("drawing heat maps of %d films", len(films))
    found = dict(_pictures(films, given, network, journal))
    limit = heat_limit(heat for picture in found.values() for heat in picture.heats.values())
    return {sha256: _shown(picture, limit) for sha256, picture in found.items()}


def _pictures(
    films: Sequence[ScreenedFilm], given: GivenFilms, network: "OnnxNetwork", journal: Journal
) -> Iterator[tuple[str, _Picture]]:
    wanted = {film.path for film in films}
    files = {path: file for file in given.files() if (path := given.shown_path(file)) in wanted}
    with Progress(len(films), unit="films", label="heat maps") as progress:
        for film in films:
            file = files.get(film.path)
            picture = None if file is None else _read_picture(film, file, given, network, journal)
            if picture is not None:
                yield str(film.sha256), picture
            progress.advance()


def _read_picture(
    film: ScreenedFilm,
    file: GivenFile,
    given: GivenFilms,
    network: "OnnxNetwork",
    journal: Journal,
) -> _Picture | None:
    try:
        data = given.read(file)
        return _picture(data, film, network, journal) if sha256_of(data) == film.sha256 else None
    except (OSError, FilmError):
        return None  # the row says why, or the file is gone since


def _picture(data: bytes, film: ScreenedFilm, network: "OnnxNetwork", journal: Journal) -> _Picture:
    if film.status == "rejected":
        return _Picture(draw_film(data, None, network.resize), {})
    square = square_of_film(data, network.resize)
    drawn = draw_film(data, square.box, network.resize)
    if not film.probabilities:
        return _Picture(drawn, {})
    heats = journal.heats(str(film.sha256))
    if heats is None:
        heats = network.heats(square.image)
        journal.keep_heats(str(film.sha256), heats)
    return _Picture(drawn, {name: heats[index] for name, index in _findings(film, network)})


def _findings(film: ScreenedFilm, network: "OnnxNetwork") -> list[tuple[str, int]]:
    """The most probable findings: name and number of the class."""
    negative = network.decision.negative_class
    named = [(name, index) for index, name in enumerate(network.classes) if name != negative]
    return sorted(named, key=lambda one: -film.probabilities[one[0]])[:MAX_HEATS]


def _shown(picture: _Picture, limit: float) -> ShownPictures:
    drawn = picture.drawn
    heats = {name: draw_heat(heat, limit, drawn) for name, heat in picture.heats.items()}
    return ShownPictures(drawn.thumbnail, drawn.film, heats, limit)
