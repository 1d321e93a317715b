"""Read the image store: every film as one grey uint8 square, memory-mapped, in shards.

    store.json        layout, settings and the list of shards
    ids.npy           (N,) bytes, sorted: row k is the image `ids[k]`
    3f-<digest>.npy   records of the images whose id begins with `3f`, sorted by id

A shard is a plain NumPy file of records: `image_id`, the numbers named as facts, and
`pixels: (H, W) uint8 in [0, 255]`. SHA-256 ids fill at most 256 shards, so a few new images change
a few shards. The files depend only on the ids, pixels, facts and settings, not on earlier runs.

Opening a store checks the size of every file and the header of `ids.npy`. The header of a shard is
checked when its first image is read. The hash in the name of a shard (16 hex digits of the file's
SHA-256) is checked before its records are reused in a new store: see `is_whole_shard`.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.atomic import read_json
from tasks.core.errors import ImageStoreError

LAYOUT = 1  # version of the file layout; raise it when the layout changes
PREFIX_CHARACTERS = 2  # of an id name its shard: 256 shards of 23 films each for Kermany's set
DIGEST_DIGITS = 16

Pixels = NDArray[np.uint8]
Ids = NDArray[np.bytes_]
RowNumbers = NDArray[np.int64]
Records = NDArray[np.void]


@dataclass(frozen=True)
class Shard:
    """An entry of store.json: one file of records."""

    name: str
    n_images: int
    n_bytes: int


class ImageStore:
    """A store opened for reading. Opening maps the ids and reads no pixel.

    Args:
        folder: Folder of the store (`data/images`).

    Attributes:
        size_px: Side of each image.
        fact_names: Names of the numbers stored with each image.
        settings: Settings that the images were made with.
        shards: Files of records, in the order of their rows.
        id_bytes: (N,) ids as ASCII, sorted, read-only memory map.

    Raises:
        ImageStoreError: The folder holds no store, or the size of a file is wrong.

    Example:
        >>> from tasks.core.image_store.builder import write_store
        >>> write_store(Path("images"), ["a1", "b2"], size_px=4, images=[0, 255])
        >>> store = ImageStore(Path("images"))
        >>> store.ids, store.read(["b2"]).shape
        (['a1', 'b2'], (1, 4, 4, 1))
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            facts = read_json(folder / "store.json")
            if facts["layout"] != LAYOUT:
                raise ValueError(f"layout {facts['layout']}")
            self.size_px = int(facts["size_px"])
            self.fact_names = tuple(facts["fact_names"])
            self.settings: Mapping[str, Any] = facts["settings"]
            self.shards = [Shard(**entry) for entry in facts["shards"]]
            self.id_bytes: Ids = np.load(folder / "ids.npy", mmap_mode="r", allow_pickle=False)
            self._starts = np.cumsum([0, *(shard.n_images for shard in self.shards)])
            self._check_sizes()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise broken_store(folder, str(error)) from error
        except (ValueError, EOFError, KeyError, TypeError) as error:
            raise broken_store(folder, f"{type(error).__name__}: {error}") from error
        self._maps: dict[int, Records] = {}

    def __len__(self) -> int:
        return len(self.id_bytes)

    @property
    def ids(self) -> list[str]:
        """Id of each row, sorted; a new list at each call."""
        return [image_id.decode() for image_id in self.id_bytes.tolist()]

    def rows(self, image_ids: Collection[str]) -> RowNumbers:
        """Row numbers of the given images, in the given order: (n,) int64.

        Raises:
            ImageStoreError: An image is not in the store.
        """
        wanted = as_id_bytes(image_ids)
        width = max(wanted.itemsize, self.id_bytes.itemsize)
        # Ids longer than the stored ones copy all stored ids; they are not in the store anyway
        stored = self.id_bytes.astype(f"S{width}", copy=False)
        wanted = wanted.astype(stored.dtype)
        found = np.searchsorted(stored, wanted)
        missing = found == np.searchsorted(stored, wanted, side="right")
        if missing.any():
            raise broken_store(self._folder, f"no image {wanted[int(np.argmax(missing))].decode()}")
        return found.astype(np.int64)

    def view(self, row: int) -> Pixels:
        """One image in the memory map: (H, W) uint8 in [0, 255], read-only, no copy."""
        number = int(np.searchsorted(self._starts, row, side="right")) - 1
        image: Pixels = self._records(number)["pixels"][row - self._starts[number]]
        return image

    def take(self, rows: RowNumbers) -> Pixels:
        """Copy of the given rows: (n, H, W) uint8 in [0, 255], in the given order."""
        images = np.empty((len(rows), self.size_px, self.size_px), dtype=np.uint8)
        for number, places in self._by_shard(rows):
            images[places] = self._records(number)["pixels"][rows[places] - self._starts[number]]
        return images

    def facts(self, rows: RowNumbers) -> dict[str, NDArray[np.float64]]:
        """The numbers stored with the given rows: (n,) float64 by name.

        No shard stays mapped, because the facts of all images touch every page of the shards.
        """
        found = {name: np.empty(len(rows)) for name in self.fact_names}
        for number, places in self._by_shard(rows):
            records = self._load(number)[rows[places] - self._starts[number]]
            for name, values in found.items():
                values[places] = records[name]
        return found

    def read(self, image_ids: Sequence[str]) -> Pixels:
        """Copy of the given images: (n, H, W, 1) uint8 in [0, 255], in the given order."""
        return self.take(self.rows(image_ids))[..., np.newaxis]

    def _by_shard(self, rows: RowNumbers) -> Iterator[tuple[int, RowNumbers]]:
        """Number of each shard that holds some of the rows, and their positions in `rows`."""
        numbers = np.searchsorted(self._starts, rows, side="right") - 1
        order = np.argsort(numbers, kind="stable")
        bounds = np.flatnonzero(np.diff(numbers[order])) + 1
        for places in np.split(order, bounds) if len(order) else []:
            yield int(numbers[places[0]]), places

    def _records(self, number: int) -> Records:
        if number not in self._maps:
            self._maps[number] = self._load(number)
        return self._maps[number]

    def _load(self, number: int) -> Records:
        shard = self.shards[number]
        try:
            records: Records = np.load(self._folder / shard.name, "r", allow_pickle=False)
        except (FileNotFoundError, ValueError, EOFError) as error:
            raise broken_store(self._folder, f"{shard.name}: {error}") from error
        dtype = record_dtype(self.id_bytes.itemsize, self.size_px, self.fact_names)
        if records.dtype != dtype or records.shape != (shard.n_images,):
            raise broken_store(self._folder, f"{shard.name}: {records.shape} {records.dtype}")
        return records

    def _check_sizes(self) -> None:
        if self.id_bytes.dtype.kind != "S" or self.id_bytes.shape != (self._starts[-1],):
            raise ValueError(f"ids.npy of {self.id_bytes.dtype} {self.id_bytes.shape}")
        for shard in self.shards:
            n_bytes = (self._folder / shard.name).stat().st_size
            if n_bytes != shard.n_bytes:
                raise ValueError(f"{shard.name} of {n_bytes} bytes instead of {shard.n_bytes}")


def record_dtype(id_bytes: int, size_px: int, fact_names: Sequence[str]) -> np.dtype[np.void]:
    """Data type of one record of a shard."""
    facts: list[Any] = [(name, "<f8") for name in fact_names]
    return np.dtype([("image_id", f"S{id_bytes}"), *facts, ("pixels", "u1", (size_px, size_px))])


def as_id_bytes(image_ids: Collection[str]) -> Ids:
    """Convert ids to the form of a store: (N,) bytes; 64 bytes each instead of 113 as text."""
    n_bytes = max((len(one.encode()) for one in image_ids), default=1)
    encoded = (one.encode() for one in image_ids)
    return np.fromiter(encoded, dtype=f"S{max(n_bytes, 1)}", count=len(image_ids))


def prefixes(id_bytes: Ids) -> Ids:
    """First characters of each id, which name its shard."""
    return id_bytes.astype(f"S{PREFIX_CHARACTERS}")


def is_whole_shard(path: Path) -> bool:
    """Whether the bytes of a shard match the hash in its name. This reads the whole file."""
    return path.is_file() and path.stem.rpartition("-")[2] == file_digest(path)


def file_digest(path: Path) -> str:
    """Hash of a file as a shard's name has it: the first hex digits of the SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:DIGEST_DIGITS]


def broken_store(folder: Path, found: str) -> ImageStoreError:
    """The error for a store that is missing or damaged."""
    return ImageStoreError(
        "an image store holds store.json, ids.npy and complete shards with every requested image",
        found=found,
        where=str(folder),
        next_step="run `dvc repro`, which writes the store again",
    )
