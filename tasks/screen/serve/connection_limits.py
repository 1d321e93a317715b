"""HTTP connections that do not stay open for a sender who sends nothing."""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEADER_TIMEOUT_S = 10.0  # from the connection to the end of the first header


class PatienceProtocol(H11Protocol):
    """Uvicorn's HTTP/1.1, with a limit on the time that the header of a request may take.

    Uvicorn itself waits for ever for the first header of a connection, and for a header that was
    begun after an answer.
    """

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for a header."""
        super().connection_made(transport)
        self._wait_for_header()

    def data_received(self, data: bytes) -> None:
        """Stop to wait when a whole header is there."""
        if self._patience is None and (self.cycle is None or self.cycle.response_complete):
            self._wait_for_header()
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Uvicorn's own limit holds while the connection is idle."""
        self._stop_waiting()
        super().on_response_complete()

    def _wait_for_header(self) -> None:
        self._patience = self.loop.call_later(HEADER_TIMEOUT_S, self._lose_patience)

    def _stop_waiting(self, *_: Any) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        self._patience = None
        self.transport.abort()
