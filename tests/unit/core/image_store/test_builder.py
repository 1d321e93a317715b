"""Writing a store: rules for ids, atomic writes, bytes that do not depend on history."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.core.errors import ImageStoreError
from tasks.core.image_store.builder import StoreBuilder, write_store
from tasks.core.image_store.store import ImageStore, as_id_bytes

IDS = ["aa", "bb", "cc"]


def images(n: int = 3, size_px: int = 4) -> NDArray[np.uint8]:
    return np.arange(n * size_px**2, dtype=np.uint8).reshape(n, size_px, size_px)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_store(tmp_path / "images", IDS, 4, images())
    return tmp_path / "images"


@pytest.mark.parametrize("image_id", ["", "Aa", "a/b", "..", "é", "a\n"])
def test_ids_must_be_file_names_on_every_system(tmp_path: Path, image_id: str) -> None:
    with pytest.raises(ImageStoreError, match="not of 0-9, a-z, - and _"):
        write_store(tmp_path / "images", [image_id], 4, [0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ids", [["bb", "aa"], ["aa", "aa"]], ids=["unsorted", "twice"])
def test_ids_must_be_sorted_and_unique(tmp_path: Path, ids: list[str]) -> None:
    with pytest.raises(ImageStoreError, match="sorted and unique"):
        write_store(tmp_path / "images", ids, 4, [0, 0])
    assert not list(tmp_path.iterdir())


def test_an_interrupted_write_leaves_the_old_store(folder: Path) -> None:
    def interrupted() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_store(folder, ["dd", "ee"], 4, interrupted())
    assert ImageStore(folder).rows(IDS).tolist() == [0, 1, 2]
    assert [path.name for path in folder.parent.iterdir()] == ["images"]


def test_a_new_store_replaces_all_of_the_old_one(folder: Path) -> None:
    write_store(folder, ["dd"], 8, [7])
    assert len(ImageStore(folder)) == 1
    assert ImageStore(folder).read(["dd"]).shape == (1, 8, 8, 1)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_bytes_do_not_depend_on_the_order_of_the_shards(folder: Path, tmp_path: Path) -> None:
    builder = StoreBuilder(tmp_path / "other", as_id_bytes(IDS), 4)
    for number in (2, 0, 1):
        builder.write(number, [(images()[number],)])
    builder.finish()
    assert tree(tmp_path / "other") == tree(folder)


def test_too_few_images_write_no_store(tmp_path: Path) -> None:
    with pytest.raises(ImageStoreError, match="1 of 2 images of one shard"):
        write_store(tmp_path / "images", ["000", "001", "10"], 4, [5])
    assert not list(tmp_path.iterdir())


def test_a_store_may_be_empty(tmp_path: Path) -> None:
    write_store(tmp_path / "images", [], 4, [])
    store = ImageStore(tmp_path / "images")
    assert (len(store), store.ids, store.read([]).shape) == (0, [], (0, 4, 4, 1))
    with pytest.raises(ImageStoreError, match="no image aa"):
        store.rows(["aa"])


def test_a_new_image_changes_one_shard_and_the_index(tmp_path: Path) -> None:
    ids = [hashlib.sha256(bytes([number])).hexdigest() for number in range(200)]
    for name, count in (("before", 199), ("after", 200)):
        chosen = sorted(ids[:count])
        write_store(tmp_path / name, chosen, 2, [int(image_id[:2], 16) for image_id in chosen])
    before, after = tree(tmp_path / "before"), tree(tmp_path / "after")
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    assert {name[:2] for name in changed} == {"id", "st", ids[199][:2]}
