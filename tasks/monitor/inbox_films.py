"""Read the films of an inbox, each once: the facts of the file, its statistics, and its square.

They come from the same examination as in `ingest`, and the same code of the square as in `resize`.
"""

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tasks.core.compute.parallel import map_in_order
from tasks.core.errors import LunglineError, SourceError
from tasks.core.examination.examine_bytes import examine_bytes
from tasks.core.examination.failure_text import read_failure, safe_detail
from tasks.core.film.errors import FilmError
from tasks.core.film.pixel_statistics import pixel_statistics
from tasks.core.film.square import square_of_film
from tasks.core.image_store.store import Pixels
from tasks.core.network.prepared_film import FilmRules, kind_of_junk
from tasks.core.params import ComputeParams
from tasks.core.source.folder import FolderSource

_FEW = 16  # files that one process has read before others have started


class InboxError(LunglineError):
    """The folder of new films cannot be read, or holds no file."""


@dataclass(frozen=True, eq=False)
class InboxFilm:
    """One file of an inbox.

    path: relative to the inbox. sha256: of its bytes, hex; None if it cannot be read.
    facts: columns of the manifest with the statistics of the pixels; empty if it is rejected.
    square: (S, S) uint8, as the network sees it; None if it is rejected, for `reason` and `detail`.
    """

    path: str
    sha256: str | None
    facts: dict[str, Any] = field(default_factory=dict)
    square: Pixels | None = None
    reason: str | None = None
    detail: str | None = None

    @property
    def is_junk(self) -> bool:
        """Whether name and content are those of a file of the operating system."""
        return self.reason == "junk" and self.detail is None


@dataclass(frozen=True)
class ReadingRules:
    """How the films are read: their folder, and how the network wants them."""

    folder: Path
    films: FilmRules


def inbox_paths(folder: Path) -> list[str]:
    """Paths of all files below a folder, sorted.

    Raises:
        InboxError: The folder is missing, cannot be listed, or holds no file.
    """
    try:
        if not folder.is_dir():
            code = errno.ENOTDIR if folder.exists() else errno.ENOENT
            raise _no_inbox(folder, "no folder" if code == errno.ENOTDIR else "no such folder")
        with in_words_of_inbox():
            found = FolderSource(folder, any_name=True).paths()
    except OSError as error:
        raise _no_inbox(folder, str(error.strerror)) from error
    if not found:
        raise _no_inbox(folder, "no file at all")
    return found


def _no_inbox(folder: Path, found: str) -> InboxError:
    return InboxError(
        "an inbox must be a folder that holds films",
        found=found,
        where=str(folder),
        next_step="name the folder of the new films with --inbox, or wait until films have come",
    )


@contextmanager
def in_words_of_inbox() -> Iterator[None]:
    """Raise the errors of a source as errors of the inbox: no setting is read here."""
    try:
        yield
    except SourceError as error:
        rule, step = (
            text.replace("ingest.source", "the inbox") for text in (error.rule, error.next_step)
        )
        raise InboxError(rule, found=error.found, where=error.where, next_step=step) from error


def read_inbox(
    paths: Sequence[str], rules: ReadingRules, compute: ComputeParams
) -> Iterator[InboxFilm]:
    """Read files in the given order. No damage of a file raises an exception.

    Args:
        paths: From `inbox_paths`.
        rules: How.
        compute: Section `compute`; the films do not depend on it.
    """
    if len(paths) <= _FEW:
        open_inbox(rules)
        return map(read_film, paths)
    return map_in_order(
        read_film, paths, unit="files", setup=open_inbox, setup_args=(rules,), compute=compute
    )


_source: FolderSource
_rules: ReadingRules


def open_inbox(rules: ReadingRules) -> None:
    """Open the inbox in this process, for `read_film`."""
    global _source, _rules
    _source, _rules = FolderSource(rules.folder), rules


def read_film(path: str) -> InboxFilm:
    """Examine one file, and make its square."""
    try:
        data = _source.read(path)
    except OSError as error:
        return InboxFilm(path, None, reason="unreadable", detail=read_failure(error, path))
    found = examine_bytes(data, path, _rules.films.examination)
    sha256: str = found.facts["image_id"]
    if found.reason is not None or found.grey is None:
        detail = kind_of_junk(data, path) if found.reason == "junk" else found.detail
        return InboxFilm(path, sha256, reason=found.reason, detail=detail)
    try:
        square = square_of_film(data, _rules.films.resize).image
    except FilmError as error:
        return InboxFilm(path, sha256, reason=error.reason, detail=safe_detail(error.detail))
    return InboxFilm(path, sha256, found.facts | pixel_statistics(found.grey), square)
