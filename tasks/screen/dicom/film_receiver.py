"""The DICOM receiver: it answers C-ECHO, and takes radiographs by C-STORE."""

import logging
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from pydicom import Dataset
from pynetdicom import AE, _config, evt

from tasks.core.film.dicom_frame import DECODERS
from tasks.screen.dicom.association_log import note_rejected, note_sender
from tasks.screen.dicom.connection_bounds import (
    MAX_UNIT,
    REQUEST_S,
    ConnectionBounds,
    end_unasked,
)
from tasks.screen.dicom.connection_sockets import ConnectionSockets
from tasks.screen.dicom.film_intake import OUT_OF_RESOURCES, FilmIntake, Intake

if TYPE_CHECKING:
    from pynetdicom.dimse_primitives import C_STORE
    from pynetdicom.events import Event

    from tasks.core.params.screening import DicomParams

# Radiographs. Source: DICOM PS3.4, Table B.5-1
FILM_CLASSES = (
    "1.2.840.10008.5.1.4.1.1.1",  # Computed Radiography
    "1.2.840.10008.5.1.4.1.1.1.1",  # Digital X-Ray, for presentation
    "1.2.840.10008.5.1.4.1.1.1.1.1",  # Digital X-Ray, for processing: a report says why it is none
    "1.2.840.10008.5.1.4.1.1.7",  # Secondary Capture, such as scanned films
)
_ECHO = "1.2.840.10008.1.1"  # Verification (PS3.4, A.4)
_COMMENT = 64  # characters of ErrorComment (LO)


class FilmReceiver:
    """Listens for films. It runs in threads of its own from `start` to `stop`.

    Args:
        intake: Where the films go.
        limits: Section `screen.dicom`.
        ae_title: Our own title; a sender that calls another one is turned away.
    """

    def __init__(self, intake: FilmIntake, limits: "DicomParams", ae_title: str) -> None:
        self._intake = intake
        self._bounds = ConnectionBounds(limits)
        self._callers = tuple(limits.callers)
        self._entity = _entity(limits, ae_title)

    def start(self, host: str, port: int) -> int:
        """Listen; return the port, which is a free one for 0.

        Raises:
            OSError: The port is taken, or may not be used.
        """
        _config.LOG_HANDLER_LEVEL = "none"  # its log texts would be made for each message unit
        handlers: list[Any] = [
            *ConnectionSockets().handlers(),
            (evt.EVT_CONN_OPEN, self._bounds.opened),
            (evt.EVT_CONN_CLOSE, end_unasked),
            (evt.EVT_ACCEPTED, note_sender),
            (evt.EVT_REJECTED, note_rejected, [self._entity.ae_title, self._callers]),
            (evt.EVT_C_STORE, self._store),
        ]
        server = self._entity.start_server((host, port), block=False, evt_handlers=handlers)
        if server is None:
            raise OSError("pynetdicom started no server")
        self._bounds.bound(server)
        return int(server.server_address[1])

    def stop(self) -> None:
        """Stop listening, and end the associations."""
        self._entity.shutdown()

    def _store(self, event: "Event") -> Dataset:
        if self._bounds.too_large(event):
            return _response(Intake(OUT_OF_RESOURCES, "the object is too large"))
        request = cast("C_STORE", event.request)
        uids = (str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID))
        try:
            return _response(self._intake.accept(event.encoded_dataset(), *uids))
        except Exception as error:  # pynetdicom answers "cannot understand" and tells nobody
            logging.getLogger(__name__).error("the receiver failed (%s)", type(error).__name__)
            raise


def readable_syntaxes() -> list[str]:
    """Transfer syntaxes with a decoder that is installed here."""
    has_codecs = find_spec("imagecodecs") is not None
    return [uid for uid, plugin in DECODERS.items() if plugin != "imagecodecs" or has_codecs]


def _entity(limits: "DicomParams", ae_title: str) -> AE:
    entity = AE(ae_title)
    entity.add_supported_context(_ECHO)
    for film_class in FILM_CLASSES:
        entity.add_supported_context(film_class, readable_syntaxes())
    entity.require_called_aet = True
    entity.require_calling_aet = list(limits.callers)
    entity.maximum_associations = limits.max_associations
    entity.maximum_pdu_size = MAX_UNIT
    entity.acse_timeout = min(REQUEST_S, limits.timeout_s)
    entity.dimse_timeout = entity.network_timeout = limits.timeout_s
    return entity


def _response(intake: Intake) -> Dataset:
    response = Dataset()
    response.Status = intake.status
    if intake.words:
        response.ErrorComment = intake.words[:_COMMENT]
        logging.getLogger(__name__).warning(
            "an object was refused (%04X): %s", intake.status, intake.words
        )
    return response
