"""Bounds on what a sender may cost: bytes in memory, time, connections.

pynetdicom reads a message unit of any length that a sender announces, waits for it for ever, and
collects an object of any size. This reader takes the place of its own.
"""

import socket
import threading
import time
from typing import TYPE_CHECKING, cast
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from pynetdicom.association import Association
    from pynetdicom.dimse_primitives import C_STORE
    from pynetdicom.events import Event
    from pynetdicom.transport import ThreadedAssociationServer

    from tasks.core.params.screening import DicomParams

MAX_UNIT = 2**18  # bytes of one message unit that we announce to senders (PS3.8, D.1)
_SLACK = 2**16  # header of a unit, and the request for an association, which has no such limit
_PIECE = 2**16  # bytes asked of the system at a time
_MEGABYTE = 10**6
_OBJECT_TIMES = 10  # an object may take so many times the longest silence
_MOST_WAITING = 2  # requests of one sender; it must wait for each answer (PS3.7, 7.5.1)
REQUEST_S = 5.0  # longest wait of a new connection for its request; a modality sends it at once


class BoundedReader:
    """Reads for one association, within bounds. A sender that breaks one is disconnected.

    An object that is too large is read to its end but not kept, so that its sender is told why.

    Args:
        association: Whose connection it is.
        limits: Section `screen.dicom`.
    """

    def __init__(self, association: "Association", limits: "DicomParams") -> None:
        self._association = association
        self._socket = _socket_of(association)
        self._silence_s = limits.timeout_s
        self._most_bytes = limits.max_megabytes * _MEGABYTE
        self._began = time.monotonic()
        self._dropped = 0

    def recv(self, nr_bytes: int) -> bytearray:
        """Read so many bytes; fewer if the sender closes the connection.

        Raises:
            OSError: A bound is broken (TimeoutError: one of time). The connection is shut.
        """
        try:
            self._check(nr_bytes)
            return self._read(nr_bytes)
        except OSError:
            self.shut()
            raise

    def was_too_large(self, n_kept: int) -> bool:
        """Whether the last object, of which so many bytes were kept, is too large."""
        dropped, self._dropped = self._dropped, 0
        return dropped + n_kept > self._most_bytes

    def _check(self, nr_bytes: int) -> None:
        dimse, now = self._association.dimse, time.monotonic()
        if dimse.message is None:
            self._began = now
        elif now - self._began > _OBJECT_TIMES * self._silence_s:
            raise TimeoutError("the object takes too long")
        if nr_bytes > MAX_UNIT + _SLACK:
            raise OSError("the message unit is longer than announced")
        if dimse.msg_queue.qsize() > _MOST_WAITING:
            raise OSError("the sender does not wait for answers")
        self._drop_excess()

    def _drop_excess(self) -> None:
        message = self._association.dimse.message
        if message is None:
            return
        if message.encoded_command_set.tell() > MAX_UNIT:
            raise OSError("the command is too long")
        if message.data_set is not None and message.data_set.tell() > self._most_bytes:
            self._dropped += message.data_set.tell()
            message.data_set.seek(0)
            message.data_set.truncate()

    def _read(self, nr_bytes: int) -> bytearray:
        taken, end = bytearray(), time.monotonic() + self._silence_s
        while len(taken) < nr_bytes:
            self._socket.settimeout(max(0.001, end - time.monotonic()))
            piece = self._socket.recv(min(_PIECE, nr_bytes - len(taken)))
            if not piece:
                break
            taken += piece
        self._socket.settimeout(self._silence_s)  # for the answer
        return taken

    def shut(self) -> None:
        """Disconnect the sender."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:  # the sender closed it first
            return


class ConnectionBounds:
    """The readers of all associations of a receiver.

    Args:
        limits: Section `screen.dicom`.
    """

    def __init__(self, limits: "DicomParams") -> None:
        self._limits = limits
        self._of_one = max(2, limits.max_associations * 3 // 4)
        self._readers: WeakKeyDictionary[Association, BoundedReader] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def opened(self, event: "Event") -> None:
        """Handle EVT_CONN_OPEN, before anything is read: bound the new connection.

        One address has three quarters of the associations at most: it keeps no other one out.
        """
        association = event.assoc
        reader = BoundedReader(association, self._limits)
        with self._lock:
            self._readers[association] = reader
            n_open = sum(_is_open_from(association.requestor.address, one) for one in self._readers)
        if association.dul.socket is not None:
            association.dul.socket.recv = reader.recv  # type: ignore[method-assign]
        if n_open > self._of_one:
            reader.shut()

    def bound(self, server: "ThreadedAssociationServer") -> None:
        """Have a server close further connections before it starts a thread for them.

        Some more than associations are kept, so that their senders are told to come again.
        """
        most = 2 * self._limits.max_associations
        server.verify_request = (  # type: ignore[method-assign]
            lambda *_: len(server.active_associations) < most
        )

    def too_large(self, event: "Event") -> bool:
        """Whether the object of a C-STORE request is too large."""
        kept = cast("C_STORE", event.request).DataSet
        n_kept = 0 if kept is None else kept.getbuffer().nbytes
        return self._readers[event.assoc].was_too_large(n_kept)


def end_unasked(event: "Event") -> None:
    """Handle EVT_CONN_CLOSE: end the thread of a connection that closed without a request.

    pynetdicom goes on to wait for the request, and counts the thread as an association. None is
    what it takes for the end of that wait.
    """
    association = event.assoc
    requests = association.dul.to_user_queue
    if association.requestor.primitive is None and requests.empty():
        requests.put(None)  # type: ignore[arg-type]


def _is_open_from(address: str, association: "Association") -> bool:
    """Whether an association, which may be about to begin, is one of an address."""
    is_open = association.ident is None or association.is_alive()
    return is_open and association.requestor.address == address


def _socket_of(association: "Association") -> socket.socket:
    connection = association.dul.socket
    if connection is None or connection.socket is None:
        raise OSError("the sender has hung up")
    return connection.socket
