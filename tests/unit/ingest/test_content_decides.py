"""The content of a file decides whether it is a film; the suffix of its name is a hint."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tasks.core.reasons import REASONS
from tasks.ingest.manifest import build_manifest
from tests.dicoms import dataset, dicom, written
from tests.films import (
    Files,
    encode,
    film_pixels,
    ingest_params,
    jpeg,
    on_workers,
    only_row,
    png,
    write_tree,
)

GREY = Image.fromarray(film_pixels(3))


def without_preamble() -> bytes:
    return dicom(film_pixels(5))[132:]


def without_meta_group() -> bytes:
    buffer = io.BytesIO()
    dataset(film_pixels(5)).save_as(
        buffer, implicit_vr=True, little_endian=True, enforce_file_format=False
    )
    return buffer.getvalue()


def of_class(storage_class: str) -> bytes:
    made = dataset(film_pixels(5))
    made.SOPClassUID = storage_class
    return written(made, "1.2.840.10008.1.2.1")


def dark_with_a_letter() -> np.ndarray:
    film = film_pixels(9) // 16
    film[3:8, 3:12] = 255
    return film


# path -> (bytes, reason, words of the detail)
USED: Files = {
    "NORMAL/00000001": dicom(film_pixels(11)),
    "NORMAL/1.2.840.113.5": dicom(film_pixels(12)),
    "NORMAL/scan.ima": dicom(film_pixels(13)),
    "NORMAL/scan.jfif": jpeg(14),
    "NORMAL/scan.jpe": jpeg(15),
    "NORMAL/scan.png": jpeg(16),
    "NORMAL/scan": png(17),
    "NORMAL/scan.dat": encode(Image.fromarray(film_pixels(18)), "BMP"),
    "NORMAL/scan.1": encode(Image.fromarray(film_pixels(19)), "TIFF"),
    "NORMAL/scan.pic": encode(Image.fromarray(film_pixels(20)), "WEBP", lossless=True),
}
NOT_USED: dict[str, tuple[bytes, str, str]] = {
    "NORMAL/a.gif": (encode(GREY, "GIF"), "unsupported", "a GIF, which is not read; convert it"),
    "NORMAL/a.jpeg": (encode(GREY, "GIF"), "unsupported", "a GIF, which is not read"),
    "NORMAL/a.avif": (b"\0\0\0\x20ftypavif" + bytes(40), "unsupported", "an AVIF"),
    "NORMAL/a.heic": (b"\0\0\0\x18ftypheic" + bytes(40), "unsupported", "a HEIC"),
    "NORMAL/a.jp2": (encode(GREY, "JPEG2000"), "unsupported", "a JPEG 2000"),
    "NORMAL/a.jxl": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(9), "unsupported", "a JPEG XL"),
    "NORMAL/a.psd": (b"8BPS\0\1" + bytes(40), "unsupported", "a Photoshop file"),
    "NORMAL/a.pgm": (encode(GREY, "PPM"), "unsupported", "a Netpbm picture"),
    "NORMAL/a.nii": (b"\x5c\1\0\0" + bytes(340) + b"n+1\0", "unsupported", "a NIfTI"),
    "NORMAL/a.nrrd": (b"NRRD0004\n", "unsupported", "an NRRD volume"),
    "NORMAL/a.pdf": (b"%PDF-1.7\n", "unsupported", "a PDF document"),
    "NORMAL/a.eps": (b"%!PS-Adobe-3.0", "unsupported", "a PostScript"),
    "NORMAL/a.npy": (b"\x93NUMPY\1\0", "unsupported", "a NumPy array"),
    "NORMAL/b.zip": (b"PK\3\4" + bytes(60), "unsupported", "a zip archive inside the folder"),
    "NORMAL/a.nii.gz": (b"\x1f\x8b\x08" + bytes(60), "unsupported", "a gzip file"),
    "NORMAL/a.txt": (png(30), "unsupported", "a PNG whose name ends with txt; rename it"),
    "NORMAL/a.dcm": (without_preamble(), "unsupported", "without preamble"),
    "NORMAL/bare": (without_meta_group(), "unsupported", "without preamble"),
    "NORMAL/b.jpeg": (b"<!DOCTYPE html><html>", "unreadable", "no picture: a web page"),
    "NORMAL/c.jpeg": (b"", "unreadable", "no picture: an empty file"),
    "NORMAL/d.jpeg": (bytes(3000), "unreadable", "no picture: zero bytes only"),
    "NORMAL/e.jpeg": (b"version https://git-lfs.github.com/spec/v1\n", "unreadable", "Git LFS"),
    "NORMAL/f.jfif": (b"no picture at all", "unreadable", ""),
    "NORMAL/DICOMDIR": (of_class("1.2.840.10008.1.3.10"), "not_an_image", "holds no picture"),
    "NORMAL/report": (of_class("1.2.840.10008.5.1.4.1.1.88.11"), "not_an_image", "no picture"),
    "NORMAL/notes.txt": (b"notes", "not_an_image", ""),
    "NORMAL/LICENSE": (b"licence", "not_an_image", ""),
    "NORMAL/Sheet.xlsx": (b"PK\3\4" + bytes(60), "not_an_image", ""),
    "paper.pdf": (b"%PDF-1.7\n", "not_an_image", "a PDF document"),
    "model.h5": (b"\x89HDF\r\n\x1a\n" + bytes(9), "not_an_image", "an HDF5 file"),
    # no decoder may end the run: Pillow asserts that there is a palette
    "NORMAL/palette.png": (png(3)[:25] + b"\3" + png(3)[26:], "unreadable", ""),
    "NORMAL/thin.bmp": (
        encode(GREY, "BMP")[:18]
        + (60_000).to_bytes(4, "little") + (1).to_bytes(4, "little") + encode(GREY, "BMP")[26:],
        "too_small",
        "60000 x 1 px",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    films = {**USED, **{path: data for path, (data, _, _) in NOT_USED.items()}}
    root = write_tree(tmp_path_factory.mktemp("set") / "films", films)
    write_tree(root, {"NORMAL/IM-0001-0001.jpeg": jpeg(1), "PNEUMONIA/2.jpeg": jpeg(2)})
    return build_manifest(ingest_params(root), compute=on_workers(1))


@pytest.mark.parametrize("path", USED)
def test_a_film_is_used_whatever_its_suffix(manifest: pd.DataFrame, path: str) -> None:
    row = only_row(manifest, path)
    assert (row["status"], row["label"], row["detail"]) == ("ok", "NORMAL", None)
    assert row["format"] in ("DICOM", "JPEG", "PNG", "BMP", "TIFF", "WEBP")


@pytest.mark.parametrize("path", NOT_USED)
def test_what_is_not_used_says_what_it_is(manifest: pd.DataFrame, path: str) -> None:
    _, reason, words = NOT_USED[path]
    row = only_row(manifest, path)
    assert (row["status"], row["reason"]) == ("rejected", reason)
    assert words in (row["detail"] or "")


def test_a_picture_that_is_not_used_is_a_lost_film(manifest: pd.DataFrame) -> None:
    assert REASONS["unsupported"].is_lost_film
    assert not REASONS["not_an_image"].is_lost_film
    assert set(manifest["reason"].dropna()) <= set(REASONS)


def test_no_detail_shows_an_address_a_path_or_a_patient(manifest: pd.DataFrame) -> None:
    details = " ".join(manifest["detail"].dropna())
    for text in (" at 0x", "films/", "NOBODY", "NEMO", "PAT-000417"):
        assert text not in details
    assert manifest["detail"].dropna().map(len).max() <= 200


def test_a_damaged_or_two_valued_file_in_a_folder_of_masks_is_a_mask(tmp_path: Path) -> None:
    ellipse = np.zeros((80, 96), np.uint8)
    ellipse[20:60, 20:70] = 255
    files = {
        "NORMAL/IM-0001-0001.jpeg": jpeg(1),
        "PNEUMONIA/2.jpeg": jpeg(2),
        "NORMAL/masks/1.png": encode(ellipse > 0, "PNG"),
        "NORMAL/masks/2.png": png(4)[:300],
        "NORMAL/masks/3.gif": encode(GREY, "GIF"),
        "NORMAL/3.png": encode(ellipse, "PNG"),
        "NORMAL/4.png": encode(ellipse // 255, "PNG"),
        "NORMAL/5.jpeg": encode(ellipse, "JPEG", quality=90),
        "NORMAL/6.png": encode(ellipse // 255 + np.eye(80, 96, dtype=np.uint8), "PNG"),
        "NORMAL/7.png": encode(film_pixels(9) // 8, "PNG"),
        "NORMAL/8.png": encode(dark_with_a_letter(), "PNG"),
    }
    root = write_tree(tmp_path / "films", files)
    found = build_manifest(ingest_params(root), compute=on_workers(1)).set_index("path")
    masks = found.index[found["reason"] == "mask"].tolist()
    assert masks == [
        "NORMAL/3.png", "NORMAL/4.png", "NORMAL/5.jpeg",
        "NORMAL/masks/1.png", "NORMAL/masks/2.png", "NORMAL/masks/3.gif",
    ]  # fmt: skip
    assert found.loc["NORMAL/6.png", "reason"] == "few_levels"
    poor = found.loc[["NORMAL/7.png", "NORMAL/8.png"]]  # of 24 and 17 levels, but films
    assert poor["status"].tolist() == ["ok", "ok"]
