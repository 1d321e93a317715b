"""Read of a received film what its answers repeat: its UIDs, the patient, the study.

The bytes of these elements are taken over as they are, whatever their character set. They reach
the answers only: no message, log, table or name of a file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.film.errors import FilmError

if TYPE_CHECKING:
    from pydicom import DataElement, Dataset
    from pydicom.dataelem import RawDataElement

# Source: DICOM PS3.3, C.7.1.1 (patient), C.7.2.1 (study), C.7.2.2 (patient study), C.12.1
_IDENTITY = (
    "SpecificCharacterSet", "TimezoneOffsetFromUTC", "StudyDate", "StudyTime", "AccessionNumber",
    "ReferringPhysicianName", "StudyDescription", "PatientName", "PatientID", "IssuerOfPatientID",
    "TypeOfPatientID", "PatientBirthDate", "PatientBirthTime", "PatientSex", "OtherPatientIDs",
    "OtherPatientNames", "PatientAge", "PatientSize", "PatientWeight", "EthnicGroup",
    "StudyInstanceUID", "StudyID",
)  # fmt: skip
_ITEMS = (
    "OtherPatientIDsSequence", "IssuerOfPatientIDQualifiersSequence",
    "IssuerOfAccessionNumberSequence",
)  # fmt: skip
# What the standard asks for even if it is empty (type 2)
_ASKED_FOR = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "AccessionNumber", "ReferringPhysicianName", "StudyID",
)  # fmt: skip
# Source: DICOM PS3.3, C.7.6.1 (general image), C.7.3.1 (series)
_PICTURE = (
    "PatientOrientation", "BodyPartExamined", "Laterality", "BurnedInAnnotation",
    "LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod",
)  # fmt: skip
_UIDS = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
_OTHERS = ("Manufacturer", "BitsAllocated")
_TEXT = frozenset(
    ("AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UI", "UT")
)
_MOST_BYTES = 2**14  # of one element; the longest name of the standard has 3 x 64 characters
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")  # PS3.5, 9.1: at most 64 characters


@dataclass(frozen=True, eq=False)
class FilmHeader:
    """What the answers repeat of a film.

    identity: elements of the patient and the study, ready to be written.
    picture: elements that describe the picture. transfer_syntax: of the received file. n_bits:
        allocated for a pixel; 0 if unknown. n_bytes: of the received file.
    manufacturer: text, to know our own answers again.
    patient_id: text, for the one place that may show it.
    """

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    series_instance_uid: str
    identity: "Dataset"
    picture: "Dataset"
    transfer_syntax: str
    n_bits: int
    n_bytes: int
    manufacturer: str
    patient_id: str


def read_header(data: bytes) -> FilmHeader:
    """Read the header of a DICOM file; its pixels may be missing.

    Raises:
        FilmError: `unreadable` or `truncated`: the header is damaged, holds an element that is too
            long, or does not say which image of which study it is.
    """
    from tasks.core.film.dicom import private_errors, read_elements
    from tasks.core.film.dicom_grey import whole_number

    with private_errors():
        keywords = tuple(dict.fromkeys((*_IDENTITY, *_ITEMS, *_PICTURE, *_UIDS, *_OTHERS)))
        found = read_elements(data, keywords)
        uids = [_uid(found, keyword) for keyword in _UIDS]
        identity = _identity(found)  # before anything decodes its elements
        return FilmHeader(
            sop_class_uid=uids[0],
            sop_instance_uid=uids[1],
            study_instance_uid=uids[2],
            series_instance_uid=uids[3],
            identity=identity,
            picture=_copy(found, _PICTURE),
            transfer_syntax=str(found.file_meta.TransferSyntaxUID),
            n_bits=whole_number(found, "BitsAllocated"),
            n_bytes=len(data),
            manufacturer=str(found.get("Manufacturer") or ""),
            patient_id=str(found.get("PatientID") or "").strip(),
        )


def add_elements(answer: "Dataset", elements: "Dataset") -> None:
    """Put elements of a film into an answer, byte for byte; they replace what is there."""
    for tag in elements.keys():  # noqa: SIM118 - iterating over a data set decodes its elements
        answer[tag] = elements.get_item(tag)
    keep_bytes(answer)
    for keyword in _ITEMS:
        for item in answer.get(keyword) or []:
            keep_bytes(item)


def keep_bytes(answer: "Dataset") -> None:
    """Have pydicom write raw elements as they are, and not decode and encode them again.

    It writes them so if the data set was read in the encoding and the character set in which it
    is written. The elements that we add are ASCII, which each character set contains.
    """
    answer.set_original_encoding(False, True, answer._character_set)


def _identity(found: "Dataset") -> "Dataset":
    identity = _copy(found, _IDENTITY)
    for keyword in _ASKED_FOR:
        if keyword not in identity:
            setattr(identity, keyword, None)
    for keyword in _ITEMS:
        if found.get(keyword):
            setattr(identity, keyword, [_texts_of(item) for item in found[keyword].value])
    return identity


def _uid(found: "Dataset", keyword: str) -> str:
    text = str(found.get(keyword) or "")
    if len(text) > 64 or not _UID.fullmatch(text):
        raise FilmError("unreadable", f"DICOM {keyword}: missing or no UID")
    return text


def _copy(found: "Dataset", keywords: tuple[str, ...]) -> "Dataset":
    from pydicom import Dataset
    from pydicom.tag import Tag

    copied = Dataset()
    for tag in sorted(Tag(keyword) for keyword in keywords):
        if tag in found:
            copied[tag] = _as_text(found.get_item(tag))
    return copied


def _texts_of(item: "Dataset") -> "Dataset":
    """The elements of an item that hold text; what nests deeper is left out."""
    from pydicom import Dataset

    copied = Dataset()
    for element in _elements_of(item):
        copied[element.tag] = element
    return copied


def _elements_of(item: "Dataset") -> "Iterator[RawDataElement | DataElement]":
    from pydicom.datadict import dictionary_has_tag, dictionary_VR

    for tag in item.keys():  # noqa: SIM118 - iterating over a data set decodes its elements
        if dictionary_has_tag(tag) and dictionary_VR(tag) in _TEXT:
            yield _as_text(item.get_item(tag))


def _as_text(
    element: "RawDataElement | DataElement",
) -> "RawDataElement | DataElement":
    """An element with the representation of the standard, whatever the file calls it."""
    from pydicom.datadict import dictionary_VR
    from pydicom.dataelem import RawDataElement

    if not isinstance(element, RawDataElement):  # pydicom decodes the character set by itself
        return element
    value, kind = element.value or b"", dictionary_VR(element.tag)
    if len(value) > _MOST_BYTES:
        raise FilmError("unreadable", "a DICOM element of patient or study is too long")
    value += (b"\0" if kind == "UI" else b" ") * (len(value) % 2)  # PS3.5, 6.2: even length
    return RawDataElement(element.tag, kind, len(value), value, 0, False, True)
