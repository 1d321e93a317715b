"""Damaged files: each gives facts or a reason, within a limit of time, and no other exception.

The damage: flipped bits, cut ends, wrong magic numbers, random bytes, two files joined, in every
format that is read. pytest turns every warning into a failure.
"""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tasks.core.examination.file_facts import file_facts
from tasks.core.film.decode import colour_of, decode_reduced, open_film, patient_key
from tasks.core.film.errors import FilmError
from tasks.core.film.pixel_statistics import pixel_statistics
from tasks.core.film.strict import decode_strictly
from tasks.ingest.manifest import build_manifest
from tests.dicoms import compressed, dicom, lookup_table, run_length
from tests.films import encode, film_pixels, ingest_params, jpeg, on_workers, write_tree

REASONS = {"unreadable", "truncated", "bomb", "bit_depth"}
LIMIT_S = 2.0  # for a file of a few kB; an undamaged one takes 0.005 s
MAGIC = (b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"BM", b"RIFF")

Damage = Callable[[bytes, random.Random], bytes]


@cache
def whole_films() -> dict[str, bytes]:
    """One undamaged film of each kind, by its kind and suffix."""
    grey = film_pixels(1, 64, 48)
    wide = grey.astype(np.uint16) * 16
    image, colour = Image.fromarray(grey), Image.fromarray(np.dstack([grey] * 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    frame, codestream = encode(image, "JPEG"), encode(image, "JPEG2000", no_jp2=True)
    table = lookup_table(list(range(0, 4096, 16)), 0, 12)
    return {
        "grey.jpeg": encode(image, "JPEG"),
        "profile.jpeg": encode(colour, "JPEG", exif=exif, icc_profile=bytes(500)),
        "progressive.jpeg": encode(image, "JPEG", progressive=True),
        "cmyk.jpeg": encode(image.convert("CMYK"), "JPEG"),
        "grey.png": encode(image, "PNG"),
        "alpha.png": encode(image.convert("RGBA"), "PNG", exif=exif),
        "palette.png": encode(image.convert("P"), "PNG", transparency=7),
        "wide.png": encode(wide, "PNG"),
        "animated.png": encode(image, "PNG", save_all=True, append_images=[image.rotate(180)]),
        "grey.tiff": encode(image, "TIFF"),
        "lzw.tiff": encode(colour, "TIFF", compression="tiff_lzw"),
        "deflate.tiff": encode(wide, "TIFF", compression="tiff_adobe_deflate"),
        "jpeg.tiff": encode(colour, "TIFF", compression="jpeg"),
        "float.tiff": encode(grey.astype(np.float32), "TIFF"),
        "grey.bmp": encode(image, "BMP"),
        "colour.bmp": encode(colour, "BMP"),
        "lossy.webp": encode(colour, "WEBP", exif=exif),
        "lossless.webp": encode(image.convert("RGBA"), "WEBP", lossless=True),
        "animated.webp": encode(image, "WEBP", save_all=True, append_images=[image.rotate(180)]),
        "grey.dcm": dicom(grey, WindowCenter=100, WindowWidth=200, BurnedInAnnotation="NO"),
        "wide.dcm": dicom(wide, BitsStored=12, VOILUTSequence=table, RescaleSlope=1),
        "implicit.dcm": dicom(wide, "1.2.840.10008.1.2", ModalityLUTSequence=table),
        "colour.dcm": dicom(np.asarray(colour)),
        "runs.dcm": run_length(grey),
        "jpeg.dcm": compressed(grey, frame, "1.2.840.10008.1.2.4.50"),
        "jpeg2000.dcm": compressed(grey, codestream, "1.2.840.10008.1.2.4.90"),
    }


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def flip_anywhere(data: bytes, chance: random.Random) -> bytes:
    return _flip(data, chance, len(data))


def flip_in_the_header(data: bytes, chance: random.Random) -> bytes:
    return _flip(data, chance, min(700, len(data)))


def wrong_magic(data: bytes, chance: random.Random) -> bytes:
    magic = chance.choice(MAGIC)
    return magic + data[len(magic) :]


def random_bytes(data: bytes, chance: random.Random) -> bytes:
    start = data[: chance.choice([0, 2, 8, 140, 400])]  # the part that a reader checks first
    return start + chance.randbytes(chance.randrange(1500))


def splice(data: bytes, chance: random.Random) -> bytes:
    other = chance.choice(list(whole_films().values()))
    return data[: chance.randrange(len(data))] + other[chance.randrange(len(other)) :]


def blank_stretch(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    length = chance.randrange(1, 64)
    return data[:start] + chance.choice([b"\0", b"\xff"]) * length + data[start + length :]


HOW: tuple[Damage, ...] = (
    cut, flip_anywhere, flip_in_the_header, wrong_magic, random_bytes, splice, blank_stretch,
)  # fmt: skip


def _flip(data: bytes, chance: random.Random, end: int) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.randrange(1, 12)):
        damaged[chance.randrange(end)] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def damaged_files(n_files: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of `n_files` damaged files, the same for the same seed."""
    chance, films = random.Random(seed), list(whole_films().items())
    for number in range(n_files):
        (name, data), how = films[number % len(films)], chance.choice(HOW)
        yield f"{number:05d}-{how.__name__}-{name}", how(data, chance)


@contextmanager
def time_limit(name: str) -> Iterator[None]:
    """Fail if the block takes longer than LIMIT_S; interrupt it after five times that."""

    def stop(*_: Any) -> None:
        pytest.fail(f"{name} hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 5 * LIMIT_S)
    start_s = time.perf_counter()
    try:
        yield
        assert time.perf_counter() - start_s < LIMIT_S, name
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def outcome(data: bytes) -> str:
    """`ok` if all facts of a film are in their ranges, or the reason of its rejection."""
    try:
        film = open_film(data)
        facts = file_facts(data, film)
        patient_key(film, "salt")
        facts["colour"] = colour_of(film)
        grey = decode_strictly(film)
    except FilmError as error:
        return error.reason
    assert grey.mode == "L"
    assert min(grey.size) >= 1
    assert sorted(grey.size) == sorted((film.width, film.height))
    facts |= pixel_statistics(grey)
    assert 0 <= facts["mean"] <= 255
    assert 0 <= facts["black_share"] <= 1
    assert 0 <= facts["colour"] <= 255
    assert np.isfinite([facts[name] for name in ("contrast", "sharpness", "noise", "border")]).all()
    assert facts["jpeg_quality"] is None or 1 <= facts["jpeg_quality"] <= 100
    return "ok"


def outcomes(n_files: int, seed: int) -> Counter[str]:
    """Number of files by outcome."""
    seen: Counter[str] = Counter()
    for name, data in damaged_files(n_files, seed):
        with time_limit(name):
            seen[outcome(data)] += 1
    return seen


@pytest.mark.parametrize("name", whole_films())
def test_an_undamaged_film_is_accepted(name: str) -> None:
    assert outcome(whole_films()[name]) == ("bit_depth" if name == "float.tiff" else "ok")


def test_a_damaged_film_has_facts_or_a_reason() -> None:
    seen = outcomes(1000, seed=1)
    assert seen.total() == 1000
    assert set(seen) <= {"ok", *REASONS}
    assert seen.total() - seen["ok"] > 500
    assert {"ok", "unreadable", "truncated"} <= set(seen)


def test_a_reduced_decode_rejects_the_same_files_as_a_full_one() -> None:
    jpegs = [(name, data) for name, data in damaged_files(3000, seed=4) if name.endswith(".jpeg")]
    seen: Counter[str] = Counter()
    for name, data in jpegs:
        with time_limit(name):
            reduced = reduced_outcome(data, at_least_px=16)
            assert reduced == reduced_outcome(data, at_least_px=None), name
            seen[reduced] += 1
    assert {"ok", "unreadable", "truncated"} <= set(seen) <= {"ok", *REASONS}


def reduced_outcome(data: bytes, at_least_px: int | None) -> str:
    """`ok` if the box lies in the image and can be scaled, or the reason of its rejection."""
    try:
        film = decode_reduced(open_film(data), at_least_px)
    except FilmError as error:
        return error.reason
    left, top, right, bottom = film.box
    assert 0 <= left < right <= film.image.width
    assert 0 <= top < bottom <= film.image.height
    assert film.image.resize((24, 24), Image.Resampling.LANCZOS, box=film.box).mode == "L"
    return "ok"


@pytest.mark.slow
def test_many_damaged_films_have_facts_or_a_reason() -> None:
    seen = outcomes(30_000, seed=2)
    assert set(seen) == {"ok", *REASONS}


@pytest.mark.parametrize("data", [b"", b"\0", bytes(132) + b"DICM", bytes(128) + b"DICM\x02\0"])
def test_an_almost_empty_file_is_unreadable(data: bytes) -> None:
    assert outcome(data) == "unreadable"


def test_every_damaged_file_of_a_folder_is_a_row_with_a_status(tmp_path: Path) -> None:
    check_rows_of_a_damaged_folder(tmp_path, n_files=200)


@pytest.mark.slow
def test_every_one_of_1000_damaged_files_is_a_row_with_a_status(tmp_path: Path) -> None:
    check_rows_of_a_damaged_folder(tmp_path, n_files=1000)


def check_rows_of_a_damaged_folder(folder: Path, n_files: int) -> None:
    files = {f"{label}/whole-{seed}.jpeg": jpeg(seed) for label, seed in (("A", 1), ("B", 2))}
    for number, (name, data) in enumerate(damaged_files(n_files, seed=3)):
        files[f"{'AB'[number % 2]}/{name}"] = data
    manifest = build_manifest(ingest_params(write_tree(folder, files)), compute=on_workers(2))
    assert manifest["path"].tolist() == sorted(files)
    assert set(manifest["status"]) == {"ok", "rejected"}
    assert manifest.loc[manifest["status"] == "rejected", "reason"].notna().all()
    assert manifest.loc[manifest["status"] == "ok", "reason"].isna().all()
    whole = manifest[manifest["path"].str.contains("whole")]
    assert whole["status"].tolist() == ["ok", "ok"]
