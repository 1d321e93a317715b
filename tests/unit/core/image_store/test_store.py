"""The image store gives back what was put in, or says what is wrong with it."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
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
from tasks.core.image_store.store import ImageStore, as_id_bytes, is_whole_shard
from tests.films import ROOT

IDS = ["aa", "bb", "cc"]


def images(n: int = 3, size_px: int = 4) -> NDArray[np.uint8]:
    return np.arange(n * size_px**2, dtype=np.uint8).reshape(n, size_px, size_px)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_store(tmp_path / "images", IDS, 4, images())
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


def test_an_image_is_read_where_it_lies_and_cannot_be_changed(folder: Path) -> None:
    store = ImageStore(folder)
    for row in (2, 0, 1):
        image = store.view(row)
        assert isinstance(image, np.memmap)
        assert not image.flags.owndata
        assert np.array_equal(image, images()[row])
    with pytest.raises(ValueError, match="read-only"):
        store.view(0)[0, 0] = 1


def test_what_is_read_is_a_copy(folder: Path) -> None:
    ImageStore(folder).read(["aa"])[:] = 99
    ImageStore(folder).take(np.array([1, 0]))[:] = 99
    assert np.array_equal(ImageStore(folder).take(np.arange(3)), images())


def test_opening_opens_no_shard_and_reading_only_those_asked_for(folder: Path) -> None:
    store = ImageStore(folder)
    for shard in store.shards[1:]:
        (folder / shard.name).unlink()
    assert np.array_equal(store.read(["aa"])[0, ..., 0], images()[0])


@given(
    ids=st.sets(st.from_regex(r"[0-9a-z_-]{1,6}", fullmatch=True), min_size=1, max_size=30),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=20, deadline=None)
def test_any_ids_find_their_own_image_in_any_order(ids: set[str], order: Random) -> None:
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


def test_no_id_is_taken_for_one_that_it_begins_with(folder: Path) -> None:
    for image_id in ("a", "aaa", "aa" * 64, "é", ""):
        with pytest.raises(ImageStoreError, match=f"no image {image_id}"):
            ImageStore(folder).rows([image_id])


@pytest.mark.parametrize("image_id", ["", "Aa", "a/b", "..", "é", "a\n"])
def test_ids_must_do_as_file_names_everywhere(tmp_path: Path, image_id: str) -> None:
    with pytest.raises(ImageStoreError, match="not of 0-9, a-z, - and _"):
        write_store(tmp_path / "images", [image_id], 4, [0])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ids", [["bb", "aa"], ["aa", "aa"]], ids=["unsorted", "twice"])
def test_ids_must_be_sorted_and_unique(tmp_path: Path, ids: list[str]) -> None:
    with pytest.raises(ImageStoreError, match="sorted and unique"):
        write_store(tmp_path / "images", ids, 4, [0, 0])
    assert not list(tmp_path.iterdir())


def test_a_store_half_written_does_not_appear_and_leaves_the_old_one(folder: Path) -> None:
    def interrupted() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_store(folder, ["dd", "ee"], 4, interrupted())
    assert ImageStore(folder).rows(IDS).tolist() == [0, 1, 2]
    assert [path.name for path in folder.parent.iterdir()] == ["images"]


def test_a_new_store_replaces_the_old_one_whole(folder: Path) -> None:
    write_store(folder, ["dd"], 8, [7])
    assert len(ImageStore(folder)) == 1
    assert ImageStore(folder).read(["dd"]).shape == (1, 8, 8, 1)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_images_give_the_same_bytes_in_whatever_order_the_shards_came(
    folder: Path, tmp_path: Path
) -> None:
    builder = StoreBuilder(tmp_path / "other", as_id_bytes(IDS), 4)
    for number in (2, 0, 1):
        builder.write(number, [(images()[number],)])
    builder.finish()
    assert tree(tmp_path / "other") == tree(folder)


def test_too_few_images_make_no_store(tmp_path: Path) -> None:
    with pytest.raises(ImageStoreError, match="1 of 2 images of one shard"):
        write_store(tmp_path / "images", ["000", "001", "10"], 4, [5])
    assert not list(tmp_path.iterdir())


def test_a_store_of_no_image_is_a_store(tmp_path: Path) -> None:
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


def test_facts_come_back_with_their_image(tmp_path: Path) -> None:
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


def test_a_flip_of_any_byte_of_a_shard_is_found(folder: Path) -> None:
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


SPOILS = {
    "no ids": lambda folder: (folder / "ids.npy").unlink(),
    "no index": lambda folder: (folder / "store.json").unlink(),
    "no shard": lambda folder: first_shard(folder).unlink(),
    "no folder": shutil.rmtree,
    "a file in its place": lambda folder: (shutil.rmtree(folder), folder.write_text("")),
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


@pytest.mark.parametrize("spoil", SPOILS)
def test_a_spoilt_store_is_refused_with_the_command_that_mends_it(folder: Path, spoil: str) -> None:
    SPOILS[spoil](folder)
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


N_MANY = 1_000_000
MEASURE = """
import json, resource, sys, time
from pathlib import Path
import numpy as np
from tasks.core.image_store.store import ImageStore

def peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

ImageStore(Path(sys.argv[2]))  # what the first opening imports
before_mb = peak_mb()
start_s = time.perf_counter()
store = ImageStore(Path(sys.argv[1]))
open_s = time.perf_counter() - start_s
wanted = json.loads(sys.argv[3])
start_s = time.perf_counter()
rows = store.rows(wanted)
look_up_s = time.perf_counter() - start_s
images = store.take(rows)
print(json.dumps({"open_s": open_s, "look_up_s": look_up_s, "mb": peak_mb() - before_mb,
                  "n": len(store), "rows": rows.tolist(), "grey": images[:, 3, 3].tolist()}))
"""


def many_images(folder: Path) -> list[str]:
    """A store of a million 16 px images: all black but for some; 330 MB, most of it never read."""
    digests = sorted(f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}" * 4 for number in range(N_MANY))
    write_store(folder, digests, 16, (row % 251 for row in range(N_MANY)))
    return digests


def test_a_million_images_open_in_milliseconds_and_cost_little_memory(
    folder: Path, tmp_path: Path
) -> None:
    digests = many_images(tmp_path / "many")
    rows = list(range(0, N_MANY, 99_991))[::-1]
    wanted = json.dumps([digests[row] for row in rows])
    measured = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, str(tmp_path / "many"), str(folder), wanted],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        measured.append(json.loads(done.stdout))
    for run in measured:
        assert (run["n"], run["rows"]) == (N_MANY, rows)
        assert run["grey"] == [row % 251 for row in rows]
        assert run["mb"] < 16  # of 64 MB of ids and 320 MB of records
    assert min(run["open_s"] for run in measured) < 0.02
    assert min(run["look_up_s"] for run in measured) < 0.02
