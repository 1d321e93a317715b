"""Show the progress of long work: a bar on a terminal, a few lines in a log."""

import logging
import sys
import time
from types import TracebackType
from typing import Self

from tqdm import tqdm

LOG_EVERY_S = 5.0

logger = logging.getLogger(__name__)


class Progress:
    """Counts finished pieces of work and shows how many are left.

    On a terminal it shows a bar. Elsewhere (a file, a Prefect log) it writes at most one log line
    every LOG_EVERY_S seconds.

    Args:
        total: Number of pieces of work.
        unit: Name of the pieces, in the plural ("films").
        label: Text before the numbers ("network 2 of 3"); may be empty.
        n_before: Pieces that an earlier run finished; the speed does not count them.

    Example:
        >>> with Progress(2, unit="films") as progress:
        ...     progress.advance()
        ...     progress.advance()
        >>> progress.n_done
        2
    """

    def __init__(self, total: int, *, unit: str, label: str = "", n_before: int = 0) -> None:
        self.n_done = self._n_before = n_before
        self._total, self._unit = total, unit
        self._prefix = f"{label}: " if label else ""
        self._bar = self._new_bar(label) if sys.stderr.isatty() else None
        self._start_s = self._last_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self, n_pieces: int = 1, note: str = "") -> None:
        """Count finished pieces.

        Args:
            n_pieces: Number of pieces finished since the last call.
            note: Text after the numbers, such as the loss of the last batch.
        """
        self.n_done += n_pieces
        if self._bar is not None:
            self._bar.set_postfix_str(note, refresh=False)
            self._bar.update(n_pieces)
            return
        now_s = time.monotonic()
        if now_s - self._last_s >= LOG_EVERY_S and self.n_done < self._total:
            self._last_s = now_s
            self._log(now_s - self._start_s, note)

    def _log(self, elapsed_s: float, note: str) -> None:
        rate = (self.n_done - self._n_before) / elapsed_s
        left_s = (self._total - self.n_done) / rate
        numbers = f"{self.n_done} of {self._total} {self._unit}, {rate:.3g}/s, {left_s:.0f} s left"
        logger.info("%s%s%s", self._prefix, numbers, f", {note}" if note else "")

    def _new_bar(self, label: str) -> "tqdm[None]":
        return tqdm(
            total=self._total,
            initial=self._n_before,
            unit=f" {self._unit}",
            desc=label or None,
            file=sys.stderr,
            dynamic_ncols=True,
            leave=False,
        )
