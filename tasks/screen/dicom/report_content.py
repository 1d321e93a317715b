"""The content of the report: a measurement report (TID 1500) on one film.

One group of measurements is about the film; one for each class holds its probability. The words of
the answer stand under "Qualitative Evaluations".

Source:
    DICOM PS3.16: TID 1500 (measurement report), TID 1501 (measurement group), TID 4019 (algorithm
    identification), TID 1001 and 1004 (observer: a device).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.network.screened_film import REFER_REASONS, ScreenedFilm
from tasks.screen.dicom.answer_uids import answer_uid, network_uid
from tasks.screen.dicom.answer_words import as_ascii, statements
from tasks.screen.dicom.film_header import FilmHeader
from tasks.screen.dicom.report_codes import class_code, our_code, yes_or_no

if TYPE_CHECKING:
    from highdicom.sr import (
        AlgorithmIdentification,
        CodedConcept,
        ContainerContentItem,
        Measurement,
        MeasurementReport,
        MeasurementsAndQualitativeEvaluations,
        ObservationContext,
        QualitativeEvaluation,
    )

MAKER = "Lungline"  # manufacturer of the answers, as their receiver reads it
PRODUCT = "Lungline, research software, no medical device"


@dataclass(frozen=True)
class AnsweredFilm:
    """A screened film and what its answers repeat.

    is_synthetic: whether the network was trained on synthetic films.
    """

    screened: ScreenedFilm
    header: FilmHeader
    is_synthetic: bool

    def uid(self, role: str) -> str:
        """UID of one part of the answer."""
        return answer_uid(self.header.sop_instance_uid, self.screened.model_sha256, role)


def report_content(film: AnsweredFilm) -> "MeasurementReport":
    """The content tree of the report."""
    from highdicom.sr import MeasurementReport
    from pydicom.sr.codedict import codes

    report = MeasurementReport(
        observation_context=_observer(film.screened),
        procedure_reported=codes.cid100.XRUnspecifiedBodyRegion,
        imaging_measurements=[_film_group(film), *_class_groups(film)],
        title=codes.cid7021.ImagingMeasurementReport,
    )
    report[0].ContentSequence.append(_words(film))
    return report


def _observer(film: ScreenedFilm) -> "ObservationContext":
    from highdicom.sr import (
        DeviceObserverIdentifyingAttributes,
        ObservationContext,
        ObserverContext,
    )
    from pydicom.sr.codedict import codes

    device = DeviceObserverIdentifyingAttributes(
        uid=network_uid(film.model_sha256),
        name=as_ascii(film.model),
        manufacturer_name=PRODUCT,
        model_name=as_ascii(film.model),
        serial_number=film.model_sha256,
    )
    return ObservationContext(ObserverContext(codes.DCM.Device, device))


def _algorithm(film: ScreenedFilm) -> "AlgorithmIdentification":
    from highdicom.sr import AlgorithmIdentification

    rule = film.operating_point and f"operating point {film.operating_point}"
    return AlgorithmIdentification(
        name=as_ascii(film.model),
        version=film.model_sha256,
        parameters=[as_ascii(rule)] if rule else None,
    )


def _group(
    film: AnsweredFilm,
    role: str,
    finding: "CodedConcept | None",
    measured: "Sequence[Measurement]",
    judged: "Sequence[QualitativeEvaluation]",
) -> "MeasurementsAndQualitativeEvaluations":
    from highdicom.sr import (
        MeasurementsAndQualitativeEvaluations,
        SourceImageForMeasurementGroup,
        TrackingIdentifier,
    )

    header = film.header
    source = SourceImageForMeasurementGroup(header.sop_class_uid, header.sop_instance_uid)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(film.uid(role), as_ascii(role)),
        finding_type=finding,
        algorithm_id=_algorithm(film.screened),
        measurements=measured,
        qualitative_evaluations=judged,
        source_images=[source],
    )


def _film_group(film: AnsweredFilm) -> "MeasurementsAndQualitativeEvaluations":
    screened = film.screened
    call = class_code(screened.call) if screened.call else None
    return _group(film, "film", call, list(_numbers(screened)), list(_judgements(screened)))


def _class_groups(film: AnsweredFilm) -> "Iterator[MeasurementsAndQualitativeEvaluations]":
    from highdicom.sr import Measurement
    from pydicom.sr.codedict import codes

    for name, probability in film.screened.probabilities.items():
        measured = Measurement(codes.DCM.Probability, probability, codes.UCUM.NoUnits)
        yield _group(film, f"class {name}", class_code(name), [measured], [])


def _numbers(film: ScreenedFilm) -> "Iterator[Measurement]":
    from highdicom.sr import Measurement
    from pydicom.sr.codedict import codes

    numbers = (
        ("prob_finding", "Calibrated probability of a finding", film.prob_finding),
        ("threshold", "Probability from which a finding is called", film.threshold),
        ("novelty", "Unlikeness to the training films", film.novelty),
        ("novelty_limit", "Unlikeness from which a film is referred", film.novelty_threshold),
    )
    for code, meaning, value in numbers:
        if value is not None:
            yield Measurement(our_code(code, meaning), value, codes.UCUM.NoUnits)


def _judgements(film: ScreenedFilm) -> "Iterator[QualitativeEvaluation]":
    from highdicom.sr import QualitativeEvaluation

    values = [
        ("status", "Status of the file", our_code(film.status, film.status)),
        ("refer", "The network leaves the film to the reader", yes_or_no(film.refer)),
        ("group", "Reading order", our_code(f"group_{film.group}", film.what_to_do())),
    ]
    if film.reason:
        values.append(("reason", "Why the file was not scored", our_code(film.reason, film.reason)))
    if film.called_positive is not None:
        values.append(("positive", "Called a finding", yes_or_no(film.called_positive)))
    for code in film.refer_reasons:
        words = REFER_REASONS.get(code, code)
        values.append(("refer_reason", "Why it is left to the reader", our_code(code, words)))
    for name, meaning, value in values:
        yield QualitativeEvaluation(our_code(name, meaning), value)


def _words(film: AnsweredFilm) -> "ContainerContentItem":
    """The statements as comments. Source: PS3.16, TID 1500, container "Qualitative Evaluations"."""
    from highdicom.sr import (
        CodedConcept,
        ContainerContentItem,
        ContentSequence,
        RelationshipTypeValues,
        TextContentItem,
    )
    from pydicom.sr.codedict import codes

    contains = RelationshipTypeValues.CONTAINS
    name = CodedConcept("C0034375", "UMLS", "Qualitative Evaluations")
    container = ContainerContentItem(name=name, relationship_type=contains)
    container.ContentSequence = ContentSequence(
        [
            TextContentItem(codes.DCM.Comment, text, contains)
            for text in statements(film.screened, film.is_synthetic)
        ]
    )
    return container
