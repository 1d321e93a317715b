"""DICOM files that are refused; of the patient a hash, age and sex leave the reader."""

import hashlib
import logging
import pickle
import re
import struct
import traceback
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.film.decode import decode_grey, open_film, patient_key
from tasks.core.film.dicom import burned_in, has_icc_profile, hash_patient_id
from tasks.core.film.errors import FilmError
from tasks.core.film.grey import bit_depth
from tests.dicoms import (
    NUMBER,
    PATIENT,
    compressed,
    dataset,
    dicom,
    written,
)
from tests.films import encode, film_pixels
from tests.unit.core.film.decoded_films import GREY, decoded, error_of

WIDE = GREY.astype(np.uint16) * 16 + 5  # 12 bits: 5 to 4085
BASELINE, EXTENDED = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51"


def test_masks_and_wide_integers_are_refused_for_their_bit_depth() -> None:
    mask = dicom(GREY, BitsAllocated=1, BitsStored=1, PixelData=bytes(80 * 96 // 8))
    assert (open_film(mask).mode, error_of(mask).reason) == ("1", "bit_depth")
    wide = dicom(GREY.astype(np.uint32))
    assert (open_film(wide).mode, error_of(wide).reason) == ("I", "bit_depth")
    colour = dicom(np.dstack([GREY] * 3), BitsAllocated=16, BitsStored=16)
    assert bit_depth(open_film(colour).mode) == 16
    assert error_of(colour).reason == "bit_depth"


@pytest.mark.parametrize(
    ("elements", "frames"),
    [({"Rows": 60_000, "Columns": 60_000}, 1), ({"NumberOfFrames": 20_000}, 20_000)],
)
def test_a_header_that_states_too_many_pixels_is_a_bomb(
    elements: dict[str, int], frames: int
) -> None:
    with pytest.raises(FilmError, match=f"in {frames} frames") as caught:
        open_film(dicom(GREY, **elements))
    assert caught.value.reason == "bomb"


def test_an_embedded_jpeg_larger_than_the_film_is_not_decoded() -> None:
    large = encode(film_pixels(2, 600, 400), "JPEG")
    assert "size of a compressed frame" in str(error_of(compressed(GREY, large, BASELINE)))


def test_an_embedded_jpeg_that_states_a_gigapixel_is_a_bomb() -> None:
    frame = bytearray(encode(GREY, "JPEG"))
    at = frame.index(b"\xff\xc0") + 5
    frame[at : at + 4] = struct.pack(">HH", 60_000, 60_000)
    assert error_of(compressed(GREY, bytes(frame), BASELINE)).reason == "bomb"


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.4.100", "1.2.3.4.5.6.7.8"])
def test_a_transfer_syntax_without_a_decoder_is_named(syntax: str) -> None:
    error = error_of(compressed(GREY, b"\xff\xd8\xff\xd9", syntax))
    assert error.reason == "unreadable"
    assert syntax in error.detail
    assert ("MPEG2" in error.detail) == syntax.endswith("100")


def test_12_bit_jpeg_that_is_none_is_unreadable() -> None:
    film = compressed(WIDE, encode(GREY, "JPEG"), EXTENDED, BitsStored=12)
    assert error_of(film).reason == "unreadable"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.99])
def test_a_film_cut_off_in_its_pixels_is_truncated(share: float) -> None:
    for data in (dicom(GREY), compressed(GREY, encode(GREY, "JPEG"), BASELINE)):
        start = data.index(b"\xe0\x7f\x10\x00") + 20
        assert error_of(data[: start + int(share * (len(data) - start))]).reason == "truncated"


def test_an_embedded_jpeg_cut_off_is_truncated() -> None:
    frame = encode(GREY, "JPEG")
    assert error_of(compressed(GREY, frame[: len(frame) // 2], BASELINE)).reason == "truncated"


def test_a_file_without_a_picture_is_unreadable() -> None:
    report = dataset(GREY)
    for keyword in ("Rows", "Columns", "PixelData"):
        delattr(report, keyword)
    assert "no picture" in str(error_of(written(report, "1.2.840.10008.1.2.1")))


def test_an_element_of_the_wrong_length_is_unreadable() -> None:
    rows = b"\x28\0\x10\0US\x02\0"
    damaged = dicom(GREY).replace(rows, rows[:-2] + b"\x01\0")
    assert error_of(damaged).reason == "unreadable"


@given(st.binary(max_size=300), st.integers(0, 400))
@settings(max_examples=100, deadline=None)
def test_random_bytes_after_the_magic_bytes_are_a_film_error(tail: bytes, n_kept: int) -> None:
    assert error_of(dicom(GREY)[: 132 + n_kept] + tail).reason in (
        "unreadable", "truncated", "bomb", "bit_depth",
    )  # fmt: skip


def test_the_patient_key_is_a_salted_hash_of_the_patient_id_only() -> None:
    expected = "dicom:" + hashlib.sha256(f"salt{NUMBER}".encode()).hexdigest()[:16]
    assert hash_patient_id(dicom(GREY), "salt") == expected
    assert patient_key(open_film(dicom(WIDE, PatientName="SOMEONE^ELSE")), "salt") == expected
    assert hash_patient_id(dicom(GREY), "other salt") != expected
    assert re.fullmatch(r"dicom:[0-9a-f]{16}", expected)


@pytest.mark.parametrize("number", ["", "   ", None])
def test_a_film_without_a_patient_id_has_no_key(number: str | None) -> None:
    assert hash_patient_id(dicom(GREY, PatientID=number), "salt") is None


def test_a_film_of_another_format_has_no_patient_key() -> None:
    assert patient_key(open_film(encode(GREY, "PNG")), "salt") is None


@pytest.mark.parametrize(("said", "flag"), [("YES", True), ("NO", False), ("", None)])
def test_burned_in_is_what_the_file_states(said: str, flag: bool | None) -> None:
    assert burned_in(dicom(GREY, BurnedInAnnotation=said)) is flag
    assert burned_in(dicom(GREY)) is None


def test_an_icc_profile_is_detected_and_changes_no_pixel() -> None:
    with_profile = dicom(GREY, ICCProfile=b"any bytes at all")
    assert has_icc_profile(with_profile)
    assert not has_icc_profile(dicom(GREY))
    assert np.array_equal(decoded(with_profile), GREY)


def test_no_text_about_the_patient_reaches_an_error_or_a_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    whole = dicom(WIDE, BitsStored=12, WindowCenter=5, WindowWidth=5, RescaleSlope=1)
    output = ""
    for window_or_slope in (b"\x28\0\x51\x10DS", b"\x28\0\x53\x10DS"):
        at = whole.index(window_or_slope)
        assert whole[at + 6 : at + 8] == b"\x04\0"  # 5.0 or 1.0, padded to 4 bytes
        name = PATIENT.encode() + b" "  # where a number should be
        data = whole[: at + 6] + struct.pack("<H", len(name)) + name + whole[at + 12 :]
        with pytest.raises(FilmError) as caught:
            decode_grey(open_film(data))
        output += "".join(traceback.format_exception(caught.value))
    syntax = b"1.2.840.10008.1.2.1\0"
    for data in (whole.replace(syntax, b"NOBODY^NEMO^^^^^^^^^"), whole.replace(syntax, bytes(20))):
        output += str(error_of(data))
    for cut in range(132, len(whole), 97):
        try:
            decode_grey(open_film(whole[:cut]))
        except FilmError as error:
            output += "".join(traceback.format_exception(error)) + str(pickle.dumps(error))
    output += caplog.text + "".join(capfd.readouterr())
    assert "damaged DICOM file" in output
    for secret in ("NOBODY", "NEMO", NUMBER):
        assert secret not in output


def test_the_logger_of_pydicom_is_restored() -> None:
    before = logging.getLogger("pydicom").propagate
    decoded(dicom(GREY))
    error_of(dicom(GREY)[:300])
    assert logging.getLogger("pydicom").propagate is before


def test_the_reader_opens_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    data = compressed(GREY, encode(GREY, "JPEG"), BASELINE)
    decoded(data)  # imports are done by now

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a file was opened")

    for opener in ("builtins.open", "io.open", "os.open", "pathlib.Path.open"):
        monkeypatch.setattr(opener, refuse)
    decoded(data)
    decoded(dicom(WIDE))
    hash_patient_id(data, "salt")
