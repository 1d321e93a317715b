"""Films in JPEG Lossless, JPEG-LS and JPEG of 12 bits: decoded, or refused with what to install."""

import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from tasks.core.film.errors import FilmError
from tasks.core.film.jpeg_lossless import check_scan
from tests.dicoms import compressed, dicom
from tests.films import encode
from tests.unit.core.film.decoded_films import GREY, decoded, error_of

WIDE = GREY.astype(np.uint16) * 16 + 5  # 12 bits: 5 to 4085
LOSSLESS, FIRST_ORDER = "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70"
EXTENDED, LS = "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.80"
NEAR_LS = "1.2.840.10008.1.2.4.81"


def jpeg_lossless(pixels: NDArray[Any], n_bits: int) -> bytes:
    """Encode a grey picture as JPEG Lossless with prediction from the left (ITU-T T.81, H.1)."""
    height, width = pixels.shape
    values = pixels.astype(int)
    predicted = np.empty_like(values)
    predicted[:, 1:], predicted[1:, 0] = values[:, :-1], values[:-1, 0]
    predicted[0, 0] = 2 ** (n_bits - 1)
    bits = ""
    for step in (values - predicted).ravel():
        size = int(abs(step)).bit_length()
        bits += f"{size:05b}"  # each of the 17 sizes has a code of 5 bits
        bits += f"{step if step > 0 else step + 2**size - 1:0{size}b}" if size else ""
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")

    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    codes = bytes([0, 0, 0, 0, 0, 17]).ljust(17, b"\0") + bytes(range(17))
    frame = struct.pack(">BHHB", n_bits, height, width, 1) + b"\x01\x11\x00"
    start = segment(0xC3, frame) + segment(0xC4, codes[:1] + codes[1:])
    return b"\xff\xd8" + start + segment(0xDA, b"\x01\x01\x00\x01\x00\x00") + scan + b"\xff\xd9"


@pytest.mark.parametrize("syntax", [LOSSLESS, FIRST_ORDER, LS, NEAR_LS])
def test_without_the_decoder_the_message_says_what_to_install(
    syntax: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    error = error_of(compressed(WIDE, jpeg_lossless(WIDE, 12), syntax, BitsStored=12))
    assert error.reason == "unreadable"
    for word in (syntax, "JPEG", "pip install 'imagecodecs"):
        assert word in error.detail


@pytest.mark.parametrize("syntax", [LOSSLESS, FIRST_ORDER])
@pytest.mark.parametrize(("pixels", "n_bits"), [(WIDE, 12), (WIDE * 16, 16), (GREY, 8)])
def test_jpeg_lossless_has_the_same_pixels(pixels: NDArray[Any], n_bits: int, syntax: str) -> None:
    pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    film = compressed(pixels, jpeg_lossless(pixels, n_bits), syntax, BitsStored=n_bits)
    assert np.array_equal(decoded(film), decoded(dicom(pixels, BitsStored=n_bits)))


@pytest.mark.parametrize("pixels", [WIDE, GREY])
def test_jpeg_ls_has_the_same_pixels(pixels: NDArray[Any]) -> None:
    codecs = pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    n_bits = 12 if pixels is WIDE else 8
    plain = decoded(dicom(pixels, BitsStored=n_bits))
    film = compressed(pixels, codecs.jpegls_encode(pixels), LS, BitsStored=n_bits)
    assert np.array_equal(decoded(film), plain)
    near = codecs.jpegls_encode(pixels, level=2)
    film = compressed(pixels, near, NEAR_LS, BitsStored=n_bits)
    assert np.abs(decoded(film).astype(int) - plain).max() <= 3


def test_jpeg_of_12_bits_is_close_to_the_film() -> None:
    codecs = pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    frame = codecs.jpeg8_encode(WIDE, bitspersample=12, level=98)
    film = compressed(WIDE, frame, EXTENDED, BitsStored=12)
    plain = decoded(dicom(WIDE, BitsStored=12))
    assert np.abs(decoded(film).astype(int) - plain).mean() < 1
    assert len(np.unique(decoded(film))) > 150


def test_signed_values_keep_their_sign() -> None:
    pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    signed = WIDE.astype(np.int16) - 2048
    frame = jpeg_lossless(signed.view(np.uint16) & 0xFFF, 12)
    film = compressed(signed, frame, FIRST_ORDER, BitsStored=12)
    assert np.array_equal(decoded(film), decoded(dicom(WIDE, BitsStored=12)))


def _damaged(frame: bytes) -> dict[str, bytes]:
    large = frame.replace(struct.pack(">HH", 80, 96), struct.pack(">HH", 60_000, 60_000))
    return {"size": large, "cut": frame[: len(frame) // 2], "empty": b"\xff\xd8\xff\xd9"}


@pytest.mark.parametrize("damage", ["size", "cut", "empty"])
@pytest.mark.parametrize("syntax", [FIRST_ORDER, LS])
def test_a_damaged_frame_is_refused_before_it_is_decoded(damage: str, syntax: str) -> None:
    codecs = pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    frame = codecs.jpegls_encode(WIDE) if syntax == LS else jpeg_lossless(WIDE, 12)
    error = error_of(compressed(WIDE, _damaged(frame)[damage], syntax, BitsStored=12))
    assert error.reason == ("truncated" if damage == "cut" else "unreadable")


def test_more_bits_than_the_header_states_are_refused_by_name() -> None:
    pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    film = compressed(WIDE, jpeg_lossless(WIDE, 12), FIRST_ORDER, BitsStored=10)
    assert "BitsStored" in error_of(film).detail
    film = compressed(WIDE, encode(GREY, "JPEG"), EXTENDED, BitsStored=12)
    assert "BitsStored: the frame holds 8 bits" in error_of(film).detail


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9, 0.99])
def test_a_frame_cut_and_closed_with_an_end_marker_is_truncated(share: float) -> None:
    pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    frame = jpeg_lossless(WIDE, 12)
    cut = frame[: int(share * len(frame))] + b"\xff\xd9"
    assert error_of(compressed(WIDE, cut, FIRST_ORDER, BitsStored=12)).reason == "truncated"


def test_a_jpeg_in_dicom_cut_and_closed_with_an_end_marker_is_refused() -> None:
    frame = encode(GREY, "JPEG", quality=90)
    cut = frame[: len(frame) // 2] + b"\xff\xd9"
    assert error_of(compressed(GREY, cut, "1.2.840.10008.1.2.4.50")).reason in (
        "truncated", "unreadable",
    )  # fmt: skip


@pytest.mark.parametrize("predictor", range(1, 8))
def test_the_bits_of_a_scan_are_counted_for_each_predictor(predictor: int) -> None:
    codecs = pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    frame = codecs.jpeg8_encode(WIDE, bitspersample=12, lossless=True, predictor=predictor)
    check_scan(frame, WIDE)
    flat = WIDE.copy()
    flat[60:] = 5
    with pytest.raises(FilmError):
        check_scan(frame, flat)
    with pytest.raises(FilmError, match="lacks"):
        check_scan(frame, np.random.default_rng(0).permutation(WIDE.ravel()).reshape(80, 96))


def test_a_real_jpeg_of_12_bits_and_colour_in_jpeg_lossless() -> None:
    pytest.importorskip("imagecodecs", reason="the optional decoder is not installed")
    folder = Path(pydicom.__file__).parent / "data/test_files"
    assert decoded((folder / "JPGExtended.dcm").read_bytes()).max() == 255
    colour = error_of((folder / "SC_rgb_jpeg_gdcm.dcm").read_bytes()).detail
    assert "SamplesPerPixel: colour in JPEG Lossless" in colour
