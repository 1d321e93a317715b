"""A modality and an archive for the tests: real associations on loopback, and films with identity.

All patients are invented.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread
from pydicom.filebase import DicomBytesIO
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE, evt

from tasks.core.params.screening import DicomParams
from tasks.screen.dicom.connection_sockets import ConnectionSockets
from tests.dicoms import dicom

CR = "1.2.840.10008.5.1.4.1.1.1"
REPORT, CAPTURE = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.7"
ECHO = "1.2.840.10008.1.1"
LIMITS = DicomParams(callers=[], max_associations=4, max_megabytes=8, timeout_s=20.0)
# Texts that must appear in the answers only
IDENTITY = {
    "PatientName": "ZZQNAME^PLANTED",
    "PatientID": "ZZQNUMBER-417",
    "PatientBirthDate": "19310203",
    "PatientSex": "F",
    "AccessionNumber": "ZZQACCESSION",
    "ReferringPhysicianName": "ZZQDOCTOR^ANY",
    "StudyDescription": "ZZQSTUDY",
    "InstitutionName": "ZZQHOSPITAL",
    "OtherPatientIDs": ["ZZQOTHER1", "ZZQOTHER2"],
    "StudyDate": "20260102",
    "StudyTime": "101112",
    "StudyID": "ZZQ7",
}


def pattern(number: int, side_px: int = 96) -> NDArray[np.uint8]:
    """A picture that differs for each number."""
    rows, columns = np.indices((side_px, side_px))
    return ((rows * (number + 3) + columns * 5) % 256).astype(np.uint8)


def film_bytes(
    number: int = 1, pixels: NDArray[Any] | None = None, syntax: str = ExplicitVRLittleEndian,
    **elements: Any,
) -> bytes:  # fmt: skip
    """A DICOM file with identity, and UIDs that its number gives."""
    stated = {
        "SOPInstanceUID": f"2.25.9{number}",
        "StudyInstanceUID": f"2.25.7{number}",
        "SeriesInstanceUID": f"2.25.8{number}",
        **IDENTITY,
        **elements,
    }
    return dicom(pattern(number) if pixels is None else pixels, syntax, **stated)


def as_dataset(data: bytes) -> Dataset:
    """Read a DICOM file from bytes."""
    return dcmread(DicomBytesIO(data))


@contextmanager
def modality(port: int, *syntaxes: str, title: str = "CRROOM", **contexts: Any) -> Iterator[Any]:
    """An association with a receiver on loopback. `called`: the title that it calls."""
    entity = AE(title)
    for kind in contexts.get("classes", (ECHO, CR, CAPTURE)):
        entity.add_requested_context(kind, list(syntaxes) or [ExplicitVRLittleEndian])
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 20
    association = entity.associate(
        "127.0.0.1",
        port,
        ae_title=contexts.get("called", "LUNGLINE"),
        evt_handlers=ConnectionSockets().handlers(),
    )
    try:
        yield association
    finally:
        if association.is_established:
            association.release()


def send(port: int, *films: bytes, title: str = "CRROOM") -> list[int | None]:
    """Send films in one association; return the status of each."""
    found = [as_dataset(film) for film in films]
    syntaxes = {str(film.file_meta.TransferSyntaxUID) for film in found}
    classes = {str(film.SOPClassUID) for film in found}
    with modality(port, *syntaxes, title=title, classes=classes) as association:
        assert association.is_established
        return [association.send_c_store(film).get("Status") for film in found]


@dataclass
class Archive:
    """A store that keeps what it gets, in memory.

    answers: status to answer with, for one object after another; then Success.
    """

    port: int = 0
    received: list[Dataset] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def store(self, event: Any) -> int:
        with self.lock:
            status = self.answers.pop(0) if self.answers else 0x0000
            if status == 0x0000:
                found = event.dataset
                found.file_meta = event.file_meta
                self.received.append(found)
            return status

    def classes(self) -> list[str]:
        return sorted(str(one.SOPClassUID) for one in self.received)


@contextmanager
def archive(
    port: int = 0,
    kinds: tuple[str, ...] = (REPORT, CAPTURE),
    syntax: str = ExplicitVRLittleEndian,
) -> Iterator[Archive]:
    """A listening archive on loopback."""
    kept = Archive()
    entity = AE("ARCHIVE")
    for kind in kinds:
        entity.add_supported_context(kind, syntax)
    handlers: list[Any] = [*ConnectionSockets().handlers(), (evt.EVT_C_STORE, kept.store)]
    server = entity.start_server(("127.0.0.1", port), block=False, evt_handlers=handlers)
    kept.port = server.socket.getsockname()[1]
    try:
        yield kept
    finally:
        entity.shutdown()
