"""Every film becomes one grey square; a film that changed since `ingest` stops the stage."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.errors import SourceError
from tasks.core.film.sharpness import laplacian_variance
from tasks.core.film.square import square_of_film
from tasks.core.image_store.store import ImageStore
from tasks.core.params import ResizeParams
from tasks.resize import films
from tasks.resize.films import FORMAT, Counts, resize_films
from tests.films import (
    Files,
    encode,
    film_pixels,
    jpeg,
    on_workers,
    png,
    tree_hash,
    write_tree,
    write_zip,
)

FILES: Files = {f"all/{number:02d} é.jpeg": jpeg(number) for number in range(40)}


def samples_of(files: Files) -> pd.DataFrame:
    ids = [hashlib.sha256(data).hexdigest() for data in files.values()]
    return pd.DataFrame({"image_id": ids, "path": list(files)})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "films", FILES)


def resize_params(**changes: object) -> ResizeParams:
    """Section `resize` for images of 32 px."""
    values = {
        "size_px": 32,
        "geometry": "stretch",
        "intensity": "none",
        "region": "none",
        "common_resolution_px": None,
    }
    return ResizeParams.model_validate(values | changes)


def resize(
    files: Files, source: Path, folder: Path, n_workers: int | None = 1, **changes: object
) -> Counts:
    return resize_films(
        samples_of(files),
        str(source),
        resize_params(**changes),
        folder,
        compute=on_workers(n_workers),
    )


def store_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def only(folder: Path) -> list[str]:
    """What stands beside the source: the store, and nothing else."""
    return sorted(path.name for path in folder.iterdir())


def test_every_film_lies_under_its_own_id(source: Path, tmp_path: Path) -> None:
    before = tree_hash(source)
    counts = resize(FILES, source, tmp_path / "out/images", n_workers=2)
    assert counts == Counts(n_decoded=40, n_kept=0, n_left=0)
    store = ImageStore(tmp_path / "out/images")
    samples = samples_of(FILES)
    expected = np.stack(
        [square_of_film(FILES[path], resize_params()).image for path in samples["path"]]
    )
    assert np.array_equal(store.read(list(samples["image_id"]))[..., 0], expected)
    assert len(store) == 40
    facts = store.facts(np.arange(40))
    boxes = zip(*(facts[name].tolist() for name in films.FACT_NAMES[:6]), strict=True)
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
def test_a_film_that_changed_since_ingest_is_named_and_no_store_appears(
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


def test_a_film_that_left_the_zip_is_named(tmp_path: Path) -> None:
    fewer = dict(list(FILES.items())[:-1])
    archive = write_zip(tmp_path / "films.zip", fewer)
    with pytest.raises(SourceError) as caught:
        resize(FILES, archive, tmp_path / "images")
    assert caught.value.where == "all/39 é.jpeg"


def test_a_source_that_vanished_is_said_in_words(tmp_path: Path) -> None:
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


def from_scratch(files: Files, source: Path, **changes: object) -> dict[str, bytes]:
    """The bytes of a store made of nothing but its films."""
    with TemporaryDirectory() as temporary:
        resize(files, source, Path(temporary) / "images", **changes)
        return store_bytes(Path(temporary) / "images")


def some(start: int, stop: int) -> Files:
    return dict(list(FILES.items())[start:stop])


def test_only_new_films_are_opened_and_decoded_and_those_that_left_are_gone(
    source: Path, tmp_path: Path
) -> None:
    assert resize(some(0, 30), source, tmp_path / "out/images") == Counts(30, 0, 0)
    for path in some(0, 30):
        (source / path).write_bytes(b"no film")  # whoever opens one of them fails
    counts = resize(some(5, 40), source, tmp_path / "out/images")
    assert counts == Counts(n_decoded=10, n_kept=25, n_left=5)
    write_tree(source, FILES)
    assert store_bytes(tmp_path / "out/images") == from_scratch(some(5, 40), source)
    assert only(tmp_path / "out") == ["images"]


def test_with_nothing_new_nothing_is_decoded_and_no_byte_changes(
    source: Path, tmp_path: Path
) -> None:
    resize(FILES, source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    assert resize(FILES, tmp_path / "gone", tmp_path / "images") == Counts(0, 40, 0)
    assert store_bytes(tmp_path / "images") == before


@given(
    cohorts=st.lists(st.sets(st.integers(0, 39)), min_size=1, max_size=5),
    n_workers=st.sampled_from([1, 2]),
)
@settings(max_examples=8, deadline=None)
def test_the_bytes_do_not_depend_on_the_cohorts_before(
    cohorts: list[set[int]], n_workers: int
) -> None:
    paths = list(FILES)
    with TemporaryDirectory() as temporary:
        source = write_tree(Path(temporary) / "films", FILES)
        folder = Path(temporary) / "images"
        former: set[int] = set()
        for cohort in cohorts:
            files = {paths[number]: FILES[paths[number]] for number in sorted(cohort)}
            expected = Counts(len(cohort - former), len(cohort & former), len(former - cohort))
            assert resize(files, source, folder, n_workers) == expected
            former = cohort
        assert store_bytes(folder) == from_scratch(files, source)


def test_changed_parameters_decode_all(source: Path, tmp_path: Path) -> None:
    resize(FILES, source, tmp_path / "images")
    assert resize(FILES, source, tmp_path / "images", size_px=16) == Counts(40, 0, 0)
    assert store_bytes(tmp_path / "images") == from_scratch(FILES, source, size_px=16)


@pytest.mark.parametrize("changed", ["FORMAT", "version"])
def test_changed_code_or_libraries_decode_all(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str
) -> None:
    resize(some(0, 3), source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    monkeypatch.setattr(films, changed, 0 if changed == "FORMAT" else lambda _: "0.0")
    assert resize(some(0, 3), source, tmp_path / "images") == Counts(3, 0, 0)
    monkeypatch.undo()
    assert resize(some(0, 3), source, tmp_path / "images") == Counts(3, 0, 0)
    assert store_bytes(tmp_path / "images") == before


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 4
    path.write_bytes(data)


DAMAGES = {
    "a bit flipped": flip,
    "cut off": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "empty": lambda path: path.write_bytes(b""),
    "gone": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_films_of_a_damaged_shard_are_decoded_again_and_no_others(
    source: Path, tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    resize(FILES, source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    shard = max(ImageStore(tmp_path / "images").shards, key=lambda one: one.n_images)
    DAMAGES[damage](tmp_path / "images" / shard.name)
    counts = resize(FILES, source, tmp_path / "images")
    assert counts == Counts(shard.n_images, 40 - shard.n_images, 0)
    assert f"{shard.name} is damaged" in caplog.text
    assert store_bytes(tmp_path / "images") == before


@pytest.mark.parametrize("file", ["store.json", "ids.npy"])
@pytest.mark.parametrize("damage", ["empty", "gone"])
def test_a_store_without_an_index_is_made_anew(
    source: Path, tmp_path: Path, file: str, damage: str
) -> None:
    resize(some(0, 3), source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    DAMAGES[damage](tmp_path / "images" / file)
    assert resize(some(0, 3), source, tmp_path / "images") == Counts(3, 0, 0)
    assert store_bytes(tmp_path / "images") == before


def test_what_a_failed_run_finished_is_kept_if_whole(source: Path, tmp_path: Path) -> None:
    last = max(FILES, key=lambda path: hashlib.sha256(FILES[path]).hexdigest())
    (source / last).unlink()
    with pytest.raises(SourceError):
        resize(FILES, source, tmp_path / "out/images")
    shards = sorted((tmp_path / "out").glob(".images.*.unfinished/*-*.npy"))
    n_images = [len(np.load(path)) for path in shards]
    assert sum(n_images) >= 30
    flip(shards[3])
    write_tree(source, FILES)
    n_kept = sum(n_images) - n_images[3]
    assert resize(FILES, source, tmp_path / "out/images") == Counts(40 - n_kept, n_kept, 0)
    assert store_bytes(tmp_path / "out/images") == from_scratch(FILES, source)
    assert only(tmp_path / "out") == ["images"]


def test_what_a_failed_run_with_other_parameters_finished_is_removed(
    source: Path, tmp_path: Path
) -> None:
    last = max(FILES, key=lambda path: hashlib.sha256(FILES[path]).hexdigest())
    (source / last).unlink()
    with pytest.raises(SourceError):
        resize(FILES, source, tmp_path / "out/images")
    assert [name[:8] for name in only(tmp_path / "out")] == [".images."]
    write_tree(source, FILES)
    assert resize(FILES, source, tmp_path / "out/images", size_px=16) == Counts(40, 0, 0)
    assert only(tmp_path / "out") == ["images"]


@pytest.mark.parametrize("renames", [0, 1])
def test_a_kill_between_the_renames_costs_nothing(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renames: int
) -> None:
    resize(some(0, 20), source, tmp_path / "out/images")
    rename, done = Path.rename, []

    def killed(path: Path, target: Path) -> Path:
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(path)
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", killed)
    with pytest.raises(KeyboardInterrupt):
        resize(FILES, source, tmp_path / "out/images")
    monkeypatch.undo()
    counts = resize(FILES, tmp_path / "gone", tmp_path / "out/images")
    assert (counts.n_decoded, counts.n_kept) == (0, 40)
    assert store_bytes(tmp_path / "out/images") == from_scratch(FILES, source)
    assert only(tmp_path / "out") == ["images"]


def test_files_of_the_former_store_are_never_written_to(source: Path, tmp_path: Path) -> None:
    resize(some(0, 30), source, tmp_path / "images")
    before = store_bytes(tmp_path / "images")
    (tmp_path / "cache").mkdir()
    for path in (tmp_path / "images").iterdir():  # as DVC links its cache
        (tmp_path / "cache" / path.name).hardlink_to(path)
        path.chmod(0o444)
    resize(FILES, source, tmp_path / "images")
    assert store_bytes(tmp_path / "cache") == before


def test_pixels_are_those_of_this_format() -> None:
    """If this fails with the libraries of requirements.txt: raise FORMAT and note the new digest.

    Else a store would mix images made by the old code with images made by the new one.
    """
    forms = [jpeg(1, 640, 500), jpeg(2, 90, 300), png(3, 200, 150), png(4, 20, 31)]
    forms += [encode(film_pixels(5).astype(np.uint16) * 200, "TIFF")]
    images = [square_of_film(data, resize_params()).image for data in forms]
    digest = hashlib.sha256(np.stack(images).tobytes()).hexdigest()
    assert (FORMAT, digest[:16]) == (1, "ddb3b9ffd0cb5207")
