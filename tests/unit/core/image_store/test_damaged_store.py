"""A damaged store is refused with a message."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tasks.core.errors import ImageStoreError
from tasks.core.image_store.builder import write_store
from tasks.core.image_store.store import ImageStore, is_whole_shard

IDS = ["aa", "bb", "cc"]


def images(n: int = 3, size_px: int = 4) -> NDArray[np.uint8]:
    return np.arange(n * size_px**2, dtype=np.uint8).reshape(n, size_px, size_px)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_store(tmp_path / "images", IDS, 4, images())
    return tmp_path / "images"


def test_every_flipped_byte_and_every_cut_of_a_shard_is_detected(folder: Path) -> None:
    (path,) = folder.glob("bb-*.npy")
    whole = path.read_bytes()
    assert is_whole_shard(path)
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert not is_whole_shard(path), place
    for n_bytes in range(len(whole)):
        path.write_bytes(whole[:n_bytes])
        assert not is_whole_shard(path), n_bytes


def first_shard(folder: Path) -> Path:
    return min(folder.glob("aa-*.npy"))


def index_with(folder: Path, **changes: object) -> None:
    facts = json.loads((folder / "store.json").read_text()) | changes
    (folder / "store.json").write_text(json.dumps(facts))


def cut(path: Path, n_bytes: int) -> None:
    path.write_bytes(path.read_bytes()[:n_bytes])


DAMAGES = {
    "no ids": lambda folder: (folder / "ids.npy").unlink(),
    "no index": lambda folder: (folder / "store.json").unlink(),
    "no shard": lambda folder: first_shard(folder).unlink(),
    "no folder": shutil.rmtree,
    "a file instead": lambda folder: (shutil.rmtree(folder), folder.write_text("")),
    "index is no json": lambda folder: (folder / "store.json").write_text('{"layout": 1, '),
    "index is binary": lambda folder: (folder / "store.json").write_bytes(b"\xff\xfe\x00"),
    "index is a list": lambda folder: (folder / "store.json").write_text("[]"),
    "index is empty": lambda folder: (folder / "store.json").write_text("{}"),
    "another layout": lambda folder: index_with(folder, layout=0),
    "too few shards": lambda folder: index_with(folder, shards=[]),
    "shards are no table": lambda folder: index_with(folder, shards=[{"name": "a"}]),
    "too few ids": lambda folder: np.save(folder / "ids.npy", np.array([b"aa", b"bb"])),
    "ids are numbers": lambda folder: np.save(folder / "ids.npy", np.arange(3)),
    "ids are objects": lambda folder: np.save(
        folder / "ids.npy", np.array([{}, {}, {}]), allow_pickle=True
    ),
    "empty ids": lambda folder: cut(folder / "ids.npy", 0),
    "ids cut off": lambda folder: cut(folder / "ids.npy", 131),
    "ids' header cut off": lambda folder: cut(folder / "ids.npy", 40),
    "empty shard": lambda folder: cut(first_shard(folder), 0),
    "shard cut off": lambda folder: cut(first_shard(folder), 140),
    "shard too long": lambda folder: first_shard(folder).write_bytes(bytes(1000)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_refused_with_the_command_that_repairs_it(
    folder: Path, damage: str
) -> None:
    DAMAGES[damage](folder)
    with pytest.raises(ImageStoreError, match="dvc repro"):
        ImageStore(folder)


@pytest.mark.parametrize("where", ["magic", "dtype", "side"])
def test_a_shard_with_another_header_is_refused_when_it_is_read(folder: Path, where: str) -> None:
    old, new = {
        "magic": (b"NUMPY", b"MUMPY"),
        "dtype": (b"|u1", b"|i1"),
        "side": (b"4, 4", b"2, 8"),
    }[where]
    path = first_shard(folder)
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))
    store = ImageStore(folder)
    assert store.read(["cc"]).shape == (1, 4, 4, 1)
    with pytest.raises(ImageStoreError, match=f"(?s){path.name}.*dvc repro"):
        store.read(["aa"])
