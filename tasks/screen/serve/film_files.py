"""The bytes of accepted films, one file for each, named by their sha256."""

import hashlib
import os
import threading
from pathlib import Path

from tasks.screen.serve.state_database import make_private


class FilmFiles:
    """Folder `films` of a state folder.

    Args:
        folder: State folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "films"
        make_private(self._folder)
        self._remove_parts()

    def store(self, data: bytes) -> str:
        """Write the bytes of a film to the disk; they are on it when this returns.

        Returns:
            Id of the film: the sha256 of its bytes, hex.

        Raises:
            OSError: The disk is full or broken; nothing half-written is left.
        """
        image_id = hashlib.sha256(data).hexdigest()
        part = self._folder / f".{image_id}.{os.getpid()}.{threading.get_ident()}.part"
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / image_id)
        finally:
            part.unlink(missing_ok=True)
        return image_id

    def sync(self) -> None:
        """Wait until the disk holds the names of all stored films too."""
        place = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(place)  # a rename is durable after this. Source: fsync(2)
        finally:
            os.close(place)

    def read(self, image_id: str) -> bytes:
        """Bytes of a film.

        Raises:
            OSError: There is none, or it cannot be read.
        """
        return (self._folder / image_id).read_bytes()

    def _remove_parts(self) -> None:
        """Remove what killed processes left; the parts of living ones stay."""
        for part in self._folder.glob(".*.part"):
            if not Path(f"/proc/{part.name.split('.')[2]}").exists():
                part.unlink(missing_ok=True)
