"""Write an image store, shard by shard. A shard is complete as soon as it has its final name."""

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

_ID_BYTES = b"0123456789abcdefghijklmnopqrstuvwxyz_-"  # ids name the shard files


class StoreBuilder:
    """Builds a store: call `write` or `adopt` for each shard, in any order, then `finish`.

    Args:
        folder: Folder to write to. It may hold complete shards of a run that was killed.
        id_bytes: (N,) ids as ASCII, sorted and unique, of digits, small letters, `-` and `_`.
        size_px: Side of each image.
        fact_names: Names of the float64 numbers stored with each image.
        settings: Settings that the images are made with, as JSON values.

    Attributes:
        spans: Rows of each shard.

    Raises:
        ImageStoreError: The ids are not sorted, not unique or have other characters.
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
        self._complete: dict[int, Shard] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def write(self, number: int, rows: Iterable[Sequence[Any]]) -> None:
        """Write one shard, image by image, under a temporary name, then rename it.

        Args:
            number: Number of the shard.
            rows: One row per image of the shard, in order: the facts, then the pixels. Rows are
                taken one by one, and only as many as the shard has images.

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
        self._register(number, part.replace(part.with_name(name)))

    def adopt(self, number: int, path: Path) -> None:
        """Use a complete file as a shard.

        A file of another store becomes a hard link, or a copy if the file system has no hard
        links. A link is safe because a complete shard is never changed.
        """
        shard = self._folder / path.name
        if path != shard:
            shard.unlink(missing_ok=True)
            try:
                shard.hardlink_to(path)
            except OSError:
                shutil.copyfile(path, self._part(number))
                self._part(number).replace(shard)
        self._register(number, shard)

    def is_complete(self, number: int) -> bool:
        """Whether a shard was written or adopted."""
        return number in self._complete

    def finish(self) -> None:
        """Write ids.npy and store.json, and remove all other files."""
        shards = [self._complete[number] for number in range(len(self.spans))]
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
        """Bytes of a NumPy file of records: the header, then one record at a time."""
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

    def _register(self, number: int, path: Path) -> None:
        span = self.spans[number]
        self._complete[number] = Shard(path.name, span.stop - span.start, path.stat().st_size)

    def _part(self, number: int) -> Path:
        return self._folder / f"{number}.part"


def write_store(
    folder: Path, image_ids: Sequence[str], size_px: int, images: Iterable[ArrayLike]
) -> None:
    """Write a store of the given images, complete or not at all.

    Args:
        folder: Folder of the store; an existing one is replaced.
        image_ids: Ids, sorted and unique, of digits, small letters, `-` and `_`.
        size_px: Side of each image.
        images: One image per id, in the same order, taken one by one: (size_px, size_px) uint8, or
            a single grey level for an image of one level.

    Raises:
        ImageStoreError: The ids break a rule, or there are fewer images than ids.

    Example:
        >>> write_store(Path("images"), ["a1", "b2"], size_px=4, images=[0, 255])
        >>> sorted(path.name for path in Path("images").iterdir())[-2:]
        ['ids.npy', 'store.json']
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
