"""One row per file found: what it is, and why it can or cannot be used."""

import hashlib
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tasks.core.errors import SourceError
from tasks.core.tables import MANIFEST_SCHEMA, write_table
from tasks.ingest.manifest import build_manifest
from tasks.ingest.pixel_statistics import pixel_statistics
from tests.films import (
    Files,
    encode,
    film_pixels,
    ingest_params,
    jpeg,
    mooney_files,
    on_workers,
    only_row,
    pack,
    png,
    png_of_size,
    tree_hash,
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
    """A picture whose red channel is far from its blue one."""
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
        "jpeg_quality": None,
        "quantisation": None,
        "is_progressive": None,
        "has_icc_profile": False,
        "has_exif": False,
        "burned_in": None,
        "colour": 0.0,
        **pixel_statistics(Image.fromarray(pixels)),
    }


def test_columns_are_the_promised_ones(tmp_path: Path) -> None:
    assert list(manifest_of(tmp_path, {}).columns) == MANIFEST_SCHEMA.names


def test_patient_and_subtype_come_from_the_name(tmp_path: Path) -> None:
    row = only_row(manifest_of(tmp_path, {}), "PNEUMONIA/person1_virus_7.jpeg")
    assert (row["subtype"], row["patient_id"]) == ("virus", "virus:1")


def test_mode_and_profile_and_container_change_no_hash(tmp_path: Path) -> None:
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


def test_two_sizes_of_the_same_bytes_have_two_pixel_hashes(tmp_path: Path) -> None:
    pixels = film_pixels(3, 80, 40)
    files = {
        "NORMAL/a.png": encode(pixels, "PNG"),
        "NORMAL/b.png": encode(pixels.reshape(80, 40), "PNG"),
    }
    manifest = manifest_of(tmp_path, files)
    assert manifest["pixel_hash"].nunique() == 4


def test_pictures_of_two_seeds_are_far_apart(tmp_path: Path) -> None:
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
        ("NORMAL/x.png", encode(film_pixels(3) > 120, "PNG"), "bit_depth"),
        ("NORMAL/x.tif", encode(film_pixels(3).astype(np.float32) / 255, "TIFF"), "bit_depth"),
        ("NORMAL/x.jpeg", encode(orange(), "JPEG"), "colour_photograph"),
    ],
)
def test_each_reason(tmp_path: Path, path: str, data: bytes, reason: str | None) -> None:
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


def test_a_link_out_of_the_source_is_a_rejected_row_without_facts(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(9))
    root = write_tree(tmp_path / "films", GOOD)
    (root / "NORMAL/link.png").symlink_to(secret)
    row = only_row(build_manifest(ingest_params(root), compute=on_workers(1)), "NORMAL/link.png")
    assert (row["status"], row["reason"]) == ("rejected", "unreadable")
    assert row["image_id"] is row["n_bytes"] is row["pixel_hash"] is None


def test_a_damaged_member_of_a_zip_is_a_rejected_row(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "films.zip", GOOD)
    data = bytearray(path.read_bytes())
    start = data.index(b"IM-0001-0001.jpeg") + 17
    data[start : start + 40] = bytes([0xFF]) * 40  # no deflate stream
    path.write_bytes(data)
    row = only_row(
        build_manifest(ingest_params(path), compute=on_workers(1)), "NORMAL/IM-0001-0001.jpeg"
    )
    assert (row["status"], row["reason"]) == ("rejected", "unreadable")


def awkward() -> Files:
    return {
        **mooney_files(12),
        "chest_xray/train/NORMAL/zero.jpeg": b"",
        "chest_xray/train/NORMAL/cut.jpeg": jpeg(5)[:1500],
        "chest_xray/train/NORMAL/ä b.png": png(6),
        "chest_xray/.DS_Store": b"x",
        "README.md": b"# films",
    }


def parquet(tmp_path: Path, manifest: pd.DataFrame) -> bytes:
    write_table(manifest, MANIFEST_SCHEMA, tmp_path / "manifest.parquet")
    return (tmp_path / "manifest.parquet").read_bytes()


def test_bytes_do_not_depend_on_workers_nor_on_folder_or_zip(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", dict(reversed(awkward().items())))
    archive = write_zip(tmp_path / "films.zip", awkward())
    runs = [(root, 1), (root, 2), (root, 3), (archive, 1), (archive, 2)]
    tables = {
        parquet(tmp_path, build_manifest(ingest_params(source), compute=on_workers(workers)))
        for source, workers in runs
    }
    assert len(tables) == 1


def test_rows_are_the_files_found_sorted_by_path(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "films", awkward())
    before = tree_hash(root)
    manifest = build_manifest(ingest_params(root))
    assert manifest["path"].tolist() == sorted(awkward())
    assert manifest["image_id"].notna().all()
    assert set(manifest["status"]) == {"ok", "rejected"}
    assert (manifest["reason"].isna() == (manifest["status"] == "ok")).all()
    assert tree_hash(root) == before


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({}, "no file at all"),
        ({"a.txt": b"x"}, "0 images among 1 files"),
        ({"a.png": png(1), "b.png": png(2)}, "2 images among 2 files, for instance a.png"),
        ({"NORMAL/a.png": png(1), "NORMAL/b.png": png(2)}, "2 images among 2 files"),
        ({"train/NORMAL/a.png": png(1), "test/NORMAL/b.png": png(2)}, "2 images"),
        (
            {"NORMAL/a.png": b"", "PNEUMONIA/b.png": b"", "c.md": b""},
            "2 unreadable, 1 not_an_image",
        ),
    ],
    ids=["empty", "no image", "flat", "one class", "one class in splits", "nothing usable"],
)
def test_a_source_without_two_classes_of_films_is_refused(
    tmp_path: Path, files: Files, found: str
) -> None:
    root = write_tree(tmp_path / "films", files)
    with pytest.raises(SourceError) as caught:
        build_manifest(ingest_params(root), compute=on_workers(1))
    assert found in caught.value.found
    assert str(root) in caught.value.where


def test_a_layout_asked_for_that_does_not_fit_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"ingest\.layout: mooney"):
        manifest_of(tmp_path, {}, layout="mooney")


def shared_patients(films: pd.DataFrame, first: str, second: str) -> int:
    patients = [
        set(films.loc[films["given_split"] == name, "patient_id"]) for name in (first, second)
    ]
    return len(patients[0] & patients[1])


def duplicate_groups(films: pd.DataFrame, split: str) -> int:
    sizes = films[films["given_split"] == split].groupby("image_id").size()
    return int((sizes > 1).sum())


def real(name: str) -> pd.DataFrame:
    return build_manifest(ingest_params(pack(name), min_side_px=64))


def films_of(manifest: pd.DataFrame) -> pd.DataFrame:
    return manifest[manifest["status"] == "ok"]


def test_kermanys_set_has_the_known_patients_leaks_and_duplicates() -> None:
    manifest = real("kermany-224")
    films = films_of(manifest)
    assert len(films) == len(manifest) == 5532
    assert manifest["layout"].unique().tolist() == ["mooney"]
    assert films["patient_id"].notna().all()
    assert films.groupby("given_split")["patient_id"].nunique().to_dict() == {
        "train": 3642, "val": 16, "test": 219,
    }  # fmt: skip
    assert shared_patients(films, "train", "test") == 0
    assert shared_patients(films, "train", "val") == 4
    assert shared_patients(films, "val", "test") == 0
    groups = [duplicate_groups(films, split) for split in ("train", "val", "test")]
    assert groups == [24, 0, 3]
    assert films.groupby("image_id")[["label", "given_split"]].nunique().to_numpy().max() == 1
    counts = films.groupby(["given_split", "label"]).size().to_dict()
    assert counts == {
        ("train", "NORMAL"): 1333, ("train", "PNEUMONIA"): 3867,
        ("val", "NORMAL"): 8, ("val", "PNEUMONIA"): 8,
        ("test", "NORMAL"): 117, ("test", "PNEUMONIA"): 199,
    }  # fmt: skip


def test_kermanys_originals_are_all_usable() -> None:
    manifest = real("kermany-original")
    films = films_of(manifest)
    assert len(films) == len(manifest) == 150
    assert films["label"].value_counts().to_dict() == {"PNEUMONIA": 108, "NORMAL": 42}
    assert films["subtype"].value_counts().to_dict() == {"bacteria": 58, "virus": 50}
    assert films["mode"].value_counts().to_dict() == {"L": 124, "RGB": 26}
    assert (films.groupby("image_id").size() > 1).sum() == 1


def test_the_covid_set_has_three_classes_and_the_known_duplicates() -> None:
    manifest = real("covid-3class/Covid19-dataset")
    films = films_of(manifest)
    assert len(films) == len(manifest) == 317
    assert films["label"].value_counts().to_dict() == {
        "COVID": 137, "NORMAL": 90, "VIRAL PNEUMONIA": 90,
    }  # fmt: skip
    assert (films.groupby("image_id").size() > 1).sum() == 10
    assert (films.groupby("image_id")["given_split"].nunique() > 1).sum() == 6


def test_the_masks_of_the_radiography_set_are_no_films() -> None:
    manifest = real("covid-radiography-mini/COVID-19_Radiography_Dataset")
    assert manifest["reason"].fillna("ok").value_counts().to_dict() == {"ok": 360, "mask": 360}
    counts = films_of(manifest)["label"].value_counts().to_dict()
    assert counts == {"COVID": 120, "NORMAL": 120, "VIRAL PNEUMONIA": 120}


def test_a_table_beside_the_films_is_a_row_and_no_film() -> None:
    manifest = real("covid-3class")
    row = only_row(manifest, "PROVENANCE.csv")
    assert (len(manifest), row["reason"]) == (318, "not_an_image")


def test_a_flat_folder_of_real_films_is_refused() -> None:
    with pytest.raises(SourceError, match="12 images among 12 files"):
        real("nih-sample")
