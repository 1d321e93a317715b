"""The squares that a network wants: from the store if they suit it, else from the films."""

from contextlib import ExitStack
from typing import Any

import numpy as np

from tasks.core.compute.parallel import map_in_order
from tasks.core.film.errors import FilmError
from tasks.core.film.pixel_format import PIXEL_FORMAT
from tasks.core.film.square import square_of_film
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.params import ComputeParams, ResizeParams
from tasks.core.source.source import Source, open_source
from tasks.core.unchanged_film import changed_film, read_unchanged
from tasks.gate.compared_films import ComparedFilms


def squares_for(films: ComparedFilms, resize: ResizeParams, compute: ComputeParams) -> Pixels:
    """Squares of all films, as a network had them in its training.

    Args:
        films: The n films, at least 1.
        resize: Section `resize` of the training of the network.
        compute: Section `compute`; the squares do not depend on it.

    Returns:
        (n, S, S, 1) uint8, aligned with the films.

    Raises:
        LunglineError: The store is damaged, or a film has changed since `ingest` read it.
    """
    store = ImageStore(films.store)
    if _suits(store.settings, resize):
        return store.read(films.films["image_id"].tolist())
    jobs = list(zip(films.films["path"], films.films["image_id"], strict=True))
    squares = map_in_order(
        _square,
        jobs,
        unit="films",
        setup=_open,
        setup_args=(films.source, resize),
        compute=compute.model_copy(update={"dask_scheduler": None}),
    )
    return np.stack(list(squares))[..., np.newaxis]


def _suits(settings: Any, resize: ResizeParams) -> bool:
    made = settings.get("format"), settings.get("params")
    return made == (PIXEL_FORMAT, resize.model_dump())


_source: Source
_resize: ResizeParams
_open_files = ExitStack()


def _open(source: str, resize: ResizeParams) -> None:
    """Open the source in this worker process for `_square`."""
    global _source, _resize  # noqa: PLW0603 - state of a worker process
    _open_files.close()
    _source = _open_files.enter_context(open_source(source))
    _resize = resize


def _square(job: tuple[str, str]) -> Pixels:
    path, image_id = job
    data = read_unchanged(_source, path, image_id)
    try:
        return square_of_film(data, _resize).image
    except FilmError as error:
        raise changed_film(path, str(error)) from error
