"""Screen many files: processes prepare them, the network scores batches, a journal keeps it all.

A film that the journal knows is neither decoded nor scored again, and neither is a second copy of
a film in the same batch.
"""

import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from tasks.core.examination.file_names import could_be_image, is_junk
from tasks.core.network.engine import Engine
from tasks.core.network.prepared_film import (
    FilmRules,
    PreparedFilm,
    prepare_film,
    sha256_of,
    unread_film,
)
from tasks.core.network.screened_film import ScreenedFilm
from tasks.core.params import ComputeParams
from tasks.screen.given_films import GivenFile, GivenFilms, open_given
from tasks.screen.journal import Journal

BATCH = 64  # films that are scored, and written to the journal, at once
_FEW = 16  # files that one process has prepared before others have started

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preparation:
    """What a process needs to prepare films: the arguments, the rules, and the journal."""

    locations: tuple[str, ...]
    rules: FilmRules
    journal: Path
    model_sha256: str


def screen_films(
    files: Sequence[GivenFile],
    locations: Sequence[str],
    engine: Engine,
    journal: Journal,
    compute: ComputeParams,
) -> None:
    """Screen files, and write a row for each into the journal.

    Args:
        files: From `GivenFilms.files`.
        locations: The arguments that hold them.
        engine: Of the network.
        journal: Open for writing.
        compute: Section `compute`; the rows do not depend on it.

    Raises:
        ScreeningError: The journal or a place of films cannot be used any more.
    """
    network = engine.network
    setup = Preparation(tuple(locations), network.rules, journal.path, network.sha256)
    prepared = _prepare_all(files, setup, compute)
    new: set[str | None] = set()
    n_known = 0
    while batch := list(islice(prepared, BATCH)):
        journal.add(_answers(batch, engine, journal))
        new.update(one.sha256 for one in batch if one.square is not None)
        n_known += sum(_is_known(one) and one.sha256 not in new for one in batch)
    if n_known:
        logger.info("%d of %d films known from an earlier run", n_known, len(files))


def _is_known(one: PreparedFilm) -> bool:
    return one.square is None and one.reason is None


def _prepare_all(
    files: Sequence[GivenFile], setup: Preparation, compute: ComputeParams
) -> Iterator[PreparedFilm]:
    if len(files) <= _FEW:
        open_preparation(setup)
        return map(prepare_given, files)
    from tasks.core.compute.parallel import map_in_order

    local = compute.model_copy(update={"dask_scheduler": None})  # a cluster lacks the journal
    return map_in_order(
        prepare_given,
        files,
        unit="files",
        setup=open_preparation,
        setup_args=(setup,),
        compute=local,
    )


def _answers(batch: Sequence[PreparedFilm], engine: Engine, journal: Journal) -> list[ScreenedFilm]:
    """A row for each file; bytes that stand in the batch twice are scored once."""
    first = {one.sha256: one for one in batch if one.square is not None}
    unknown = [one for sha, one in first.items() if journal.answer(str(sha)) is None]
    scored = {film.sha256: film for film in engine.judge(unknown)}
    rejected = iter(engine.judge([one for one in batch if one.reason is not None]))
    rows = []
    for one in batch:
        if one.reason is not None:
            rows.append(next(rejected))
        elif one.sha256 in scored:
            rows.append(replace(scored[one.sha256], path=one.path))
        else:
            rows.append(_known(one, journal))
    return rows


def _known(one: PreparedFilm, journal: Journal) -> ScreenedFilm:
    film = journal.answer(str(one.sha256), one.path)
    assert film is not None  # noqa: S101 - the file was prepared, so the journal has its answer
    return film


_given: GivenFilms
_setup: Preparation
_journal: Journal
_open = ExitStack()


def open_preparation(setup: Preparation) -> None:
    """Open the films and the journal in this process, for `prepare_given`."""
    global _given, _setup, _journal  # noqa: PLW0603 - state of a worker process
    _open.close()
    _given = _open.enter_context(open_given(setup.locations))
    _journal = _open.enter_context(Journal(setup.journal, setup.model_sha256, is_writer=False))
    _setup = setup


def prepare_given(file: GivenFile) -> PreparedFilm:
    """Prepare one file; one that the journal knows has neither square nor reason."""
    path = _given.shown_path(file)
    try:
        data = _given.read(file)
    except OSError as error:
        return unread_film(path, error)
    sha256 = sha256_of(data)
    if could_be_image(path) and not is_junk(path) and _journal.answer(sha256) is not None:
        return PreparedFilm(path, sha256)
    return prepare_film(data, path, _setup.rules)
