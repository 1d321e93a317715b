"""Answers that wait for the archive, as files; what was sent leaves an empty file with its UID.

The files of one folder:

    <UID>.dcm       waits to be sent
    sent/<UID>      was sent: empty, so that nothing of the patient stays here
    refused/<UID>.dcm   the archive refused it, again and again
"""

import os
from contextlib import suppress
from pathlib import Path

_PRIVATE = 0o700  # answers hold the identity of patients: only the owner reads them


class AnswerOutbox:
    """A folder of answers. Several processes may use it at once.

    Args:
        folder: It is made where it is missing, with the rights 0700.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sent, self._refused = folder / "sent", folder / "refused"
        for place in (folder, self._sent, self._refused):
            place.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
        for part in folder.glob(".*.part"):  # left by a killed process; those of living ones stay
            if not Path(f"/proc/{part.name.split('.')[-2]}").exists():
                part.unlink(missing_ok=True)

    def knows(self, uid: str) -> bool:
        """Whether an answer waits, was sent or was refused."""
        places = (self._waiting(uid), self._sent / uid, self._refused / f"{uid}.dcm")
        return any(place.exists() for place in places)

    def put(self, uid: str, data: bytes) -> Path:
        """Write an answer. When this returns, it survives `kill -9` and a power cut.

        Raises:
            OSError: The disk is full or broken; nothing half-written is left.
        """
        _write(self._waiting(uid), data)
        return self._waiting(uid)

    def waiting(self) -> list[Path]:
        """The answers that wait, the oldest first."""
        found = []
        for path in self.folder.glob("*.dcm"):
            with suppress(FileNotFoundError):  # another process has just sent it
                found.append((path.stat().st_mtime_ns, path))
        return [path for _, path in sorted(found)]

    def note_sent(self, answer: Path) -> None:
        """Keep the UID of a sent answer, and delete its file."""
        _write(self._sent / answer.stem, b"")
        answer.unlink(missing_ok=True)

    def set_aside(self, answer: Path) -> None:
        """Keep an answer that the archive refuses where nobody sends it again."""
        answer.replace(self._refused / answer.name)

    def _waiting(self, uid: str) -> Path:
        return self.folder / f"{uid}.dcm"


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    place = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(place)  # the new name is durable after this. Source: fsync(2)
    finally:
        os.close(place)
