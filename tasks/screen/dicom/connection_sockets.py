"""Sockets of DICOM connections are closed when the connection ends, whoever ended it.

pynetdicom shuts a socket down before it closes it. Where the other side has closed the connection
first, the shutdown fails, and the socket stays open until the garbage collector finds it.
"""

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pynetdicom import evt

if TYPE_CHECKING:
    import socket

    from pynetdicom.association import Association
    from pynetdicom.events import Event


class ConnectionSockets:
    """The sockets of all connections of one receiver or sender."""

    def __init__(self) -> None:
        self._open: WeakKeyDictionary[Association, socket.socket] = WeakKeyDictionary()

    def handlers(self) -> list[Any]:
        """Make the event handlers that note each socket and close it."""
        return [(evt.EVT_CONN_OPEN, self._opened), (evt.EVT_CONN_CLOSE, self._closed)]

    def _opened(self, event: "Event") -> None:
        connection = event.assoc.dul.socket
        if connection is not None and connection.socket is not None:
            self._open[event.assoc] = connection.socket

    def _closed(self, event: "Event") -> None:
        found = self._open.pop(event.assoc, None)
        if found is not None:
            found.close()
