"""Damage that Pillow decodes without a word is found; a sound film is never refused."""

import random
import struct
import zlib
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.core.film.decode import Film, decode_grey, open_film
from tasks.core.film.errors import FilmError
from tasks.core.film.strict import decode_strictly
from tasks.core.image_store.store import Pixels
from tests.films import encode, film_pixels, pack
from tests.unit.core.film.decoded_films import GREY

END = b"\xff\xd9"
KINDS: dict[str, dict[str, Any]] = {
    "grey": {},
    "optimised": {"optimize": True},
    "colour": {"mode": "RGB"},
    "colour-whole": {"mode": "RGB", "subsampling": "4:4:4"},
    "rgb": {"mode": "RGB", "keep_rgb": True},
    "cmyk": {"mode": "CMYK"},
    "progressive": {"progressive": True},
    "progressive-colour": {"mode": "RGB", "progressive": True},
    "restarts": {"restart_marker_blocks": 5},
}


@cache
def whole_jpeg(kind: str, seed: int = 1) -> bytes:
    options = {"mode": "L", "quality": 90} | KINDS[kind]
    image = Image.fromarray(film_pixels(seed, 600, 401)).convert(options.pop("mode"))
    return encode(image, "JPEG", **options)


def strictly(data: bytes) -> Pixels:
    return np.asarray(decode_strictly(open_film(data)))


def reason(data: bytes) -> str:
    try:
        strictly(data)
    except FilmError as error:
        return error.reason
    return "ok"


def scan_start(data: bytes) -> int:
    return data.index(b"\xff\xda") + 2


def damaged(data: bytes, other: bytes) -> dict[str, bytes]:
    half = (scan_start(data) + len(data)) // 2
    return {
        "cut at half, closed": data[:half] + END,
        "second half zeros, closed": data[:half] + bytes(len(data) - half - 2) + END,
        "512 zeros inside": data[:half] + bytes(512) + data[half + 512 :],
        "second half of another film": data[:half] + other[len(other) // 2 :],
        "cut": data[:half],
        "zeros to the end": data[:half] + bytes(len(data) - half),
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_jpeg_is_refused_and_a_sound_one_is_not(kind: str) -> None:
    whole = whole_jpeg(kind)
    assert np.array_equal(strictly(whole), np.asarray(decode_grey(open_film(whole))))
    for name, data in damaged(whole, whole_jpeg(kind, 2)).items():
        expected = ("truncated",) if name == "cut" else ("truncated", "unreadable")
        assert reason(data) in expected or not shows(data, whole), name


def shows(data: bytes, whole: bytes) -> bool:
    """Whether Pillow decodes the damaged film, and more than 10 % of its pixels are wrong."""
    try:
        film, sound = (
            np.asarray(decode_grey(open_film(file))).astype(int) for file in (data, whole)
        )
    except FilmError:
        return False
    return bool((np.abs(film - sound) > 32).mean() > 0.1)


@pytest.mark.parametrize("kind", ["grey", "colour"])
def test_a_wrong_bit_that_shows_is_found(kind: str) -> None:
    whole, chance, seen = whole_jpeg(kind), random.Random(3), Counter[bool]()
    for _ in range(150):
        data = bytearray(whole)
        data[chance.randrange(scan_start(whole) + 20, len(whole) - 2)] ^= 1 << chance.randrange(8)
        if shows(bytes(data), whole):
            seen[reason(bytes(data)) != "ok"] += 1
    # the rest is cut off at black or white, or differs from block to block
    assert seen[True] >= 8
    assert seen[True] >= 4 * seen[False]


@pytest.mark.parametrize("kind", KINDS)
def test_a_jpeg_that_lacks_only_its_last_bytes_is_sound(kind: str) -> None:
    whole = whole_jpeg(kind)
    for data in (whole[:-1], whole[:-2], whole + b"trailing \xff\xd9 bytes", whole + whole):
        assert np.array_equal(strictly(data), strictly(whole))
        film = open_film(data)
        assert np.array_equal(decode_grey(film, 50), decode_grey(open_film(whole), 50))


def test_zeros_before_the_end_marker_are_padding_if_they_are_few() -> None:
    whole = whole_jpeg("grey")
    assert reason(whole[:-2] + bytes(3) + END) == "ok"
    assert reason(whole[:-2] + b"\xff\xff" + END) == "ok"
    assert reason(whole[:-2] + bytes(300) + END) == "unreadable"


def test_a_progressive_jpeg_that_ends_between_two_scans_is_truncated() -> None:
    whole = whole_jpeg("progressive")
    last = whole.rindex(b"\xff\xda")
    tables = whole.rindex(b"\xff\xc4", 0, last)
    assert reason(whole[:tables] + END) == "truncated"
    assert reason(whole[:tables]) == "truncated"


@pytest.mark.parametrize("at", [8, 16, 200])
@pytest.mark.parametrize("how", ["black band", "grey band", "label", "two films", "collimator"])
def test_a_sharp_edge_of_a_sound_film_is_no_damage(at: int, how: str) -> None:
    pixels = film_pixels(5, 600, 400)
    if how == "label":
        pixels[at : at + 16, :200] = 255
    elif how == "two films":
        pixels[at:] = film_pixels(6, 600, 400)[at:]
    elif how == "collimator":
        pixels[:at] = pixels[:at] * np.float64(0.5)
    else:
        pixels[:at] = 0 if how == "black band" else 90
    assert reason(encode(pixels, "JPEG", quality=90)) == "ok"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


@pytest.mark.parametrize("share", [0.05, 0.15, 0.3])
def test_the_straight_edge_of_a_collimator_is_no_damage(share: float) -> None:
    for seed in range(4):
        film = film_pixels(seed, 600, 401).astype(float)
        film[240:] *= share  # a multiple of 16: the edge lies between two rows of blocks
        film[238:240] *= (1 + share) / 2
        jpeg = encode(Image.fromarray((film + 12 * share).astype(np.uint8)), "JPEG", quality=85)
        assert reason(jpeg) == "ok"


def test_a_png_with_a_wrong_checksum_is_unreadable() -> None:
    whole = encode(GREY, "PNG", compress_level=0)
    head, tail = whole.index(b"IDAT") - 4, whole.index(b"IEND") - 4
    stream = whole[head + 8 : tail - 4]  # its last 4 bytes are a checksum of all pixels
    two = whole[:head] + chunk(b"IDAT", stream[:-4]) + chunk(b"IDAT", stream[-4:]) + whole[tail:]
    assert reason(two) == "ok"
    assert reason(two[:-12]) == "ok"  # only the chunk that ends the file is missing
    wrong = bytearray(two)
    wrong[head + 3000] ^= 64
    assert reason(bytes(wrong)) == "unreadable"


@pytest.mark.parametrize("exif", [b"", bytes(500)])
def test_zeros_inside_a_lossless_webp_are_damage(exif: bytes) -> None:
    whole = encode(Image.fromarray(GREY), "WEBP", lossless=True, exif=exif)
    assert reason(whole) == "ok"
    assert reason(encode(Image.new("L", (900, 900)), "WEBP", lossless=True, exif=exif)) == "ok"
    half = len(whole) // 2
    assert reason(whole[:half] + bytes(512) + whole[half + 512 :]) == "unreadable"


def sound_films(folder: Path, pattern: str, n_films: int) -> list[Path]:
    films = sorted(folder.rglob(pattern))
    return random.Random(1).sample(films, min(n_films, len(films)))


@pytest.mark.parametrize("name", ["kermany-original", "kermany-224", "covid-3class"])
def test_no_real_film_is_refused(name: str) -> None:
    films = sound_films(pack(name), "*.jpeg", 60)
    assert len(films) == 60
    assert [film.name for film in films if reason(film.read_bytes()) != "ok"] == []


def test_a_film_is_not_a_jpeg_of_many_scans() -> None:
    whole = whole_jpeg("progressive")
    last = whole.rindex(b"\xff\xda")
    refine = whole[last:-2]
    many = whole[:-2] + refine * 100 + END
    with pytest.raises(FilmError, match="more than 100 scans") as caught:
        open_film(many)
    assert caught.value.reason == "bomb"
    assert isinstance(open_film(whole[:-2] + refine + END), Film)
