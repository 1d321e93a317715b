"""Images and facts are read from a store as they were written."""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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


def test_images_are_read_in_the_given_order(folder: Path) -> None:
    store = ImageStore(folder)
    assert (len(store), store.size_px) == (3, 4)
    batch = store.read(["cc", "aa", "cc"])
    assert (batch.shape, batch.dtype) == ((3, 4, 4, 1), np.uint8)
    assert np.array_equal(batch[..., 0], images()[[2, 0, 2]])
    assert store.rows(["bb", "aa"]).tolist() == [1, 0]


def test_no_ids_give_an_empty_batch(folder: Path) -> None:
    assert ImageStore(folder).read([]).shape == (0, 4, 4, 1)


def test_a_view_is_a_read_only_part_of_the_memory_map(folder: Path) -> None:
    store = ImageStore(folder)
    for row in (2, 0, 1):
        image = store.view(row)
        assert isinstance(image, np.memmap)
        assert not image.flags.owndata
        assert np.array_equal(image, images()[row])
    with pytest.raises(ValueError, match="read-only"):
        store.view(0)[0, 0] = 1


def test_read_and_take_return_copies(folder: Path) -> None:
    ImageStore(folder).read(["aa"])[:] = 99
    ImageStore(folder).take(np.array([1, 0]))[:] = 99
    assert np.array_equal(ImageStore(folder).take(np.arange(3)), images())


def test_only_the_shards_of_the_requested_images_are_opened(folder: Path) -> None:
    store = ImageStore(folder)
    for shard in store.shards[1:]:
        (folder / shard.name).unlink()
    assert np.array_equal(store.read(["aa"])[0, ..., 0], images()[0])


@given(
    ids=st.sets(st.from_regex(r"[0-9a-z_-]{1,6}", fullmatch=True), min_size=1, max_size=30),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=20, deadline=None)
def test_each_id_has_its_own_image_in_any_order(ids: set[str], order: Random) -> None:
    numbers = {image_id: number for number, image_id in enumerate(sorted(ids))}
    asked = order.choices(sorted(ids), k=40)
    with TemporaryDirectory() as temporary:
        write_store(Path(temporary) / "images", sorted(ids), 2, range(len(ids)))
        store = ImageStore(Path(temporary) / "images")
        assert store.ids == sorted(ids)
        assert store.take(store.rows(asked))[:, 1, 1].tolist() == [numbers[one] for one in asked]


def test_a_missing_image_is_named(folder: Path) -> None:
    with pytest.raises(ImageStoreError, match="no image zz"):
        ImageStore(folder).read(["aa", "zz"])


def test_a_prefix_or_extension_of_an_id_is_not_that_id(folder: Path) -> None:
    for image_id in ("a", "aaa", "aa" * 64, "é", ""):
        with pytest.raises(ImageStoreError, match=f"no image {image_id}"):
            ImageStore(folder).rows([image_id])


def test_facts_are_read_with_their_image(tmp_path: Path) -> None:
    builder = StoreBuilder(
        tmp_path / "images", as_id_bytes(IDS), 4, ("left", "confidence"), {"size": 4}
    )
    for number in range(3):
        builder.write(number, [(number * 10, number / 3, 0)])
    builder.finish()
    store = ImageStore(tmp_path / "images")
    assert store.settings == {"size": 4}
    facts = store.facts(store.rows(["cc", "aa"]))
    assert {name: values.tolist() for name, values in facts.items()} == {
        "left": [20.0, 0.0],
        "confidence": [2 / 3, 0.0],
    }
