"""Each DICOM attribute of grey values is used, ignored, or refused by its name."""

from typing import Any

import numpy as np
import pytest
from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from tasks.core.film.decode import decode_grey, decode_reduced, open_film
from tasks.core.film.dicom_attributes import CHECKED, DICOM_ATTRIBUTES
from tests.dicoms import dataset, dicom, written
from tests.unit.core.film.decoded_films import GREY, decoded, error_of

WIDE = GREY.astype(np.uint16) * 16 + 5  # 12 bits: 5 to 4085
EXPLICIT = "1.2.840.10008.1.2.1"


def item(**elements: Any) -> Sequence:
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return Sequence([made])


def row(values: list[int], dtype: Any = np.uint16, **elements: Any) -> list[int]:
    return [int(v) for v in decoded(dicom(np.array([values] * 4, dtype=dtype), **elements))[0]]


def test_every_attribute_is_a_keyword_of_the_standard() -> None:
    assert all(tag_for_keyword(keyword) for keyword in DICOM_ATTRIBUTES if keyword != "OverlayData")
    assert set(CHECKED) <= set(DICOM_ATTRIBUTES)
    assert all(what.split()[0].strip(":,") in ("used", "ignored", "refused")
               for what in DICOM_ATTRIBUTES.values())  # fmt: skip


REFUSED: dict[str, Any] = {
    "PhotometricInterpretation": "PALETTE COLOR",
    "PixelAspectRatio": ["2", "1"],
    "PixelSpacing": ["0.2", "0.1"],
    "ImagerPixelSpacing": ["0.2", "0.15"],
    "PresentationLUTShape": "INVERSE",
    "PresentationIntentType": "FOR PROCESSING",
    "VOILUTFunction": "CUBIC",
    "RedPaletteColorLookupTableDescriptor": [256, 0, 16],
    "PixelDataProviderURL": "http://example.org",
    "SharedFunctionalGroupsSequence": item(Rows=1),
    "MaskSubtractionSequence": item(MaskOperation="TID"),
    "PixelRepresentation": 2,
    "BitsStored": 17,
    "RescaleSlope": "0",
}


@pytest.mark.parametrize("keyword", REFUSED)
def test_an_attribute_that_would_be_shown_wrongly_is_refused_by_name(keyword: str) -> None:
    error = error_of(dicom(WIDE, **{keyword: REFUSED[keyword]}))
    assert error.reason == "unreadable"
    assert keyword in error.detail


@pytest.mark.parametrize("keyword", ["FloatPixelData", "DoubleFloatPixelData"])
def test_float_pixels_are_refused_by_name(keyword: str) -> None:
    made = dataset(WIDE)
    del made.PixelData
    setattr(made, keyword, WIDE.astype(np.float64).tobytes())
    made.BitsAllocated = 16
    assert keyword in error_of(written(made, EXPLICIT)).detail


@pytest.mark.parametrize(
    "keyword",
    ["PhotometricInterpretation", "BitsStored", "PixelRepresentation", "SamplesPerPixel"],
)
def test_a_missing_attribute_is_named(keyword: str) -> None:
    made = dataset(WIDE)
    delattr(made, keyword)
    assert error_of(written(made, EXPLICIT)).detail == f"DICOM {keyword}: missing"


def test_text_of_the_file_is_not_quoted() -> None:
    for keyword in ("PhotometricInterpretation", "VOILUTFunction", "PresentationLUTShape"):
        assert "NEMO" not in str(error_of(dicom(WIDE, **{keyword: "NEMO"})))


IGNORED: dict[str, Any] = {
    "SmallestImagePixelValue": 0,
    "LargestImagePixelValue": 65535,
    "LossyImageCompression": "01",
    "ICCProfile": b"any",
    "RescaleType": "US",
    "PixelIntensityRelationshipSign": -1,
    "PresentationLUTShape": "IDENTITY",
    "PixelSpacing": ["0.143", "0.143"],
    "ShutterShape": "RECTANGULAR",
}


@pytest.mark.parametrize("keyword", IGNORED)
def test_an_ignored_attribute_changes_no_pixel(keyword: str) -> None:
    film = dicom(WIDE, **{keyword: IGNORED[keyword]})
    assert np.array_equal(decoded(film), decoded(dicom(WIDE)))


def test_padding_is_black_and_does_not_define_the_range() -> None:
    values = [65535, 100, 200, 300]
    assert row(values, PixelPaddingValue=65535) == [0, 0, 128, 255]
    ranged = row([60000, 65535, 100, 300], PixelPaddingValue=50000, PixelPaddingRangeLimit=65535)
    assert ranged == [0, 0, 0, 255]
    assert row([-2000, 0, 50, 100], np.int16, PixelPaddingValue=-2000) == [0, 0, 128, 255]
    windowed = {"WindowCenter": 200, "WindowWidth": 201}
    assert row(values, PixelPaddingValue=65535, **windowed)[0] == 0


def test_padding_of_monochrome1_is_background_not_white() -> None:
    inverse = {"PhotometricInterpretation": "MONOCHROME1", "PixelPaddingValue": 0}
    assert row([0, 100, 200, 300], **inverse) == [0, 255, 128, 0]
    assert row([0, 5, 255, 255], np.uint8, **inverse) == [0, 250, 0, 0]


def test_padding_in_implicit_files_has_the_sign_of_the_pixels() -> None:
    made = dataset(np.array([[-2000, 0, 50, 100]] * 4, dtype=np.int16), PixelPaddingValue=-2000)
    assert decoded(written(made, "1.2.840.10008.1.2"))[0].tolist() == [0, 0, 128, 255]


def test_stored_bits_above_the_lowest_bit_are_shifted() -> None:
    made = dataset((WIDE << 4) | 7, BitsStored=12)
    made.HighBit = 15
    assert np.array_equal(decoded(written(made, EXPLICIT)), decoded(dicom(WIDE, BitsStored=12)))
    made.HighBit = 16
    assert "HighBit" in error_of(written(made, EXPLICIT)).detail


def test_an_overlay_in_the_upper_bits_is_not_shown() -> None:
    overlaid = WIDE | np.where(GREY % 2, 0x8000, 0).astype(np.uint16)
    film = dicom(overlaid, BitsStored=12)
    assert np.array_equal(decoded(film), decoded(dicom(WIDE, BitsStored=12)))


def test_the_sign_bit_is_the_highest_stored_bit() -> None:
    unextended = np.array([[0x800, 0xC00, 0, 0x7FF]] * 4, dtype=np.int16)  # of 12 bits
    assert decoded(dicom(unextended, BitsStored=12))[0].tolist() == [0, 64, 128, 255]


def test_one_defect_does_not_take_the_levels_of_the_film() -> None:
    film = np.linspace(1000, 1999, 8000).astype(np.uint16).reshape(80, 100)
    film[0, 0] = 65535
    grey = decoded(dicom(film))
    assert len(np.unique(grey)) > 128
    assert grey[0, 0] == 255


def test_more_than_8_bits_are_kept_for_the_square() -> None:
    image = decode_reduced(open_film(dicom(WIDE, BitsStored=12)), None).image
    assert image.mode == "I;16"
    assert len(np.unique(np.asarray(image))) == len(np.unique(WIDE))
    narrow = decode_reduced(open_film(dicom(GREY)), None).image
    assert narrow.mode == "L"
    assert np.array_equal(np.asarray(narrow), GREY)


def test_a_deflated_film_has_the_same_pixels() -> None:
    made = dataset(WIDE, BitsStored=12)
    data = written(made, "1.2.840.10008.1.2.1.99")
    assert len(data) < WIDE.nbytes
    assert np.array_equal(decoded(data), decoded(dicom(WIDE, BitsStored=12)))
    assert decode_grey(open_film(data)).size == (96, 80)
    assert error_of(data[: len(data) // 2]).reason in ("truncated", "unreadable")
