"""Send waiting answers to the archive: each once, with pauses that grow while it is away."""

import logging
import threading
from collections import Counter
from pathlib import Path

from pydicom import dcmread
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    ComprehensiveSRStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
)
from pynetdicom import AE
from pynetdicom.association import Association

from tasks.screen.dicom.answer_outbox import AnswerOutbox
from tasks.screen.dicom.connection_sockets import ConnectionSockets
from tasks.screen.dicom.peer_address import Peer

# Answers are written in the first; the second is what every archive must take (PS3.5, 10.1)
_SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
LOOK_S = 1.0  # between two looks at the folder
_LONGEST_PAUSE_S = 300.0
_MOST_REFUSALS = 5  # of one answer; then it is set aside
_MOST_AT_ONCE = 100  # answers of one association
# Source: DICOM PS3.4, Table B.2-1
_SUCCESS, _WARNINGS, _FULL = 0x0000, range(0xB000, 0xC000), range(0xA700, 0xA800)
_NOT_SUPPORTED = 0x0122  # SOP class not supported (PS3.7, C.4.2)


class ArchiveAway(Exception):  # noqa: N818 - a state of the archive
    """The archive cannot be reached or has no room now; nothing is wrong with the answers."""


class ArchiveSender:
    """Sends the answers of a folder.

    An answer counts as sent when the archive says so. After `kill -9` at that moment it is sent a
    second time, with the same UID, which an archive keeps once.

    Args:
        outbox: The folder.
        archive: Where to.
        ae_title: Our own title.
        timeout_s: Longest silence of the archive.
    """

    def __init__(
        self, outbox: AnswerOutbox, archive: Peer, ae_title: str, timeout_s: float
    ) -> None:
        self._outbox = outbox
        self._archive = archive
        self._entity = AE(ae_title)
        for storage in (ComprehensiveSRStorage, SecondaryCaptureImageStorage):
            self._entity.add_requested_context(storage, _SYNTAXES)
        entity = self._entity
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = timeout_s
        entity.connection_timeout = timeout_s
        self._refusals: Counter[str] = Counter()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set. While the archive is away, wait 2 s, 4 s, ... 300 s."""
        pause_s = LOOK_S
        while not stop.wait(pause_s):
            try:
                self.send_waiting()
                pause_s = LOOK_S
            except ArchiveAway as error:
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                log = logging.getLogger(__name__)
                log.warning("%s; answers wait here, next try in %.0f s", error, pause_s)
            except OSError as error:
                pause_s = _LONGEST_PAUSE_S
                logging.getLogger(__name__).error("the answers cannot be read: %s", error.strerror)

    def send_waiting(self) -> int:
        """Send the answers that wait now, at most 100.

        Returns:
            How many the archive took.

        Raises:
            ArchiveAway: It cannot be reached, or has no room; what it took before counts as sent.
        """
        answers = self._outbox.waiting()[:_MOST_AT_ONCE]
        if not answers:
            return 0
        association = self._connect()
        try:
            return sum(self._send(association, answer) for answer in answers)
        finally:
            association.release()

    def _connect(self) -> Association:
        archive = self._archive
        association = self._entity.associate(
            archive.host,
            archive.port,
            ae_title=archive.ae_title,
            evt_handlers=ConnectionSockets().handlers(),
        )
        if not association.is_established:
            raise ArchiveAway(f"the archive {archive.ae_title} does not answer")
        return association

    def _send(self, association: Association, answer: Path) -> bool:
        try:
            status = association.send_c_store(dcmread(answer)).get("Status")
        except RuntimeError as error:
            raise ArchiveAway(f"the archive {self._archive.ae_title} hung up") from error
        except (ValueError, InvalidDicomError):  # it takes no such objects; or this is no answer
            status = _NOT_SUPPORTED
        if status is None or status in _FULL:
            raise ArchiveAway(f"the archive {self._archive.ae_title} takes nothing now")
        if status != _SUCCESS and status not in _WARNINGS:
            self._refused(answer, status)
            return False
        self._outbox.note_sent(answer)
        logging.getLogger(__name__).info("answer %s sent", answer.stem)
        return True

    def _refused(self, answer: Path, status: int) -> None:
        self._refusals[answer.stem] += 1
        times = self._refusals[answer.stem]
        log = logging.getLogger(__name__)
        log.error("the archive refused answer %s (%04X), %d times", answer.stem, status, times)
        if times >= _MOST_REFUSALS:
            self._outbox.set_aside(answer)
            log.error("answer %s is set aside in the folder `refused`", answer.stem)
