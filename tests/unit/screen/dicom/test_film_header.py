"""What answers repeat of a film: bytes stay bytes, and hostile headers end as FilmErrors."""

import io
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tasks.core.film.dicom import private_errors
from tasks.core.film.errors import FilmError
from tasks.screen.dicom.answers import as_file
from tasks.screen.dicom.film_header import FilmHeader, add_elements, read_header
from tests.dicom_senders import IDENTITY, as_dataset, film_bytes

SYNTAXES = (
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
)
FILM = film_bytes()


def copied(data: bytes) -> Dataset:
    """The identity after it was written into another file and read again."""
    return dcmread(io.BytesIO(as_file(answer_with(read_header(data)))))


def answer_with(header: FilmHeader) -> Dataset:
    answer = Dataset()
    answer.SOPClassUID, answer.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.5"
    add_elements(answer, header.identity)
    answer.ensure_file_meta()
    answer.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return answer


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_identity_is_the_same_in_each_transfer_syntax(syntax: str) -> None:
    answer, film = copied(film_bytes(1, syntax=syntax)), as_dataset(film_bytes(1))
    for keyword in IDENTITY:
        if keyword != "InstitutionName":
            assert answer[keyword].value == film[keyword].value
    assert answer.StudyInstanceUID == "2.25.71"
    assert "InstitutionName" not in answer


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 192", "\u738b^\u5c0f\u6771"),
        ("ISO_IR 100", "M\u00fcller^\u00c5sa"),
        ("ISO_IR 144", "\u041b\u044e\u043ase\u043c\u0431\u0443\u0440\u0433"),
        (["", "ISO 2022 IR 87"], "Yamada^Tarou=\u5c71\u7530^\u592a\u90ce"),
        ("ISO_IR 127", "\u0642\u0628\u0627\u0646\u064a^\u0644\u0646\u0632\u0627\u0631"),
    ],
)
def test_names_of_other_scripts_stay_byte_for_byte(
    character_set: str | list[str], name: str
) -> None:
    film = film_bytes(SpecificCharacterSet=character_set, PatientName=name)
    answer = copied(film)
    assert answer.PatientName == as_dataset(film).PatientName == name
    assert raw(answer, "PatientName") == raw(as_dataset(film), "PatientName")
    assert answer.SpecificCharacterSet == as_dataset(film).SpecificCharacterSet


def raw(film: Dataset, keyword: str) -> bytes:
    fresh = dcmread(io.BytesIO(as_file(film)))
    element = fresh.get_item(keyword)
    assert isinstance(element, RawDataElement)
    return element.value or b""


def test_a_damaged_character_set_changes_no_byte_of_the_name() -> None:
    film = as_dataset(FILM)
    film.SpecificCharacterSet = "ISO_IR 6"
    film.PatientName = "ascii"
    data = as_file(film).replace(b"ascii ", b"\xff\xfe\x1b\x81\x82 ")
    assert b"\xff\xfe\x1b\x81\x82 " in as_file(answer_with(read_header(data)))


def test_several_empty_and_absent_values_stay_so() -> None:
    film = as_dataset(film_bytes(PatientID="", OtherPatientIDs=["A", "", "C"]))
    del film.PatientSex
    answer = copied(as_file(film))
    assert list(answer.OtherPatientIDs) == ["A", "", "C"]
    assert answer["PatientID"].value in ("", None)
    assert answer["PatientSex"].value in ("", None)  # type 2: asked for, if only empty


def test_a_wrong_representation_is_put_right() -> None:
    wrong = FILM.replace(b"\x10\x00\x10\x00PN", b"\x10\x00\x10\x00LO", 1)
    assert copied(wrong).PatientName == IDENTITY["PatientName"]


def test_other_numbers_of_the_patient_come_along_without_what_is_private() -> None:
    other = Dataset()
    other.PatientID, other.IssuerOfPatientID = "SECOND", "TOWN"
    other.private_block(0x0011, "MAKER", create=True).add_new(1, "LO", "SECRET")
    answer = copied(film_bytes(OtherPatientIDsSequence=[other]))
    (kept,) = answer.OtherPatientIDsSequence
    assert (kept.PatientID, kept.IssuerOfPatientID, len(kept)) == ("SECOND", "TOWN", 2)


def test_a_name_inside_an_item_stays_byte_for_byte() -> None:
    other = Dataset()
    other.PatientID = "\u5c0f\u6771"
    film = film_bytes(SpecificCharacterSet="GB18030", OtherPatientIDsSequence=[other])
    answer = copied(film)
    assert answer.OtherPatientIDsSequence[0].PatientID == "\u5c0f\u6771"
    assert "\u5c0f\u6771".encode("gb18030") in as_file(answer)


@pytest.mark.parametrize(
    "change",
    [
        {"StudyInstanceUID": ""},
        {"SOPInstanceUID": "1.2.x"},
        {"SeriesInstanceUID": "1." * 40 + "1"},
        {"PatientID": "Q" * 20_000},
    ],
)
def test_a_header_that_names_no_image_is_refused_without_its_text(change: dict[str, str]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # pydicom, when it writes such a value
        film = film_bytes(**change)
    with pytest.raises(FilmError) as caught:
        read_header(film)
    assert "QQ" not in caught.value.detail


@pytest.mark.parametrize("n_bytes", [0, 100, 132, 200, 300, 420])
def test_a_header_that_is_cut_is_refused(n_bytes: int) -> None:
    with pytest.raises(FilmError):
        read_header(FILM[:n_bytes])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(132, 900), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_mutated_header_is_read_or_refused_and_its_identity_can_be_written(
    changes: list[tuple[int, int]],
) -> None:
    data = bytearray(FILM)
    for place, value in changes:
        data[place % len(data)] = value
    header, detail = read_or_refused(bytes(data))
    assert "ZZQ" not in detail
    if header is not None:
        with private_errors():  # as the writer of answers does
            assert b"DICM" in as_file(answer_with(header))


def read_or_refused(data: bytes) -> tuple[FilmHeader | None, str]:
    try:
        return read_header(data), ""
    except FilmError as error:
        return None, error.detail
