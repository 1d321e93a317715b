"""The manifest has one row per file: its facts, and the reason if it is rejected."""

import hashlib
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tasks.core.film.pixel_statistics import pixel_statistics
from tasks.core.tables import MANIFEST_SCHEMA
from tasks.ingest.manifest import build_manifest
from tests.films import (
    Files,
    encode,
    film_pixels,
    ingest_params,
    jpeg,
    mooney_files,
    on_workers,
    only_row,
    png,
    png_of_size,
    write_tree,
    write_zip,
)

GOOD: Files = {
    "NORMAL/IM-0001-0001.jpeg": jpeg(1),
    "PNEUMONIA/person1_virus_7.jpeg": jpeg(2),
}


def manifest_of(tmp_path: Path, files: Files, **changes: object) -> pd.DataFrame:
    return build_manifest(
        ingest_params(write_tree(tmp_path / "films", {**GOOD, **files}), **changes),
        compute=on_workers(1),
    )


def reason_of(tmp_path: Path, path: str, data: bytes) -> str | None:
    manifest = manifest_of(tmp_path, {path: data})
    assert (manifest["status"] == "ok").sum() == 2 + (only_row(manifest, path)["status"] == "ok")
    row = only_row(manifest, path)
    assert (row["status"] == "ok") == (row["reason"] is None)
    reason: str | None = row["reason"]
    return reason


def orange() -> Image.Image:
    """A picture with very different red and blue channels."""
    grey = Image.fromarray(film_pixels(3))
    return Image.merge("RGB", (grey, grey.point(lambda v: v * 0.7), grey.point(lambda v: v * 0.2)))


def test_a_row_states_the_facts_of_its_file(tmp_path: Path) -> None:
    pixels = film_pixels(3, width=100, height=70)
    data = encode(pixels, "PNG")
    row = only_row(manifest_of(tmp_path, {"NORMAL/scan.png": data}), "NORMAL/scan.png")
    bits = imagehash.dhash(Image.fromarray(pixels), 16).hash
    assert row == {
        "image_id": hashlib.sha256(data).hexdigest(),
        "path": "NORMAL/scan.png",
        "label": "NORMAL",
        "subtype": None,
        "given_split": None,
        "patient_id": None,
        "width": 100,
        "height": 70,
        "mode": "L",
        "bit_depth": 8,
        "format": "PNG",
        "n_bytes": len(data),
        "pixel_hash": hashlib.sha256(b"100x70:" + pixels.tobytes()).hexdigest(),
        "perceptual_hash": np.packbits(bits).tobytes().hex(),
        "layout": "class_folders",
        "status": "ok",
        "reason": None,
        "detail": None,
        "site": None,
        "jpeg_quality": None,
        "quantisation": None,
        "is_progressive": None,
        "has_icc_profile": False,
        "has_exif": False,
        "burned_in": None,
        "n_levels": len(np.unique(pixels)),
        "colour": 0.0,
        "is_synthetic": False,
        "age_years": None,
        "sex": None,
        **pixel_statistics(Image.fromarray(pixels)),
    }


def test_columns_are_those_of_the_schema(tmp_path: Path) -> None:
    assert list(manifest_of(tmp_path, {}).columns) == MANIFEST_SCHEMA.names


def test_patient_and_subtype_come_from_the_name(tmp_path: Path) -> None:
    row = only_row(manifest_of(tmp_path, {}), "PNEUMONIA/person1_virus_7.jpeg")
    assert (row["subtype"], row["patient_id"]) == ("virus", "virus:1")


def test_mode_profile_and_format_do_not_change_the_hashes_of_pixels(tmp_path: Path) -> None:
    grey = Image.fromarray(film_pixels(3))
    manifest = manifest_of(
        tmp_path,
        {
            "NORMAL/l.png": encode(grey, "PNG"),
            "NORMAL/rgb.png": encode(grey.convert("RGB"), "PNG", icc_profile=b"a profile"),
            "NORMAL/rgba.tif": encode(grey.convert("RGBA"), "TIFF"),
        },
    )
    alike = manifest[manifest["path"].str.match("NORMAL/(l|rgb|rgba)\\.")]
    assert len(alike) == 3
    assert alike["image_id"].nunique() == 3
    assert alike["pixel_hash"].nunique() == alike["perceptual_hash"].nunique() == 1


def test_the_same_bytes_in_two_sizes_have_two_pixel_hashes(tmp_path: Path) -> None:
    pixels = film_pixels(3, 80, 40)
    files = {
        "NORMAL/a.png": encode(pixels, "PNG"),
        "NORMAL/b.png": encode(pixels.reshape(80, 40), "PNG"),
    }
    manifest = manifest_of(tmp_path, files)
    assert manifest["pixel_hash"].nunique() == 4


def test_two_different_pictures_have_very_different_hashes(tmp_path: Path) -> None:
    hashes = [int(text, 16) for text in manifest_of(tmp_path, {})["perceptual_hash"]]
    assert (hashes[0] ^ hashes[1]).bit_count() > 40


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("NORMAL/x.png", png(3), None),
        ("NORMAL/.DS_Store", b"\0\0\0\1Bud1", "junk"),
        ("__MACOSX/NORMAL/._x.jpeg", png(3), "junk"),
        ("NORMAL/notes.txt", b"notes", "not_an_image"),
        ("metadata.xlsx", b"PK", "not_an_image"),
        ("NORMAL/x.jpeg", b"<html>sign in</html>", "unreadable"),
        ("NORMAL/x.png", b"", "unreadable"),
        ("NORMAL/x.jpeg", jpeg(3)[:2000], "truncated"),
        ("NORMAL/x.png", png(3)[:2000], "truncated"),
        ("NORMAL/x.png", png_of_size(20_000, 20_000), "bomb"),
        ("NORMAL/x.png", png(3, 31, 90), "too_small"),
        ("NORMAL/x.png", png(3, 32, 32), None),
        ("NORMAL/x.png", encode(np.full((64, 64), 7, np.uint8), "PNG"), "constant"),
        ("PNEUMONIA/masks/x.png", png(3), "mask"),
        ("x.png", png(3), "unknown_label"),
        ("NORMAL/x.png", encode(film_pixels(3) > 120, "PNG"), "mask"),
        ("NORMAL/x.tif", encode(film_pixels(3).astype(np.float32) / 255, "TIFF"), "bit_depth"),
        ("NORMAL/x.jpeg", encode(orange(), "JPEG"), "colour_photograph"),
    ],
)
def test_a_file_is_accepted_or_rejected_with_its_reason(
    tmp_path: Path, path: str, data: bytes, reason: str | None
) -> None:
    assert reason_of(tmp_path, path, data) == reason


def test_the_second_copy_in_kaggles_zip_is_a_nested_copy(tmp_path: Path) -> None:
    files = mooney_files(6)
    nested = {f"chest_xray/{path}": data for path, data in files.items()}
    junk = {
        f"__MACOSX/{path.replace('IM-', '._IM-')}": b"\0\5\x16\7" for path in files if "IM-" in path
    }
    root = write_tree(tmp_path / "films", {**files, **nested, **junk})
    manifest = build_manifest(ingest_params(root))
    assert manifest["layout"].unique().tolist() == ["mooney"]
    assert manifest["reason"].fillna("ok").value_counts().to_dict() == {
        "ok": 12, "nested_copy": 12, "junk": 6,
    }  # fmt: skip
    assert set(manifest.loc[manifest["status"] == "ok", "path"]) == set(files)


def test_a_damaged_film_keeps_the_facts_of_its_header(tmp_path: Path) -> None:
    row = only_row(manifest_of(tmp_path, {"NORMAL/x.jpeg": jpeg(3)[:2000]}), "NORMAL/x.jpeg")
    assert (row["width"], row["height"], row["format"], row["n_bytes"]) == (96, 80, "JPEG", 2000)
    assert row["image_id"] == hashlib.sha256(jpeg(3)[:2000]).hexdigest()
    assert row["pixel_hash"] is None


def test_a_link_that_leads_out_is_rejected_and_has_no_facts(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(9))
    root = write_tree(tmp_path / "films", GOOD)
    (root / "NORMAL/link.png").symlink_to(secret)
    row = only_row(build_manifest(ingest_params(root), compute=on_workers(1)), "NORMAL/link.png")
    assert (row["status"], row["reason"]) == ("rejected", "unreadable")
    assert row["detail"] == "the file is a link that leads out of the source"
    assert row["image_id"] is row["n_bytes"] is row["pixel_hash"] is None


def test_a_damaged_member_of_a_zip_is_a_rejected_row(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "films.zip", GOOD)
    data = bytearray(path.read_bytes())
    start = data.index(b"IM-0001-0001.jpeg") + 17
    data[start : start + 40] = bytes([0xFF]) * 40  # not a deflate stream
    path.write_bytes(data)
    row = only_row(
        build_manifest(ingest_params(path), compute=on_workers(1)), "NORMAL/IM-0001-0001.jpeg"
    )
    assert (row["status"], row["reason"]) == ("rejected", "unreadable")
