"""Writing an image store: shard by shard, each valid from the moment it has its name."""

import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from tasks.atomic import atomic_path, write_json
from tasks.image_store import (
    LAYOUT,
    Ids,
    Records,
    Rows,
    Shard,
    broken_store,
    file_digest,
    prefixes,
    record_dtype,
)

_ID = re.compile(r"[0-9a-z_-]+")  # shards are files named by ids, also where case is not told


class StoreBuilder:
    """A store in the making: write by row as to an array, or shard by shard; then `finish`.

    Args:
        folder: Where it is made; may hold sealed shards of a run that was killed.
        image_ids: Sorted and unique, of digits, small letters, `-` and `_`.
        size_px: Side of each image.
        fact_names: Names of float64 numbers kept with each image.
        settings: What makes the images; JSON.

    Attributes:
        spans: Rows of each shard.
        id_bytes: (N,) ids as ASCII.
        shape: (N, size_px, size_px).

    Raises:
        ImageStoreError: The ids are not as said.
    """

    def __init__(
        self,
        folder: Path,
        image_ids: Sequence[str],
        size_px: int,
        fact_names: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        _check_ids(folder, image_ids)
        self.shape = (len(image_ids), size_px, size_px)
        self.id_bytes: Ids = np.array([one.encode() for one in image_ids], dtype=np.bytes_)
        self._facts = {"size_px": size_px, "fact_names": list(fact_names)}
        self._settings = dict(settings or {})
        self._dtype = record_dtype(self.id_bytes.itemsize, size_px, fact_names)
        starts = np.unique(prefixes(self.id_bytes), return_index=True)[1].tolist()
        ends = [*starts[1:], len(image_ids)]
        self.spans = [slice(*span) for span in zip(starts, ends, strict=True)] if starts else []
        self._starts = np.array(starts, dtype=np.int64)
        self._all_rows = np.arange(len(image_ids))
        self._open: dict[int, Records] = {}
        self._sealed: dict[int, Shard] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def __setitem__(self, rows: int | slice | Rows, images: ArrayLike) -> None:
        chosen = np.atleast_1d(self._all_rows[rows])
        filled = np.broadcast_to(np.asarray(images, dtype=np.uint8), (len(chosen), *self.shape[1:]))
        for row, image in zip(chosen.tolist(), filled, strict=True):
            number = int(np.searchsorted(self._starts, row, side="right")) - 1
            self.open(number)["pixels"][row - self.spans[number].start] = image

    def open(self, number: int) -> Records:
        """Records of one shard, to be filled: ids set, all else 0."""
        if number not in self._open:
            span = self.spans[number]
            records: Records = np.lib.format.open_memmap(
                self._part(number), mode="w+", dtype=self._dtype, shape=(span.stop - span.start,)
            )
            _reserve(self._part(number))
            records["image_id"] = self.id_bytes[span]
            self._open[number] = records
        return self._open[number]

    def seal(self, number: int) -> None:
        """Bring one shard to the disk under its final name; it is valid whatever happens later."""
        self.open(number).flush()  # type: ignore[attr-defined] # of np.memmap
        del self._open[number]
        part = self._part(number)
        prefix = prefixes(self.id_bytes[self.spans[number]][:1])[0].decode()
        path = part.replace(part.with_name(f"{prefix}-{file_digest(part)}.npy"))
        self._enter(number, path)

    def adopt(self, number: int, path: Path) -> None:
        """Take a whole file as that shard, sealed.

        One of another store is linked to, where the file system knows links: a sealed shard is
        never written into.
        """
        place = self._folder / path.name
        if path != place:
            place.unlink(missing_ok=True)
            try:
                place.hardlink_to(path)
            except OSError:
                shutil.copyfile(path, self._part(number))
                self._part(number).replace(place)
        self._enter(number, place)

    def is_sealed(self, number: int) -> bool:
        """Whether one shard needs no more work."""
        return number in self._sealed

    def is_shard(self, number: int, records: Records) -> bool:
        """Whether records are of just the images of one shard, in this store's form."""
        ids = self.id_bytes[self.spans[number]]
        return records.dtype == self._dtype and np.array_equal(records["image_id"], ids)

    def finish(self) -> None:
        """Seal what is open, write the ids and the index, and remove all other files."""
        for number in range(len(self.spans)):
            if number not in self._sealed:
                self.seal(number)
        shards = [self._sealed[number] for number in range(len(self.spans))]
        known = {"ids.npy", "store.json"} | {shard.name for shard in shards}
        for path in self._folder.iterdir():
            if path.name not in known:
                path.unlink()
        with atomic_path(self._folder / "ids.npy") as temporary, temporary.open("wb") as file:
            np.save(file, self.id_bytes)
        listed = [asdict(shard) for shard in shards]
        facts = {"layout": LAYOUT, **self._facts, "settings": self._settings, "shards": listed}
        write_json(self._folder / "store.json", facts)

    def _enter(self, number: int, path: Path) -> None:
        span = self.spans[number]
        self._sealed[number] = Shard(path.name, span.stop - span.start, path.stat().st_size)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number}.part"


@contextmanager
def create_store(folder: Path, image_ids: Sequence[str], size_px: int) -> Iterator[StoreBuilder]:
    """Make a store of the given images; the caller fills what is yielded, as an array.

    The folder appears whole when the block ends, or not at all.

    Args:
        folder: Place of the store; what stood there is replaced.
        image_ids: Sorted and unique; row k belongs to `image_ids[k]`.
        size_px: Side of each image.

    Yields:
        pixels: (N, size_px, size_px) uint8, to be assigned by row; zeros.
    """
    with atomic_path(folder) as temporary:
        builder = StoreBuilder(temporary, image_ids, size_px)
        yield builder
        builder.finish()


def _check_ids(folder: Path, image_ids: Sequence[str]) -> None:
    if list(image_ids) != sorted(set(image_ids)):
        raise broken_store(folder, "image ids that are not sorted and unique")
    for image_id in image_ids:
        if not _ID.fullmatch(image_id):
            raise broken_store(folder, f"image id {image_id!r}: not of 0-9, a-z, - and _")


def _reserve(path: Path) -> None:
    """Take the disk space of a file now: a full disk is an error here, but a crash in a map."""
    if hasattr(os, "posix_fallocate"):
        with path.open("r+b") as file:
            os.posix_fallocate(file.fileno(), 0, os.fstat(file.fileno()).st_size)
