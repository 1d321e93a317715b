"""The audit log: who did what with which film, one JSON object on a line, only ever appended.

It holds no name of a file or patient and no path of the machine.
"""

import json
import os
import threading
import time
from pathlib import Path

from tasks.screen.serve.state_database import time_text

_MAX_REFUSALS = 60  # lines a minute about callers without a token: they must not fill the disk
_OWNER_ONLY = 0o600


class AuditLog:
    """File `audit.jsonl` of a state folder.

    Args:
        folder: State folder; it must exist.
    """

    def __init__(self, folder: Path) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        self._file = os.open(folder / "audit.jsonl", flags, _OWNER_ONLY)
        self._lock = threading.Lock()
        self._minute, self._n_refusals = 0, 0

    def write(
        self, who: str, what: str, film: str | None = None, status: int | None = None
    ) -> None:
        """Append one line; a line is whole, since one call of the system writes it.

        Args:
            who: Name of a token, or the part of the program.
            what: Method and form of the route, such as `POST /films/{image_id}/verdict`.
            film: Id of a film.
            status: HTTP status of the answer.

        Raises:
            OSError: The disk is full.
        """
        record = {"time": time_text(), "who": who, "what": what, "film": film, "status": status}
        kept = {name: value for name, value in record.items() if value is not None}
        line = f"{json.dumps(kept, ensure_ascii=True)}\n".encode()
        with self._lock:
            os.write(self._file, line)

    def write_refusal(self, what: str, status: int) -> None:
        """As `write`, of a caller without a token; further ones of the same minute are counted."""
        with self._lock:
            minute, before = int(time.monotonic() // 60), self._n_refusals
            if minute != self._minute:
                self._minute, self._n_refusals = minute, 0
            self._n_refusals += 1
            is_new_minute, n_now = self._n_refusals == 1, self._n_refusals
        if is_new_minute and before > _MAX_REFUSALS:
            self.write("nobody", f"{before - _MAX_REFUSALS} further refused requests before this")
        if n_now <= _MAX_REFUSALS:
            self.write("nobody", what, status=status)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
