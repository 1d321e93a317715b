"""The image store gives back what was put in, or says what is wrong with it."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.errors import ImageStoreError
from tasks.image_store import ImageStore, create_store

IDS = ["aa", "bb", "cc"]


def images(n: int = 3, size_px: int = 4) -> NDArray[np.uint8]:
    return np.arange(n * size_px**2, dtype=np.uint8).reshape(n, size_px, size_px)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with create_store(tmp_path / "images", IDS, 4) as pixels:
        pixels[:] = images()
    return tmp_path / "images"


def test_images_come_back_in_the_order_asked_for(folder: Path) -> None:
    store = ImageStore(folder)
    assert (len(store), store.size_px) == (3, 4)
    batch = store.read(["cc", "aa", "cc"])
    assert (batch.shape, batch.dtype) == ((3, 4, 4, 1), np.uint8)
    assert np.array_equal(batch[..., 0], images()[[2, 0, 2]])
    assert store.rows(["bb", "aa"]).tolist() == [1, 0]


def test_no_image_is_an_empty_batch(folder: Path) -> None:
    assert ImageStore(folder).read([]).shape == (0, 4, 4, 1)


def test_pixels_are_a_read_only_memory_map(folder: Path) -> None:
    store = ImageStore(folder)
    assert isinstance(store.pixels, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        store.pixels[0, 0, 0] = 1


def test_what_is_read_is_a_copy(folder: Path) -> None:
    ImageStore(folder).read(["aa"])[:] = 99
    assert np.array_equal(ImageStore(folder).pixels, images())


def test_a_missing_image_is_named(folder: Path) -> None:
    with pytest.raises(ImageStoreError, match="no image zz"):
        ImageStore(folder).read(["aa", "zz"])


@pytest.mark.parametrize("ids", [["bb", "aa"], ["aa", "aa"]], ids=["unsorted", "twice"])
def test_ids_must_be_sorted_and_unique(tmp_path: Path, ids: list[str]) -> None:
    with (
        pytest.raises(ImageStoreError, match="sorted and unique"),
        create_store(tmp_path / "images", ids, 4),
    ):
        pass
    assert not list(tmp_path.iterdir())


def test_a_store_half_written_does_not_appear_and_leaves_the_old_one(folder: Path) -> None:
    with pytest.raises(KeyboardInterrupt), create_store(folder, ["dd"], 4) as pixels:  # noqa: PT012
        pixels[0] = 1
        raise KeyboardInterrupt
    assert ImageStore(folder).rows(IDS).tolist() == [0, 1, 2]
    assert [path.name for path in folder.parent.iterdir()] == ["images"]


def test_a_new_store_replaces_the_old_one_whole(folder: Path) -> None:
    with create_store(folder, ["dd"], 8) as pixels:
        pixels[:] = 7
    assert len(ImageStore(folder)) == 1
    assert ImageStore(folder).read(["dd"]).shape == (1, 8, 8, 1)


def test_the_same_images_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        with create_store(tmp_path / name, IDS, 4) as pixels:
            pixels[:] = images()
    for file in ("ids.json", "pixels.npy"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def save(folder: Path, array: NDArray[np.generic]) -> None:
    np.save(folder / "pixels.npy", array)


def cut(folder: Path, n_bytes: int) -> None:
    data = (folder / "pixels.npy").read_bytes()
    (folder / "pixels.npy").write_bytes(data[:n_bytes])


SPOILS = {
    "no ids": lambda folder: (folder / "ids.json").unlink(),
    "no pixels": lambda folder: (folder / "pixels.npy").unlink(),
    "no folder": lambda folder: [*map(Path.unlink, folder.iterdir()), folder.rmdir()],
    "ids are no json": lambda folder: (folder / "ids.json").write_text('["aa", '),
    "ids are binary": lambda folder: (folder / "ids.json").write_bytes(b"\xff\xfe\x00"),
    "too few ids": lambda folder: (folder / "ids.json").write_text('["aa", "bb"]'),
    "empty pixels": lambda folder: cut(folder, 0),
    "header cut off": lambda folder: cut(folder, 40),
    "pixels cut off": lambda folder: cut(folder, 150),
    "too few images": lambda folder: save(folder, images(2)),
    "no images but numbers": lambda folder: save(folder, np.zeros(3, dtype=np.uint8)),
    "floats": lambda folder: save(folder, images().astype(np.float32)),
    "objects": lambda folder: np.save(
        folder / "pixels.npy", np.array([{}, {}, {}]), allow_pickle=True
    ),
}


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_spoilt_store_is_refused_with_the_command_that_mends_it(folder: Path, spoil: str) -> None:
    SPOILS[spoil](folder)
    with pytest.raises(ImageStoreError, match="dvc repro"):
        ImageStore(folder)
