"""The large films of an earlier run, so that only new films are decoded."""

import hashlib
import logging
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tasks.core.atomic import read_json
from tasks.core.statistics.arrays import Bools

_DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class StoredFilm:
    """A film as the folder holds it.

    entry: its facts, as films.json lists them. jpeg: bytes of its file.
    lungs, opacities: (size_px, size_px) bool; opacities None where the truth is not known.
    """

    entry: dict[str, Any]
    jpeg: bytes
    lungs: Bools
    opacities: Bools | None


class FormerFilms:
    """Films of an earlier run that need not be drawn again.

    Args:
        folder: Folder of that run; may be absent.
        settings: What the films depend on now; films of other settings are not used.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self._folder = folder
        self._entries: dict[str, tuple[int, dict[str, Any]]] = {}
        try:
            listed = read_json(folder / "films.json")
            if listed["settings"] != settings or listed["has_truth"]:
                return  # masks of the truth are drawn by a program and may change with it
            with np.load(folder / "fields.npz", allow_pickle=False) as fields:
                self._lungs: Bools = fields["lungs"]
            if len(self._lungs) != len(listed["films"]):
                raise ValueError(f"{len(self._lungs)} lungs of {len(listed['films'])} films")
            self._entries = {e["image_id"]: (row, e) for row, e in enumerate(listed["films"])}
        except FileNotFoundError:
            pass  # there is no earlier run
        except _DAMAGE as error:
            logger.warning("the films in %s cannot be reused: %s", folder, error)

    def find(self, image_id: str) -> StoredFilm | None:
        """A film whose file is whole; None if it must be drawn."""
        if image_id not in self._entries:
            return None
        row, entry = self._entries[image_id]
        path = self._folder / entry["file"]
        jpeg = path.read_bytes() if path.is_file() else b""
        if jpeg_digest(jpeg) != entry["sha256"]:
            logger.warning("%s is damaged: it is drawn again", path)
            return None
        return StoredFilm(entry, jpeg, self._lungs[row], None)


def jpeg_digest(jpeg: bytes) -> str:
    """SHA-256 of a file, hex digits."""
    return hashlib.sha256(jpeg).hexdigest()
