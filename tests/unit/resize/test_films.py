"""Every film becomes one grey square; a film that changed since `ingest` stops the stage."""

import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from PIL import Image

from tasks.errors import SourceError
from tasks.film import FilmError, decode_grey, open_film
from tasks.image_store import ImageStore
from tasks.resize.films import fit_square, resize_films
from tests.films import (
    Files,
    encode,
    film_pixels,
    jpeg,
    on_workers,
    pack,
    png,
    tree_hash,
    write_tree,
    write_zip,
)


def lanczos_of_full_decode(data: bytes, size_px: int) -> NDArray[np.uint8]:
    grey = decode_grey(open_film(data))
    return np.asarray(grey.resize((size_px, size_px), Image.Resampling.LANCZOS))


@pytest.mark.parametrize("size", [(64, 64), (200, 90), (90, 200), (20, 30)])
def test_a_constant_film_stays_constant(size: tuple[int, int]) -> None:
    image = fit_square(encode(Image.new("L", size, 137), "PNG"), 32)
    assert (image.shape, image.dtype) == ((32, 32), np.uint8)
    assert np.unique(image).tolist() == [137]


def test_a_square_film_of_the_right_size_is_not_changed() -> None:
    assert np.array_equal(fit_square(png(1, 48, 48), 48), film_pixels(1, 48, 48))


def test_a_gradient_stays_a_gradient_by_hand() -> None:
    gradient = np.tile(np.arange(256, dtype=np.uint8), (128, 1))  # grey = column
    image = fit_square(encode(gradient, "PNG"), 64)
    # new column k covers old columns 4k to 4k + 3: mean 4k + 1.5, but for the rim of the kernel
    expected = np.tile(4 * np.arange(64) + 1.5, (64, 1))
    assert np.abs(image - expected)[:, 3:-3].max() <= 0.5
    assert (np.diff(image.astype(int), axis=1) >= 0).all()


def test_a_film_fills_the_square_whatever_its_aspect() -> None:
    halves = np.zeros((40, 200), dtype=np.uint8)
    halves[:, 100:] = 200
    for film in (halves, halves.T):
        image = fit_square(encode(np.ascontiguousarray(film), "PNG"), 40).astype(int)
        edge = image if film is halves else image.T
        assert np.abs(edge[:, :17]).max() <= 20  # Lanczos rings near the edge
        assert np.abs(edge[:, 23:] - 200).max() <= 20
        assert edge[:, :12].max() == 0
        assert edge[:, 28:].min() == 200


@pytest.mark.parametrize(("width", "height"), [(1600, 1200), (1100, 520), (640, 640), (300, 260)])
def test_reduced_decode_is_close_to_lanczos_of_a_full_decode(width: int, height: int) -> None:
    data = jpeg(7, width, height)
    difference = fit_square(data, 64).astype(int) - lanczos_of_full_decode(data, 64)
    assert np.abs(difference).mean() <= 0.6


def test_real_originals_are_close_to_lanczos_of_a_full_decode() -> None:
    films = sorted(pack("kermany-original").rglob("*.jpeg"))[::8]
    differences = [
        np.abs(fit_square(data, 64).astype(int) - lanczos_of_full_decode(data, 64)).mean()
        for data in (film.read_bytes() for film in films)
    ]
    assert len(differences) >= 15
    assert np.mean(differences) <= 1.0  # the pack was chosen to span extremes


def test_mode_profile_and_container_change_no_pixel() -> None:
    grey = Image.fromarray(film_pixels(3, 200, 150))
    forms = [
        encode(grey, "PNG"),
        encode(grey.convert("RGB"), "PNG", icc_profile=b"a profile"),
        encode(grey.convert("RGBA"), "TIFF"),
        encode(grey, "BMP"),
    ]
    assert len({fit_square(data, 32).tobytes() for data in forms}) == 1


def test_bytes_of_no_film_are_a_film_error() -> None:
    with pytest.raises(FilmError):
        fit_square(jpeg(1)[:1500], 32)


FILES: Files = {f"all/{number:02d} é.jpeg": jpeg(number) for number in range(40)}


def samples_of(files: Files) -> pd.DataFrame:
    ids = [hashlib.sha256(data).hexdigest() for data in files.values()]
    return pd.DataFrame({"image_id": ids, "path": list(files)})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "films", FILES)


def store_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_film_lies_under_its_own_id(source: Path, tmp_path: Path) -> None:
    before = tree_hash(source)
    resize_films(samples_of(FILES), str(source), 32, tmp_path / "out/images", compute=on_workers(2))
    store = ImageStore(tmp_path / "out/images")
    samples = samples_of(FILES)
    expected = np.stack([fit_square(FILES[path], 32) for path in samples["path"]])
    assert np.array_equal(store.read(list(samples["image_id"]))[..., 0], expected)
    assert len(store) == 40
    assert tree_hash(source) == before


def test_the_store_does_not_depend_on_workers_row_order_or_container(
    source: Path, tmp_path: Path
) -> None:
    samples = samples_of(FILES)
    archive = write_zip(tmp_path / "films.zip", FILES)
    runs = [
        (samples, source, 1),
        (samples, source, 2),
        (samples[::-1], source, 3),
        (samples.sample(frac=1, random_state=1), archive, 2),
    ]
    stores = []
    for number, (table, location, n_workers) in enumerate(runs):
        folder = tmp_path / f"images{number}"
        resize_films(table, str(location), 32, folder, compute=on_workers(n_workers))
        stores.append(store_bytes(folder))
    assert all(store == stores[0] for store in stores)
    assert sorted(stores[0]) == ["ids.json", "pixels.npy"]


@pytest.mark.parametrize("n_workers", [1, 2])
@pytest.mark.parametrize("change", ["other bytes", "deleted", "link out"])
def test_a_film_that_changed_since_ingest_is_named_and_nothing_is_written(
    source: Path, tmp_path: Path, change: str, n_workers: int
) -> None:
    film = source / "all/33 é.jpeg"
    film.unlink()
    if change == "other bytes":
        film.write_bytes(jpeg(99))
    elif change == "link out":
        (tmp_path / "same.jpeg").write_bytes(FILES["all/33 é.jpeg"])
        film.symlink_to(tmp_path / "same.jpeg")
    with pytest.raises(SourceError) as caught:
        resize_films(
            samples_of(FILES), str(source), 32, tmp_path / "out/images", on_workers(n_workers)
        )
    assert caught.value.where == "all/33 é.jpeg"
    assert "dvc repro" in caught.value.next_step
    assert list((tmp_path / "out").iterdir()) == []


def test_a_film_that_left_the_zip_is_named(tmp_path: Path) -> None:
    fewer = dict(list(FILES.items())[:-1])
    archive = write_zip(tmp_path / "films.zip", fewer)
    with pytest.raises(SourceError) as caught:
        resize_films(
            samples_of(FILES), str(archive), 32, tmp_path / "images", compute=on_workers(1)
        )
    assert caught.value.where == "all/39 é.jpeg"


def test_a_source_that_vanished_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        resize_films(samples_of(FILES), str(tmp_path / "gone"), 32, tmp_path / "images")
    assert not (tmp_path / "images").exists()


def test_a_failure_leaves_the_former_store(source: Path, tmp_path: Path) -> None:
    resize_films(samples_of(FILES), str(source), 32, tmp_path / "images", compute=on_workers(1))
    before = store_bytes(tmp_path / "images")
    (source / "all/33 é.jpeg").unlink()
    with pytest.raises(SourceError):
        resize_films(samples_of(FILES), str(source), 16, tmp_path / "images", compute=on_workers(1))
    assert store_bytes(tmp_path / "images") == before
