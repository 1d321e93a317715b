"""Accept one received object: it is checked by its header and put into the queue of films.

What has a header that names it is accepted and answered, even if its pixels are damaged: the
report then says why the network gave no answer. Accepted means that it survives a power cut.
"""

import hashlib
import logging
from typing import NamedTuple

from tasks.core.film.errors import FilmError
from tasks.screen.dicom.film_header import FilmHeader, read_header
from tasks.screen.dicom.report_content import MAKER
from tasks.screen.serve.film_queue import FilmQueue, QueueFull

# Source: DICOM PS3.4, Table B.2-1 (C-STORE response status values)
SUCCESS, OUT_OF_RESOURCES, OTHER_OBJECT, NOT_UNDERSTOOD = 0x0000, 0xA700, 0xA900, 0xC000
_SHOWN_HEX = 12  # digits of a film's name


class Intake(NamedTuple):
    """What became of an object: the status for its sender, and words of at most 64 characters."""

    status: int
    words: str


class FilmIntake:
    """Puts received objects into the queue.

    Args:
        queue: Of the service.
        show_identity: `screen.show_identity`.
    """

    def __init__(self, queue: FilmQueue, show_identity: bool) -> None:
        self._queue = queue
        self._show_identity = show_identity

    def accept(self, data: bytes, sop_class_uid: str, sop_instance_uid: str) -> Intake:
        """Accept an object, or say why not.

        Args:
            data: Bytes as a DICOM file (PS3.10).
            sop_class_uid: As the request calls it.
            sop_instance_uid: As the request calls it.
        """
        try:
            header = read_header(data)
        except FilmError as error:
            return Intake(NOT_UNDERSTOOD, error.detail)
        if (header.sop_class_uid, header.sop_instance_uid) != (sop_class_uid, sop_instance_uid):
            return Intake(OTHER_OBJECT, "the object is not the one that the request names")
        if header.manufacturer == MAKER:
            return Intake(OTHER_OBJECT, "an answer of Lungline is no film")
        return self._queued(data, film_name(header, self._show_identity))

    def _queued(self, data: bytes, name: str) -> Intake:
        log = logging.getLogger(__name__)
        try:
            is_known = self._queue.knows(hashlib.sha256(data).hexdigest())
            image_id = self._queue.add(data, name, origin="dicom")
        except QueueFull as error:
            log.warning("%s was not accepted: %s", name, error.found)
            return Intake(OUT_OF_RESOURCES, "the queue is full, send again later")
        except OSError as error:
            log.error("%s was not accepted: %s", name, error.strerror)
            return Intake(OUT_OF_RESOURCES, "the disk of the receiver fails")
        told = "known, it is answered again" if is_known else "accepted"
        log.info("%s %s (sha256 %s...)", name, told, image_id[:_SHOWN_HEX])
        return Intake(SUCCESS, "")


def film_name(header: FilmHeader, show_identity: bool) -> str:
    """Name of a film on the worklist. It is the only place that may show who the patient is.

    Args:
        header: Of the film.
        show_identity: `screen.show_identity`; without it the name is a hash of the film's UID.
    """
    uid = hashlib.sha256(header.sop_instance_uid.encode()).hexdigest()
    name = f"dicom-{uid[:_SHOWN_HEX]}.dcm"
    if not show_identity:
        return name
    return f"{header.patient_id.replace('/', ' ') or 'no PatientID'}/{name}"
