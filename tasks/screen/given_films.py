"""The films that a user names: files, folders, zips and URLs, listed and read in one way."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tasks.core.errors import ScreeningError, SourceError
from tasks.core.source.file_name import shown_name
from tasks.core.source.folder import FolderSource
from tasks.core.source.location import shown_location
from tasks.core.source.source import Source, open_source

_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")  # Source: APPNOTE.TXT 4.3.7 and 4.3.16
# The messages of the sources speak of a setting, which this program does not read
_OF_SETTING = re.compile(r"set `?ingest\.source`? (?:in params\.yaml )?to |ingest\.source: ")


class GivenFile(NamedTuple):
    """One file: the number of the argument that holds it, and its path in there."""

    place: int
    path: str


class GivenFilms:
    """The sources that the arguments name, open for listing and reading.

    Args:
        locations: The arguments. sources: What each of them holds.
    """

    def __init__(self, locations: Sequence[str], sources: Sequence[Source]) -> None:
        self._names = [_shown_place(location) for location in locations]
        self._sources = sources

    def files(self) -> list[GivenFile]:
        """All files, in the order of the arguments, each once, even if two arguments hold it.

        Raises:
            ScreeningError: A folder cannot be listed.
        """
        with _in_our_words():
            found = {
                self.shown_path(file): file
                for place, source in enumerate(self._sources)
                for file in (GivenFile(place, path) for path in source.paths())
            }
        return list(found.values())

    def read(self, file: GivenFile) -> bytes:
        """Bytes of one file.

        Raises:
            OSError: This file cannot be read.
            ScreeningError: The place itself cannot be reached any more.
        """
        with _in_our_words():
            return self._sources[file.place].read(file.path)

    def shown_path(self, file: GivenFile) -> str:
        """Path of a file as the user would name it; a URL without its secrets."""
        name = self._names[file.place]
        is_one = isinstance(self._sources[file.place], _OneFile)
        return name if is_one else f"{name}/{file.path}"


@contextmanager
def open_given(locations: Sequence[str]) -> Iterator[GivenFilms]:
    """Open what the user names.

    Args:
        locations: Files, folders, zips and URLs, at least one.

    Raises:
        ScreeningError: One of them does not exist, cannot be read, or holds what we write.

    Example:
        >>> Path("a.png").write_bytes(b"film")
        4
        >>> with open_given(["a.png"]) as given:
        ...     [(given.shown_path(file), given.read(file)) for file in given.files()]
        [('a.png', b'film')]
    """
    with ExitStack() as stack, _in_our_words():
        sources = [stack.enter_context(_open(location)) for location in locations]
        yield GivenFilms(locations, sources)


@contextmanager
def _open(location: str) -> Iterator[Source]:
    if "://" not in location and _is_one_file(Path(location)):
        yield _OneFile(Path(location))
        return
    with open_source(location, any_name=True) as source:
        yield source


class _OneFile:
    """One file as a source; a link is followed, because the user named it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def paths(self) -> list[str]:
        return [shown_name(self._path.name)]

    def read(self, path: str) -> bytes:
        file = self._path.resolve(strict=True)
        if path != shown_name(self._path.name):
            raise FileNotFoundError(f"{path} is not the file")
        return FolderSource(file.parent).read(file.name)


def _is_one_file(path: Path) -> bool:
    """Whether a path is a regular file and no zip."""
    try:
        if not path.is_file() or path.suffix.lower() == ".zip":
            return False
        with path.open("rb") as file:
            return not file.read(4).startswith(_ZIP_MAGIC)
    except (OSError, ValueError) as error:
        raise ScreeningError(
            "each of FILMS must be readable",
            found=str(getattr(error, "strerror", None) or error),
            where=str(path),
            next_step="correct the name, or give yourself the right to read it",
        ) from error


def _shown_place(location: str) -> str:
    if "://" in location:
        return shown_location(location).rstrip("/")
    return shown_name(Path(location).as_posix())


@contextmanager
def _in_our_words() -> Iterator[None]:
    """Raise the errors of a source as errors of FILMS: no setting is read here."""
    try:
        yield
    except SourceError as error:
        rule, step = (_OF_SETTING.sub("", text) for text in (error.rule, error.next_step))
        if "make phantom" in step:  # advice for the training
            step = "correct the name: `python -m tasks.screen FOLDER`, or a film, zip or URL"
        raise ScreeningError(
            rule.replace("ingest.source", "each of FILMS"),
            found=error.found,
            where=error.where,
            next_step=step.replace("ingest.source", "FILMS"),
        ) from error
