"""DICOM films are decoded to the picture that a viewer shows."""

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.pixels.processing import apply_modality_lut, apply_windowing

from tasks.core.film.decode import colour_of, decode_grey, open_film
from tasks.core.film.grey import bit_depth
from tests.dicoms import (
    compressed,
    dataset,
    dicom,
    lookup_table,
    run_length,
    written,
)
from tests.films import encode, film_pixels
from tests.unit.core.film.decoded_films import GREY, decoded, error_of

WIDE = GREY.astype(np.uint16) * 16 + 5  # 12 bits: 5 to 4085
BASELINE, LOSSLESS = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.90"


def levels(values: list[int], dtype: Any = np.uint16, **elements: Any) -> list[int]:
    """Grey levels of the given stored values after decoding."""
    row = decoded(dicom(np.array([values] * 4, dtype=dtype), **elements))[0]
    return [int(value) for value in row]


def test_a_film_of_8_bits_keeps_its_pixels() -> None:
    film = open_film(dicom(GREY))
    assert (film.width, film.height, film.mode, film.format) == (96, 80, "L", "DICOM")
    assert np.array_equal(decode_grey(film), GREY)


def test_a_film_is_recognised_by_its_magic_bytes() -> None:
    with_tiff_preamble = b"II*\0" + dicom(GREY)[4:]  # PS3.10, 7.1: a TIFF, too
    assert open_film(with_tiff_preamble).format == "DICOM"
    assert error_of(dicom(GREY).replace(b"DICM", b"DICN")).reason == "unreadable"


def test_without_a_window_the_range_of_the_films_values_is_shown() -> None:
    # 4095 / 255 = 16.06 values to a grey level; 100 / 16.06 = 6.2, 2048 / 16.06 = 127.5
    assert levels([0, 100, 2047, 2048, 4095, 4095], BitsStored=12) == [0, 6, 127, 128, 255, 255]
    assert levels([100, 200, 300, 400], BitsStored=16) == [0, 85, 170, 255]
    film = open_film(dicom(WIDE, BitsStored=12))
    assert (film.mode, bit_depth(film.mode)) == ("I;16", 16)


def test_bits_above_the_stored_bits_are_ignored() -> None:
    # 65535 and 4096 are 4095 and 0 with overlays in the upper four bits
    assert levels([0, 4095, 65535, 4096], BitsStored=12) == [0, 255, 255, 0]


def test_the_lowest_signed_value_is_black() -> None:
    assert levels([-2048, -1024, 0, 2047], np.int16, BitsStored=12) == [0, 64, 128, 255]
    assert levels([-128, 0, 127], np.int8) == [0, 128, 255]


def test_monochrome1_is_inverted_so_that_bright_is_dense() -> None:
    inverted = dicom(255 - GREY, PhotometricInterpretation="MONOCHROME1")
    assert np.array_equal(decoded(inverted), GREY)


def test_a_linear_window_follows_the_formula_of_the_standard() -> None:
    # PS3.3 C.11.2.1.2.1: c = 2048, w = 4096 shows 0 as black and 4095 as white;
    # c = 10, w = 11: (x - 9.5) / 10 + 0.5, so 5 -> 0.05, 9 -> 0.45, 14 -> 0.95
    assert levels([0, 4095], WindowCenter=2048, WindowWidth=4096) == [0, 255]
    shown = levels([4, 5, 9, 14, 15], WindowCenter=10, WindowWidth=11)
    assert shown == [0, 13, 115, 242, 255]


def test_a_window_of_one_level_is_a_step() -> None:
    assert levels([9, 10, 11], WindowCenter=10, WindowWidth=1) == [0, 255, 255]


def test_linear_exact_and_sigmoid_windows_by_hand() -> None:
    exact = levels([5, 10, 15], WindowCenter=10, WindowWidth=10, VOILUTFunction="LINEAR_EXACT")
    assert exact == [0, 128, 255]
    # 1 / (1 + exp(-4 (x - 10) / 10)): 5 -> 0.119, 15 -> 0.881
    soft = levels([5, 10, 15], WindowCenter=10, WindowWidth=10, VOILUTFunction="SIGMOID")
    assert soft == [30, 128, 225]


def test_the_first_of_several_windows_is_used() -> None:
    several = levels([0, 200, 4095], WindowCenter=[100, 2048], WindowWidth=[200, 4096])
    assert several == levels([0, 200, 4095], WindowCenter=100, WindowWidth=200)


@pytest.mark.parametrize(("centre", "width"), [(5, 0), (5, -3), (None, 10), (5, None)])
def test_an_invalid_window_is_ignored(centre: Any, width: Any) -> None:
    assert levels([0, 65535], WindowCenter=centre, WindowWidth=width) == [0, 255]


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize("dtype", [np.uint16, np.int16])
def test_windows_agree_with_pydicom(function: str, dtype: Any) -> None:
    film = dataset(
        WIDE.astype(dtype), BitsStored=13, WindowCenter=900, WindowWidth=1500,
        VOILUTFunction=function, RescaleSlope="0.5", RescaleIntercept="-100",
    )  # fmt: skip
    shown = decoded(written(film, "1.2.840.10008.1.2.1"))
    values = apply_windowing(apply_modality_lut(WIDE.astype(dtype), film), film)
    low = (-(2**12) if dtype is np.int16 else 0) * 0.5 - 100
    by_pydicom = (values - low) / ((2**13 - 1) * 0.5) * 255
    assert np.abs(shown - by_pydicom).max() <= 0.501


def test_the_rescale_comes_before_the_window() -> None:
    # 1000 * 2 - 500 = 1500, the centre of the window
    shown = levels(
        [0, 1000, 3000], RescaleSlope=2, RescaleIntercept=-500, WindowCenter=1500.5,
        WindowWidth=1001,
    )  # fmt: skip
    assert shown == [0, 128, 255]


def test_a_rescale_without_a_window_shows_the_full_range() -> None:
    assert levels([0, 65535], RescaleSlope="0.1", RescaleIntercept="-1024") == [0, 255]
    assert levels([0, 65535], RescaleSlope=-1, RescaleIntercept=0) == [255, 0]


def test_a_rescale_slope_of_0_is_unreadable() -> None:
    assert error_of(dicom(WIDE, RescaleSlope=0, RescaleIntercept=0)).reason == "unreadable"


def test_a_modality_table_comes_before_the_window() -> None:
    table = lookup_table([0, 500, 1000], first=7, n_bits=10)
    # values below 7 take the first entry, above 9 the last; 0 to 1000 is the range of the film
    assert levels([0, 7, 8, 9, 99], ModalityLUTSequence=table) == [0, 0, 128, 255, 255]
    # of at most 8 bits all that the table can give is shown: 500 / 1023 * 255 = 124.6
    assert levels([7, 8, 9], np.uint8, ModalityLUTSequence=table) == [0, 125, 249]
    windowed = levels([7, 8, 9], ModalityLUTSequence=table, WindowCenter=500.5, WindowWidth=1001)
    assert windowed == [0, 128, 255]


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_a_voi_table_is_used_instead_of_a_window(syntax: str) -> None:
    table = lookup_table([255, 51, 0], first=100, n_bits=8)
    row = np.array([[0, 100, 101, 102, 200]] * 4, dtype=np.uint16)
    film = dicom(row, syntax, VOILUTSequence=table, WindowCenter=5, WindowWidth=5)
    assert decoded(film)[0].tolist() == [255, 255, 51, 0, 0]


def test_a_table_shorter_than_its_descriptor_is_unreadable() -> None:
    table = lookup_table([0, 1, 2], first=0, n_bits=16)
    table[0].LUTDescriptor = [300, 0, 16]
    assert error_of(dicom(WIDE, VOILUTSequence=table)).reason == "unreadable"


def test_a_table_in_bytes_has_the_byte_order_of_the_file() -> None:
    for syntax, order in (("1.2.840.10008.1.2.1", "<"), ("1.2.840.10008.1.2.2", ">")):
        table = lookup_table([0], first=0, n_bits=16)
        table[0].LUTDescriptor = [2, 0, 16]
        table[0].add_new("LUTData", "OW", struct.pack(f"{order}HH", 0, 65535))
        row = np.array([[0, 1]] * 4, dtype=f"{order}u2")
        assert decoded(dicom(row, syntax, VOILUTSequence=table))[0].tolist() == [0, 255]


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.2"])
def test_implicit_and_big_endian_files_have_the_same_pixels(syntax: str) -> None:
    stored = WIDE.astype(">u2") if syntax.endswith("2.2") else WIDE
    assert np.array_equal(
        decoded(dicom(stored, syntax, BitsStored=12)), decoded(dicom(WIDE, BitsStored=12))
    )


def test_run_lengths_are_decoded() -> None:
    assert np.array_equal(decoded(run_length(GREY)), GREY)
    assert np.array_equal(
        decoded(run_length(WIDE, BitsStored=12)), decoded(dicom(WIDE, BitsStored=12))
    )


def test_jpeg_baseline_has_the_pixels_of_the_jpeg_inside() -> None:
    frame = encode(GREY, "JPEG", quality=90)
    assert np.array_equal(decoded(compressed(GREY, frame, BASELINE)), decode_grey(open_film(frame)))


@pytest.mark.parametrize("pixels", [GREY, WIDE])
def test_jpeg_2000_without_loss_has_the_same_pixels(pixels: NDArray[Any]) -> None:
    frame = encode(pixels, "JPEG2000", no_jp2=True)
    assert np.array_equal(decoded(compressed(pixels, frame, LOSSLESS)), decoded(dicom(pixels)))


def test_a_colour_picture_becomes_luma() -> None:
    colour = np.full((40, 40, 3), (200, 100, 50), dtype=np.uint8)
    film = open_film(dicom(colour))
    assert (film.mode, colour_of(film)) == ("RGB", 150)
    assert np.unique(decode_grey(film)).tolist() == [124]


def test_ybr_is_converted_to_rgb_first() -> None:
    grey = np.dstack([GREY, np.full_like(GREY, 128), np.full_like(GREY, 128)])
    film = dicom(grey, PhotometricInterpretation="YBR_FULL")
    assert np.array_equal(decoded(film), GREY)
    assert colour_of(open_film(film)) == 0


def test_separate_colour_planes_are_joined() -> None:
    colour = np.dstack([film_pixels(seed) for seed in (1, 2, 3)])
    planes = np.ascontiguousarray(np.moveaxis(colour, 2, 0))
    film = dicom(colour, PlanarConfiguration=1, PixelData=planes.tobytes())
    assert np.array_equal(decoded(film), decoded(dicom(colour)))


def test_the_first_of_several_frames_is_decoded() -> None:
    frames = np.stack([WIDE, WIDE[::-1]])
    assert np.array_equal(
        decoded(dicom(frames, BitsStored=12)), decoded(dicom(WIDE, BitsStored=12))
    )
    both = run_length(frames, BitsStored=12)
    assert np.array_equal(decoded(both), decoded(dicom(WIDE, BitsStored=12)))


@pytest.mark.parametrize("name", ["RLE", "implicit", "bigendian", "expb", "jp2klossless", "padded"])
def test_one_picture_in_every_transfer_syntax_has_the_same_pixels(name: str) -> None:
    folder = Path(pydicom.__file__).parent / "data/test_files"  # one MR slice, stored in many ways
    plain = decoded((folder / "MR_small.dcm").read_bytes())
    assert plain.max() > 200
    assert np.array_equal(decoded((folder / f"MR_small_{name}.dcm").read_bytes()), plain)


def test_pydicom_opens_the_files_of_these_tests(tmp_path: Path) -> None:
    (tmp_path / "film").write_bytes(dicom(GREY))
    assert np.array_equal(dcmread(tmp_path / "film").pixel_array, GREY)
