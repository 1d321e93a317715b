"""Films with the same pixels and near duplicates are listed in pairs."""

import hashlib
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from tasks.core.errors import ImageStoreError
from tasks.core.film.decode import decode_grey, open_film
from tasks.core.image_store.builder import write_store
from tasks.core.image_store.store import ImageStore
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, read_table, write_table
from tasks.ingest.duplicate_pairs import correlate, find_pairs
from tests.films import film_pixels, ingest_params, pack

Pixels = NDArray[np.uint8]
Row = tuple[str, str, str, int]
PARAMS = ingest_params("anywhere")


def ingested(films: dict[str, Pixels], folder: Path) -> tuple[pd.DataFrame, ImageStore]:
    """Manifest and thumbnails of usable films. `films`: grey pixels by path."""
    rows, thumbnails = [], {}
    for path, pixels in films.items():
        image = Image.fromarray(pixels)
        image_id = hashlib.sha256(path.encode()).hexdigest()
        bits = np.packbits(imagehash.dhash(image, hash_size=16).hash)
        rows.append(
            {
                "image_id": image_id,
                "path": path,
                "pixel_hash": hashlib.sha256(
                    repr(image.size).encode() + pixels.tobytes()
                ).hexdigest(),
                "perceptual_hash": bits.tobytes().hex(),
                "status": "ok",
            }
        )
        thumbnails[image_id] = np.asarray(image.resize((64, 64), Image.Resampling.BOX))
    ids = sorted(thumbnails)
    write_store(folder, ids, 64, [thumbnails[image_id] for image_id in ids])
    return pd.DataFrame(rows).reindex(columns=MANIFEST_SCHEMA.names), ImageStore(folder)


def rows_of(pairs: pd.DataFrame) -> list[Row]:
    columns = ["path_a", "path_b", "kind", "n_bits"]
    return [tuple(row) for row in pairs[columns].itertuples(index=False)]


def test_films_with_the_same_pixels_are_paired_with_the_first(tmp_path: Path) -> None:
    films = {path: film_pixels(1) for path in ("c", "a", "b")} | {"d": film_pixels(2)}
    pairs = find_pairs(*ingested(films, tmp_path / "store"), PARAMS)
    assert rows_of(pairs) == [("a", "b", "exact", 0), ("a", "c", "exact", 0)]
    assert pairs["correlation"].tolist() == [1.0, 1.0]


def test_a_copy_with_another_contrast_is_a_near_duplicate_of_the_first_film(tmp_path: Path) -> None:
    film = film_pixels(1, 200, 160)
    films = {"z": film, "y": film, "b": (film * 0.8).astype(np.uint8), "o": film_pixels(3)}
    pairs = find_pairs(*ingested(films, tmp_path / "store"), PARAMS)
    assert [row[:3] for row in rows_of(pairs)] == [("b", "y", "near"), ("y", "z", "exact")]
    assert 0.99 < pairs["correlation"].iloc[0] <= 1
    assert 0 <= pairs["n_bits"].iloc[0] <= 12


def test_a_near_duplicate_needs_both_few_bits_and_correlation(tmp_path: Path) -> None:
    manifest, store = ingested({"a": film_pixels(1), "b": film_pixels(2)}, tmp_path / "store")
    assert find_pairs(manifest, store, PARAMS).empty
    manifest["perceptual_hash"] = "0" * 63 + np.array(["0", "7"], dtype=object)  # 3 bits apart
    assert find_pairs(manifest, store, PARAMS).empty  # the pictures differ
    lax = ingest_params("anywhere", near_duplicate_correlation=-1.0)
    assert rows_of(find_pairs(manifest, store, lax)) == [("a", "b", "near", 3)]
    strict = ingest_params("anywhere", near_duplicate_correlation=-1.0, near_duplicate_bits=2)
    assert find_pairs(manifest, store, strict).empty


def test_rejected_films_are_in_no_pair(tmp_path: Path) -> None:
    manifest, store = ingested(dict.fromkeys("abc", film_pixels(1)), tmp_path / "store")
    manifest["status"] = np.where(manifest["path"] == "a", "rejected", "ok")
    assert rows_of(find_pairs(manifest, store, PARAMS)) == [("b", "c", "exact", 0)]


def test_the_error_names_a_film_without_thumbnail(tmp_path: Path) -> None:
    manifest, store = ingested({"a": film_pixels(1)}, tmp_path / "store")
    manifest["image_id"] = "f" * 64
    with pytest.raises(ImageStoreError, match="f" * 64):
        find_pairs(manifest, store, PARAMS)


@pytest.mark.parametrize("n_films", [0, 1, 2])
def test_pairs_can_be_written_and_do_not_depend_on_the_order_of_rows(
    tmp_path: Path, n_films: int
) -> None:
    films = {f"f{number}": film_pixels(7) for number in range(n_films)}
    manifest, store = ingested(films, tmp_path / "store")
    pairs = find_pairs(manifest, store, PARAMS)
    write_table(pairs, PAIRS_SCHEMA, tmp_path / "pairs.parquet")
    assert len(read_table(PAIRS_SCHEMA, tmp_path / "pairs.parquet")) == max(0, n_films - 1)
    pd.testing.assert_frame_equal(find_pairs(manifest[::-1], store, PARAMS), pairs)


def test_correlation_equals_numpys_and_is_0_for_constant_pictures() -> None:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (5, 64, 64), dtype=np.uint8)
    others = rng.integers(0, 256, (5, 64, 64), dtype=np.uint8)
    others[0] = pictures[0]
    others[1] = 255 - pictures[1]
    pictures[2] = 255
    pictures[3] = others[3] = 9
    found = correlate(pictures, others)
    assert found[:4].tolist() == [1.0, -1.0, 0.0, 0.0]
    assert found[4] == pytest.approx(np.corrcoef(pictures[4].ravel(), others[4].ravel())[0, 1])


def test_the_largest_sums_do_not_overflow() -> None:
    half = np.zeros((1, 64, 64), dtype=np.uint8)
    half[:, :32] = 255
    brightest = np.full((1, 64, 64), 255, dtype=np.uint8)
    brightest[0, 0, 0] = 254
    assert correlate(half, half).tolist() == [1.0]
    assert correlate(brightest, brightest).tolist() == [1.0]


def pairs_of_pack(name: str, folder: Path) -> pd.DataFrame:
    root = pack(name)
    files = [path for path in sorted(root.rglob("*.*")) if path.suffix in (".jpeg", ".jpg", ".png")]
    films = {
        path.relative_to(root).as_posix(): np.asarray(decode_grey(open_film(path.read_bytes())))
        for path in files
        if "masks" not in path.parts
    }
    return find_pairs(*ingested(films, folder / "store"), PARAMS)


def test_the_known_near_duplicates_of_covid_radiography_are_found(tmp_path: Path) -> None:
    pairs = pairs_of_pack("covid-radiography-mini", tmp_path)
    names = {(Path(a).stem, Path(b).stem) for a, b in zip(pairs.path_a, pairs.path_b, strict=True)}
    assert names == {("COVID-113", "COVID-71"), ("COVID-2", "COVID-31"), ("COVID-72", "COVID-85")}
    assert (pairs["kind"] == "near").all()


def test_the_known_duplicates_of_covid_3class_are_found(tmp_path: Path) -> None:
    pairs = pairs_of_pack("covid-3class", tmp_path)
    exact = pairs[pairs["kind"] == "exact"]
    across = exact["path_a"].str.contains("/train/") & exact["path_b"].str.contains("/val/")
    assert (len(exact), across.sum()) == (10, 6)
    assert (pairs["kind"] == "near").sum() == 5


def test_kermanys_set_has_identical_films_and_no_false_pair(tmp_path: Path) -> None:
    pairs = pairs_of_pack("kermany-224", tmp_path)
    assert set(pairs["kind"]) == {"exact"}
    assert len(pairs) == 29  # 27 groups, two of them of three films


def test_the_known_pair_of_the_originals_is_found(tmp_path: Path) -> None:
    pairs = pairs_of_pack("kermany-original", tmp_path)
    names = [(Path(a).stem, Path(b).stem) for a, b in zip(pairs.path_a, pairs.path_b, strict=True)]
    assert names == [("person1430_bacteria_3695", "person1430_bacteria_3696")]
