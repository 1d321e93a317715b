"""Take in what was uploaded: one film, or a zip of several."""

import io
import re
import zipfile
from collections.abc import Iterator

from tasks.core.errors import SourceError, printable
from tasks.core.source.archive import ZipSource, open_zip
from tasks.screen.serve.film_queue import FilmQueue, NewFilm
from tasks.screen.serve.problems import Refusal

FILM_TYPES = ("image/jpeg", "image/png", "application/dicom", "application/octet-stream")
ZIP_TYPE = "application/zip"
_UNPACKED = 4  # times the largest body: what the films of one zip may unpack to
MAX_NAME = 200  # characters
_HASH_DIGITS = 8  # of the name of a film that came without one
_GUESS = re.compile(r": (perhaps|a file of) .*")  # what a download may be; this was sent


class Uploads:
    """Accepts uploads into a queue.

    Args:
        queue: The queue.
        model_sha256: Seal of the network, which scores a known film again if another one scored it.
        max_bytes: Largest body, and largest film in a zip.
        max_zip_films: Most films of one zip.
    """

    def __init__(
        self, queue: FilmQueue, model_sha256: str, max_bytes: int, max_zip_films: int
    ) -> None:
        self._queue, self._model_sha256 = queue, model_sha256
        self._max_bytes, self._max_zip_films = max_bytes, max_zip_films

    def accept(self, body: bytes, content_type: str, name: str) -> tuple[list[NewFilm], set[str]]:
        """Accept a body: all its films, or none.

        Args:
            body: A film, or a zip.
            content_type: One of FILM_TYPES, or ZIP_TYPE.
            name: What the sender calls the film; it stands before the names of a zip. Without one,
                a film is named by its hash, and the films of a zip have their own names alone.

        Returns:
            The films that are durable now, and the ids of those that were known before.

        Raises:
            Refusal: 422, an empty body, or a zip that is none or too large.
            QueueFull: Too many films wait.
            OSError: The disk is full or broken.
        """
        if not body:
            raise _unfit(
                "a film holds bytes",
                "the file is empty (0 bytes)",
                "export the film again, then send that file",
            )
        if content_type == ZIP_TYPE:
            films = self._store_zip(body, name)
        else:
            self._queue.check_room(1)
            films = [_named(self._queue.store(body, printable(name.strip())))]
        return films, self._queue.accept(films, "http", self._model_sha256)

    def _store_zip(self, body: bytes, name: str) -> list[NewFilm]:
        """Store the films of a zip one by one, so that memory holds one of them."""
        try:
            with open_zip(io.BytesIO(body), "the zip") as source:
                self._check_sizes(body)
                paths = source.paths()
                self._queue.check_room(len(paths))
                return [
                    self._queue.store(_read(source, path), self._name(name, path)) for path in paths
                ]
        except SourceError as error:
            raise _unfit_zip(error) from error

    def _check_sizes(self, body: bytes) -> None:
        sizes = list(_sizes(body))
        largest, most = self._max_bytes, _UNPACKED * self._max_bytes
        if len(sizes) > self._max_zip_films or max(sizes) > largest or sum(sizes) > most:
            raise _unfit(
                f"a zip has at most {self._max_zip_films} films of {largest} bytes, {most} in all",
                f"{len(sizes)} files, the largest of {max(sizes)} bytes, {sum(sizes)} in all",
                "send the films in several zips",
            )

    @staticmethod
    def _name(name: str, path: str) -> str:
        return printable((f"{name}/{path}" if name.strip() else path)[-MAX_NAME:])


def _named(film: NewFilm) -> NewFilm:
    """The film; one without a name is named by its hash."""
    return film if film.name else film._replace(name=f"film {film.image_id[:_HASH_DIGITS]}")


def _read(source: ZipSource, path: str) -> bytes:
    """Bytes of a member; one that cannot be unpacked is the fault of the zip, not of our disk."""
    try:
        return source.read(path)
    except OSError as error:
        rule = "every file of a zip can be unpacked"
        raise _unfit(rule, str(error), "pack the films again; none was kept") from error


def _sizes(body: bytes) -> Iterator[int]:
    """Unpacked sizes of the members of a zip that `open_zip` accepted."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        yield from (member.file_size for member in archive.infolist() if not member.is_dir())


def _unfit(rule: str, found: str, next_step: str) -> Refusal:
    return Refusal(422, rule, found=found, next_step=next_step)


def _unfit_zip(error: SourceError) -> Refusal:
    """The fault of a zip in the words of a sender, who has no setting and no download."""
    is_ours = "ingest.source" in error.rule
    rule = f"a body of the type {ZIP_TYPE} is one whole zip of films" if is_ours else error.rule
    return _unfit(rule, _GUESS.sub("", error.found), _zip_step(error))


def _zip_step(error: SourceError) -> str:
    if "need a password" in error.found:
        return "pack the films again without a password; none was kept"
    if error.found.endswith((" picture, not a zip", " film, not a zip")):
        return f"send a film by itself, with its own Content-Type: {', '.join(FILM_TYPES)}"
    return "pack the films again into one zip (method Deflate), or send them one by one"
