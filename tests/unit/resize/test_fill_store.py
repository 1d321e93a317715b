"""Each film becomes one square in the store; a film that changed since `ingest` is an error."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from tasks.core.errors import SourceError
from tasks.core.film.pixel_format import PIXEL_FORMAT
from tasks.core.film.sharpness import laplacian_variance
from tasks.core.film.square import square_of_film
from tasks.core.image_store.store import ImageStore
from tasks.resize import fill_store
from tasks.resize.fill_store import Counts, resize_films
from tests.films import (
    encode,
    film_pixels,
    jpeg,
    on_workers,
    png,
    tree_hash,
    write_zip,
)
from tests.unit.resize.resized_films import (
    FILES,
    resize,
    resize_params,
    samples_of,
    store_bytes,
)


def test_each_film_is_stored_under_its_id(source: Path, tmp_path: Path) -> None:
    before = tree_hash(source)
    counts = resize(FILES, source, tmp_path / "out/images", n_workers=2)
    assert counts == Counts(n_decoded=40, n_reused=0, n_removed=0)
    store = ImageStore(tmp_path / "out/images")
    samples = samples_of(FILES)
    expected = np.stack(
        [square_of_film(FILES[path], resize_params()).image for path in samples["path"]]
    )
    assert np.array_equal(store.read(list(samples["image_id"]))[..., 0], expected)
    assert len(store) == 40
    facts = store.facts(np.arange(40))
    boxes = zip(*(facts[name].tolist() for name in fill_store.FACT_NAMES[:6]), strict=True)
    assert set(boxes) == {(0, 0, 96, 80, 1, 1)}  # the whole film
    sharpness = [laplacian_variance(store.view(row)) for row in range(40)]
    assert facts["sharpness"].tolist() == facts["sharpness_before"].tolist() == sharpness
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
        resize_films(table, str(location), resize_params(), folder, compute=on_workers(n_workers))
        stores.append(store_bytes(folder))
    assert all(store == stores[0] for store in stores)


@pytest.mark.parametrize("n_workers", [1, 2])
@pytest.mark.parametrize("change", ["other bytes", "deleted", "link out"])
def test_a_film_that_changed_since_ingest_is_named_and_no_store_is_written(
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
        resize(FILES, source, tmp_path / "out/images", n_workers)
    assert caught.value.where == "all/33 é.jpeg"
    assert "dvc repro" in caught.value.next_step
    assert not (tmp_path / "out/images").exists()


def test_a_film_missing_from_the_zip_is_named(tmp_path: Path) -> None:
    fewer = dict(list(FILES.items())[:-1])
    archive = write_zip(tmp_path / "films.zip", fewer)
    with pytest.raises(SourceError) as caught:
        resize(FILES, archive, tmp_path / "images")
    assert caught.value.where == "all/39 é.jpeg"


def test_a_missing_source_is_an_error_with_a_message(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file or folder"):
        resize(FILES, tmp_path / "gone", tmp_path / "images")
    assert not (tmp_path / "images").exists()


def test_a_failure_leaves_the_former_store(source: Path, tmp_path: Path) -> None:
    resize(FILES, source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    (source / "all/33 é.jpeg").unlink()
    with pytest.raises(SourceError):
        resize(FILES, source, tmp_path / "images", size_px=16)
    assert store_bytes(tmp_path / "images") == before


def test_pixels_are_those_of_this_format() -> None:
    """If this fails with the libraries of requirements.txt, raise PIXEL_FORMAT and change the hash.

    Otherwise a store would mix images of the old code with images of the new code.
    """
    forms = [jpeg(1, 640, 500), jpeg(2, 90, 300), png(3, 200, 150), png(4, 20, 31)]
    forms += [encode(film_pixels(5).astype(np.uint16) * 200, "TIFF")]
    images = [square_of_film(data, resize_params()).image for data in forms]
    digest = hashlib.sha256(np.stack(images).tobytes()).hexdigest()
    assert (PIXEL_FORMAT, digest[:16]) == (2, "e7f63984f1af913d")
