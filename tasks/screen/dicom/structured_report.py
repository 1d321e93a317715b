"""The report as a DICOM Comprehensive Structured Report in the study of the film."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tasks.screen.dicom.answer_words import RESEARCH_USE, as_ascii
from tasks.screen.dicom.film_header import FilmHeader, add_elements
from tasks.screen.dicom.report_codes import OUR_SCHEME, SCHEME_NAME
from tasks.screen.dicom.report_content import MAKER, AnsweredFilm, report_content

if TYPE_CHECKING:
    from pydicom import Dataset

_SERIES = 9901  # far from the numbers that a modality gives
_MOST_TEXT = 64  # characters of LO (PS3.5, 6.2)


def structured_report(film: AnsweredFilm, scored_at: datetime) -> "Dataset":
    """Make the report on a film.

    It is complete and unverified: no person has confirmed it.

    Args:
        film: A screened film, also a rejected one.
        scored_at: When the network answered; the document's own time.

    Returns:
        Comprehensive SR with its file meta information.
    """
    from highdicom.sr import ComprehensiveSR
    from pydicom import Dataset

    report = ComprehensiveSR(
        evidence=[_evidence(film.header)],
        content=report_content(film)[0],
        series_instance_uid=film.uid("report series"),
        series_number=_SERIES,
        sop_instance_uid=film.uid("report"),
        instance_number=1,
        manufacturer=MAKER,
        is_complete=True,
        series_description=f"{RESEARCH_USE}: network report",
    )
    add_equipment(report, film)
    scheme = Dataset()
    scheme.CodingSchemeDesignator, scheme.CodingSchemeName = OUR_SCHEME, SCHEME_NAME
    report.CodingSchemeIdentificationSequence = [scheme]
    add_elements(report, film.header.identity)
    add_times(report, film.header, scored_at)
    report.ContentDate, report.ContentTime = report.SeriesDate, report.SeriesTime
    del report.ContributingEquipmentSequence  # of the library, with the time of now
    return report


def add_equipment(answer: "Dataset", film: AnsweredFilm) -> None:
    """Say which network made an answer. Source: DICOM PS3.3, C.7.5.2 (enhanced equipment)."""
    screened = film.screened
    answer.Manufacturer = MAKER
    answer.ManufacturerModelName = as_ascii(screened.model)[:_MOST_TEXT]
    answer.DeviceSerialNumber = screened.model_sha256[:_MOST_TEXT]
    answer.SoftwareVersions = f"network {screened.model_sha256[:12]}"


def add_times(answer: "Dataset", header: FilmHeader, scored_at: datetime) -> None:
    """Date an answer in the time zone that the film states, or in UTC if it states none."""
    local = scored_at.astimezone(_zone(header))
    date, time = f"{local:%Y%m%d}", f"{local:%H%M%S}"
    answer.SeriesDate = answer.InstanceCreationDate = date
    answer.SeriesTime = answer.InstanceCreationTime = time


def _zone(header: FilmHeader) -> timezone:
    """Source: DICOM PS3.3, C.12.1.1.8: TimezoneOffsetFromUTC is &ZZXX, such as +0530."""
    stated = str(header.identity.get("TimezoneOffsetFromUTC") or "")
    try:
        offset = datetime.strptime(stated, "%z").utcoffset()
    except ValueError:
        return UTC
    return timezone(offset or timedelta(0))


def _evidence(header: FilmHeader) -> "Dataset":
    """What highdicom reads of the film: UIDs. The identity is added later, byte for byte."""
    from pydicom import Dataset

    evidence = Dataset()
    for keyword in (
        "PatientID", "PatientName", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyID",
        "StudyDate", "StudyTime",
    ):  # fmt: skip
        setattr(evidence, keyword, None)
    evidence.SOPClassUID = header.sop_class_uid
    evidence.SOPInstanceUID = header.sop_instance_uid
    evidence.StudyInstanceUID = header.study_instance_uid
    evidence.SeriesInstanceUID = header.series_instance_uid
    return evidence
