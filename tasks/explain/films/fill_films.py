"""Write the folder `data/films`: every test film, large, and its fields in the square's frame.

Films that an earlier run drew with the same settings are reused. The bytes of the folder are the
same as if all had been drawn.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core import paths
from tasks.core.atomic import atomic_path, write_json
from tasks.core.compute.parallel import map_in_order
from tasks.core.film.errors import FilmError
from tasks.core.film.square import PixelBox
from tasks.core.params import ComputeParams, ResizeParams
from tasks.core.source.source import Source, open_source
from tasks.core.source.synthetic import is_synthetic
from tasks.core.unchanged_film import changed_film, read_unchanged
from tasks.explain.films.former_films import FormerFilms, StoredFilm, jpeg_digest
from tasks.explain.films.large_film import LargeFilm, draw_large_film
from tasks.explain.films.true_fields import true_fields_of

# Raise it if the code draws other pixels or fields of the same film
LARGE_FILM_FORMAT = 1
_LIBRARIES = ("pillow", "pydicom", "scipy")  # another release may change pixels

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class WantedFilm:
    """A film to draw. region: found by `resize`, px of the whole film."""

    image_id: str
    path: str
    region: PixelBox


@dataclass(frozen=True)
class FilmSettings:
    """What a drawn film depends on beside the film itself. has_truth: its masks are read."""

    source: str
    resize: ResizeParams
    film_px: int
    has_truth: bool

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values; the place of the source does not matter."""
        return {
            "format": LARGE_FILM_FORMAT,
            "film_px": self.film_px,
            "resize": self.resize.model_dump(),
            "libraries": {name: version(name) for name in _LIBRARIES},
        }


def write_films(
    films: Sequence[WantedFilm],
    source: str,
    resize: ResizeParams,
    film_px: int,
    folder: Path,
    compute: ComputeParams,
) -> None:
    """Draw films and write the folder. It appears only when it is complete.

    Args:
        films: In the order of the folder.
        source: Folder, zip or URL, as `ingest.source`.
        resize: Section `resize`.
        film_px: Shorter side of the drawn films.
        folder: Folder to write. Its films are reused if they have the same settings.
        compute: Section `compute`. The bytes do not depend on it.

    Raises:
        SourceError: A film has changed since `ingest` read it, or a mask is missing.
    """
    with open_source(source) as opened:
        synthetic = is_synthetic(opened.paths())
    masks = (paths.true_lungs(source), paths.true_opacities(source))
    has_truth = synthetic and all(mask.is_dir() for mask in masks)
    settings = FilmSettings(source, resize, film_px, has_truth)
    former = {} if has_truth else _former(films, folder, settings)
    drawn = _draw([film for film in films if film.image_id not in former], settings, compute)
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        stored = (former.get(film.image_id) or next(drawn) for film in films)
        entries = _write_each(temporary, stored, resize.size_px, has_truth=has_truth)
        listed = {
            "film_px": film_px,
            "is_synthetic": synthetic,
            "has_truth": has_truth,
            "settings": settings.as_json(),
            "films": entries,
        }
        write_json(temporary / paths.films_json().name, listed)
    n_drawn = len(films) - len(former)
    logger.info("%d test films: %d drawn, %d reused", len(films), n_drawn, len(former))


def _former(
    films: Sequence[WantedFilm], folder: Path, settings: FilmSettings
) -> dict[str, StoredFilm]:
    known = FormerFilms(folder, settings.as_json())
    found = {film.image_id: known.find(film.image_id) for film in films}
    return {image_id: film for image_id, film in found.items() if film is not None}


def _write_each(
    folder: Path, films: Iterator[StoredFilm], size_px: int, *, has_truth: bool
) -> list[dict[str, Any]]:
    """Write the files of the films and their fields; return their entries."""
    entries, lungs, opacities = [], [], []
    for film in films:
        (folder / film.entry["file"]).write_bytes(film.jpeg)
        entries.append(film.entry)
        lungs.append(film.lungs)
        opacities.append(film.opacities)
    shape = (len(entries), size_px, size_px)
    fields = {"lungs": np.array(lungs, dtype=bool).reshape(shape)}
    if has_truth:
        fields["opacities"] = np.array(opacities, dtype=bool).reshape(shape)
    with (folder / paths.film_fields().name).open("wb") as file:
        np.savez_compressed(file, **fields)  # type: ignore[arg-type] # a keyword is no flag
    return entries


def _draw(
    films: Sequence[WantedFilm], settings: FilmSettings, compute: ComputeParams
) -> Iterator[StoredFilm]:
    """Draw films in order. Without films no worker starts."""
    if not films:
        return iter(())
    return map_in_order(
        _stored_film, films, unit="films", setup=_open, setup_args=(settings,), compute=compute
    )


_source: Source
_settings: FilmSettings
_open_files = ExitStack()


def _open(settings: FilmSettings) -> None:
    """Open the source in this worker process for `_stored_film`."""
    global _source, _settings  # noqa: PLW0603 - state of a worker process
    _open_files.close()  # a worker of a cluster may still have the source of an earlier stage open
    _source = _open_files.enter_context(open_source(settings.source))
    _settings = settings


def _stored_film(wanted: WantedFilm) -> StoredFilm:
    data = read_unchanged(_source, wanted.path, wanted.image_id)
    truth = None
    if _settings.has_truth:
        masks = (paths.true_lungs(_settings.source), paths.true_opacities(_settings.source))
        truth = true_fields_of(wanted.path, *masks)
    try:
        film = draw_large_film(data, wanted.region, _settings.resize, _settings.film_px, truth)
    except FilmError as error:
        raise changed_film(wanted.path, str(error)) from error
    return StoredFilm(_entry(wanted.image_id, film), film.jpeg, film.lungs, film.opacities)


def _entry(image_id: str, film: LargeFilm) -> dict[str, Any]:
    return {
        "image_id": image_id,
        "file": f"{image_id}.jpg",
        "width": film.width,
        "height": film.height,
        "shown_width": film.shown[0],
        "shown_height": film.shown[1],
        "box": list(film.place.box),
        "square_box": list(film.place.square_box),
        "lung_confidence": film.lung_confidence,
        "sha256": jpeg_digest(film.jpeg),
    }
