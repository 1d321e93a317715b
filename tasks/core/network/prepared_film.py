"""From the bytes of a file to the square that the network sees, or the reason why there is none."""

import hashlib
from dataclasses import dataclass
from typing import Any

from tasks.core.examination.examine_bytes import ExaminationSettings, examine_bytes
from tasks.core.examination.failure_text import read_failure, safe_detail
from tasks.core.examination.file_kind import kind_of_bytes
from tasks.core.film.errors import FilmError
from tasks.core.film.square import Square, square_of_film
from tasks.core.network.next_steps import clinic_step
from tasks.core.params import ResizeParams


@dataclass(frozen=True)
class FilmRules:
    """How a network wants its films, as in its training.

    examination: limits of the examination. resize: how a film becomes the square.
    """

    examination: ExaminationSettings
    resize: ResizeParams


@dataclass(frozen=True, eq=False)
class PreparedFilm:
    """One file before it is scored.

    path: its name. sha256: of its bytes; None if it could not be read. square: what the network
    sees; None if the file is rejected, for `reason` and `detail`.
    """

    path: str
    sha256: str | None
    square: Square | None = None
    reason: str | None = None
    detail: str | None = None

    def facts(self) -> dict[str, Any]:
        """Fields of a row of the worklist that do not depend on the network."""
        known = {"path": self.path, "sha256": self.sha256}
        if self.reason is None:
            return {**known, "status": "scored"}
        step = clinic_step(self.reason, self.detail)
        fault = {"reason": self.reason, "detail": self.detail, "next_step": step}
        return {**known, "status": "rejected", **fault}


def prepare_film(data: bytes, path: str, rules: FilmRules) -> PreparedFilm:
    """Examine a file as `ingest` does, and fit it as `resize` does.

    No damage of a file raises an exception.

    Args:
        data: Bytes of the file.
        path: Its path or name.
        rules: Of the network.
    """
    found = examine_bytes(data, path, rules.examination)
    sha256 = found.facts["image_id"]
    if found.reason is not None:
        detail = kind_of_junk(data, path) if found.reason == "junk" else found.detail
        return PreparedFilm(path, sha256, reason=found.reason, detail=detail)
    try:
        return PreparedFilm(path, sha256, square_of_film(data, rules.resize))
    except FilmError as error:
        return PreparedFilm(path, sha256, reason=error.reason, detail=safe_detail(error.detail))


def kind_of_junk(data: bytes, path: str) -> str | None:
    """What a file is whose name alone is that of junk; None if its content is no film either.

    Args:
        data: Bytes of the file.
        path: Its name.
    """
    kind = kind_of_bytes(data, path)
    return None if kind is None or kind.role == "other" else f"by its content {kind.name}"


def unread_film(path: str, error: OSError) -> PreparedFilm:
    """A file whose bytes could not be read.

    Args:
        path: Its path.
        error: From the source.
    """
    return PreparedFilm(path, None, reason="unreadable", detail=read_failure(error, path))


def sha256_of(data: bytes) -> str:
    """The name of a film in every table: SHA-256 of its bytes, hex."""
    return hashlib.sha256(data).hexdigest()
