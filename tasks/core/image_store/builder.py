"""Writing an image store: shard by shard, each valid from the moment it has its name."""

import hashlib
import io
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tasks.core.atomic import atomic_path, write_json
from tasks.core.image_store.store import (
    DIGEST_DIGITS,
    LAYOUT,
    Ids,
    Shard,
    as_id_bytes,
    broken_store,
    prefixes,
    record_dtype,
)

_ID_BYTES = b"0123456789abcdefghijklmnopqrstuvwxyz_-"  # shards are files named by ids


class StoreBuilder:
    """A store in the making: `write` or `adopt` each shard, in any order, then `finish`.

    Args:
        folder: Where it is made; may hold sealed shards of a run that was killed.
        id_bytes: (N,) ids as ASCII, sorted and unique, of digits, small letters, `-` and `_`.
        size_px: Side of each image.
        fact_names: Names of float64 numbers kept with each image.
        settings: What makes the images; JSON.

    Attributes:
        spans: Rows of each shard.

    Raises:
        ImageStoreError: The ids are not as said.
    """

    def __init__(
        self,
        folder: Path,
        id_bytes: Ids,
        size_px: int,
        fact_names: Sequence[str] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        _check_ids(folder, id_bytes)
        self.id_bytes = id_bytes
        self._facts = {"size_px": size_px, "fact_names": list(fact_names)}
        self._settings = dict(settings or {})
        self._dtype = record_dtype(self.id_bytes.itemsize, size_px, fact_names)
        starts = np.unique(prefixes(self.id_bytes), return_index=True)[1].tolist()
        ends = [*starts[1:], len(id_bytes)]
        self.spans = [slice(*span) for span in zip(starts, ends, strict=True)] if starts else []
        self._sealed: dict[int, Shard] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def write(self, number: int, rows: Iterable[Sequence[Any]]) -> None:
        """Write one shard, image after image; it is valid from the moment it has its name.

        Args:
            number: Of the shard.
            rows: Of each of its images in order: the facts, then the pixels. Taken one by one, and
                no more than the shard has images.

        Raises:
            ImageStoreError: There are fewer rows than images.
        """
        part, digest = self._part(number), hashlib.sha256()
        with part.open("wb") as file:
            for data in self._bytes_of(number, rows):
                file.write(data)
                digest.update(data)
            file.flush()
            os.fsync(file.fileno())
        prefix = prefixes(self.id_bytes[self.spans[number]][:1])[0].decode()
        name = f"{prefix}-{digest.hexdigest()[:DIGEST_DIGITS]}.npy"
        self._enter(number, part.replace(part.with_name(name)))

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

    def finish(self) -> None:
        """Write the ids and the index, and remove all other files."""
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

    def _bytes_of(self, number: int, rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
        """A NumPy file of records: its header, then one record at a time."""
        ids = self.id_bytes[self.spans[number]]
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header,
            {
                "descr": np.lib.format.dtype_to_descr(self._dtype),
                "fortran_order": False,
                "shape": ids.shape,
            },
        )
        yield header.getvalue()
        record: NDArray[np.void] = np.zeros(1, self._dtype)
        taken = iter(rows)
        for n_written, image_id in enumerate(ids.tolist()):
            row = next(taken, None)
            if row is None:
                found = f"{n_written} of {len(ids)} images of one shard"
                raise broken_store(self._folder, found)
            record[0] = (image_id, *row)
            yield record.tobytes()

    def _enter(self, number: int, path: Path) -> None:
        span = self.spans[number]
        self._sealed[number] = Shard(path.name, span.stop - span.start, path.stat().st_size)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number}.part"


def write_store(
    folder: Path, image_ids: Sequence[str], size_px: int, images: Iterable[ArrayLike]
) -> None:
    """Make a store of the given images; it appears whole, or not at all.

    Args:
        folder: Place of the store; what stood there is replaced.
        image_ids: Sorted and unique.
        size_px: Side of each image.
        images: One for each id, in their order, taken one by one: (size_px, size_px) uint8, or one
            grey level for a plain image.

    Raises:
        ImageStoreError: The ids are not as said, or there are fewer images.
    """
    with atomic_path(folder) as temporary:
        builder = StoreBuilder(temporary, as_id_bytes(image_ids), size_px)
        rows = ((image,) for image in images)
        for number in range(len(builder.spans)):
            builder.write(number, rows)
        builder.finish()


def _check_ids(folder: Path, id_bytes: Ids) -> None:
    if not (id_bytes[:-1] < id_bytes[1:]).all():
        raise broken_store(folder, "image ids that are not sorted and unique")
    characters = id_bytes.view(np.uint8).reshape(len(id_bytes), id_bytes.itemsize)
    is_known = np.zeros(256, dtype=np.bool_)
    is_known[[0, *_ID_BYTES]] = True  # 0 pads shorter ids
    bad = ~is_known[characters].all(axis=1) | (characters[:, 0] == 0)
    if bad.any():
        found = id_bytes[int(np.argmax(bad))].decode(errors="replace")
        raise broken_store(folder, f"image id {found!r}: not of 0-9, a-z, - and _")
