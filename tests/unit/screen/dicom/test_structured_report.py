"""The report is read again by highdicom and pydicom; its values are those of the film."""

import io
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from highdicom.sr import MeasurementReport, srread
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from tasks.core.network.screened_film import ScreenedFilm
from tasks.screen.dicom.answer_words import RESEARCH_USE
from tasks.screen.dicom.answers import as_file
from tasks.screen.dicom.film_header import read_header
from tasks.screen.dicom.report_content import AnsweredFilm
from tasks.screen.dicom.structured_report import structured_report
from tests.dicom_senders import IDENTITY, as_dataset, film_bytes
from tests.screened_answers import REFERRED, REJECTED, SCORED, SEAL

AT = datetime(2026, 11, 26, 15, 30, 12, tzinfo=UTC)


def report(screened: ScreenedFilm, **elements: str) -> tuple[MeasurementReport, Dataset]:
    return made_report(screened.path, tuple(elements.items()))


@cache  # one takes half a second
def made_report(
    path: str, elements: tuple[tuple[str, str], ...]
) -> tuple[MeasurementReport, Dataset]:
    screened = {film.path: film for film in (SCORED, REFERRED, REJECTED)}[path]
    film = AnsweredFilm(screened, read_header(film_bytes(**dict(elements))), is_synthetic=True)
    data = as_file(structured_report(film, AT))
    return srread(io.BytesIO(data)).content, dcmread(io.BytesIO(data))


def groups(content: MeasurementReport) -> list[Any]:
    return list(content.get_image_measurement_groups())


def judged(content: MeasurementReport) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in groups(content)[0].get_qualitative_evaluations():
        found.setdefault(one.name.value, []).append(one.value.value)
    return found


def comments(dataset: Dataset) -> list[str]:
    (container,) = [
        item for item in dataset.ContentSequence
        if item.ConceptNameCodeSequence[0].CodeValue == "C0034375"
    ]  # fmt: skip
    return [item.TextValue for item in container.ContentSequence]


def test_the_numbers_are_exactly_those_of_the_film() -> None:
    content, _ = report(SCORED)
    about_film, *about_classes = groups(content)
    assert {one.name.value: one.value for one in about_film.get_measurements()} == {
        "prob_finding": SCORED.prob_finding,
        "threshold": SCORED.threshold,
        "novelty": SCORED.novelty,
        "novelty_limit": SCORED.novelty_threshold,
    }
    probabilities = {
        one.finding_type.meaning: one.get_measurements()[0].value for one in about_classes
    }
    assert probabilities == {"Normal": 0.188, "Pneumonia": 0.812}
    assert about_classes[0].get_measurements()[0].name == codes.DCM.Probability


def test_the_call_and_the_reading_order_are_coded() -> None:
    content, _ = report(SCORED)
    assert groups(content)[0].finding_type == Code("233604007", "SCT", "Pneumonia")
    assert judged(content) == {
        "status": ["scored"], "refer": ["373067005"], "group": ["group_1"],
        "positive": ["373066001"],
    }  # fmt: skip


def test_a_referred_film_states_every_reason_and_no_probability() -> None:
    content, dataset = report(REFERRED)
    (only,) = groups(content)
    assert only.finding_type is None
    assert only.get_measurements() == []
    assert judged(content)["refer_reason"] == ["refused_by_guard"]
    assert "No call." in comments(dataset)


def test_a_rejected_film_gets_a_report_that_says_why() -> None:
    content, dataset = report(REJECTED)
    assert judged(content)["status"] == ["rejected"]
    assert judged(content)["reason"] == ["truncated"]
    assert "Reason: truncated: the DICOM file ends before its pixels do." in comments(dataset)[2]


def test_research_use_stands_in_the_series_and_in_the_content() -> None:
    _, dataset = report(SCORED)
    assert dataset.SeriesDescription.startswith(RESEARCH_USE)
    assert comments(dataset)[0].startswith(RESEARCH_USE)
    assert (dataset.CompletionFlag, dataset.VerificationFlag) == ("COMPLETE", "UNVERIFIED")


def test_the_network_is_the_observer_and_the_algorithm() -> None:
    content, dataset = report(SCORED)
    (observer,) = content.get_observer_contexts()
    device = observer.observer_identifying_attributes
    assert (device.name, device.serial_number) == ("minivggnet", SEAL)
    texts = {
        item.ConceptNameCodeSequence[0].CodeMeaning: item.TextValue
        for item in groups(content)[0][0].ContentSequence
        if item.ValueType == "TEXT"
    }
    assert texts["Algorithm Name"] == "minivggnet"
    assert texts["Algorithm Version"] == SEAL
    assert texts["Algorithm Parameters"] == "operating point target_sensitivity"
    assert dataset.DeviceSerialNumber == SEAL


def test_the_report_is_in_the_study_of_the_film_and_refers_to_it() -> None:
    content, dataset = report(SCORED)
    film = as_dataset(film_bytes())
    assert dataset.StudyInstanceUID == film.StudyInstanceUID
    assert dataset.SeriesInstanceUID != film.SeriesInstanceUID
    for group in groups(content):
        (source,) = group.source_images
        assert source.referenced_sop_instance_uid == film.SOPInstanceUID
    (study,) = dataset.CurrentRequestedProcedureEvidenceSequence
    (series,) = study.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == film.SeriesInstanceUID


@pytest.mark.parametrize("name", [IDENTITY["PatientName"], "\u738b^\u5c0f\u6771", ""])
def test_identity_is_unchanged(name: str) -> None:
    character_set = {"SpecificCharacterSet": "ISO_IR 192"}
    _, dataset = report(SCORED, PatientName=name, **character_set)
    film = as_dataset(film_bytes(PatientName=name, **character_set))
    for keyword in set(IDENTITY) - {"InstitutionName"}:
        assert dataset[keyword] == film[keyword]
    assert "InstitutionName" not in dataset


@pytest.mark.parametrize(
    ("offset", "time"),
    [("+0530", "210012"), ("-0800", "073012"), ("bad", "153012"), ("", "153012")],
)
def test_the_time_of_the_answer_is_in_the_zone_of_the_film(offset: str, time: str) -> None:
    _, dataset = report(SCORED, TimezoneOffsetFromUTC=offset)
    assert (dataset.ContentDate, dataset.ContentTime) == ("20261126", time)


def test_the_same_film_gives_the_same_bytes() -> None:
    film = AnsweredFilm(SCORED, read_header(film_bytes()), is_synthetic=False)
    assert as_file(structured_report(film, AT)) == as_file(structured_report(film, AT))
