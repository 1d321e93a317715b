"""Read a film of the source and check that it is still the one that `ingest` read."""

import hashlib

from tasks.core.errors import SourceError
from tasks.core.source.source import Source


def read_unchanged(source: Source, path: str, image_id: str) -> bytes:
    """Read a film and check that it has not changed since `ingest` read it.

    Args:
        source: The opened source.
        path: Path of the film in the source.
        image_id: SHA-256 of the bytes that `ingest` read, in hex digits.

    Raises:
        SourceError: The film has other bytes or cannot be read.
    """
    try:
        data = source.read(path)
    except OSError as error:
        raise changed_film(path, str(error)) from error
    if hashlib.sha256(data).hexdigest() != image_id:
        raise changed_film(path, "other bytes")
    return data


def changed_film(path: str, found: str) -> SourceError:
    """The error of a film that is no longer what `ingest` read."""
    return SourceError(
        "the source must not change between `ingest` and the stages that read its films",
        found=found,
        where=path,
        next_step="run `dvc repro`: ingest reads the source again",
    )
