"""Collect thumbnails while films are read, and store them in the order of their ids."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tasks.core.image_store.builder import write_store
from tasks.core.image_store.store import Pixels
from tasks.ingest.examine import THUMBNAIL_PX


@contextmanager
def collect_thumbnails(folder: Path) -> Iterator[Callable[[str, Pixels], None]]:
    """Make an image store of thumbnails whose ids are not known in advance.

    A temporary file holds them until the end: a million of them are 4 GB, too much for memory.

    Args:
        folder: Folder of the store. The whole store is there after the block, or nothing is.

    Yields:
        A function that takes an image id and its thumbnail, (64, 64) uint8. A repeated id means
        the same picture, and is ignored.
    """
    row_of: dict[str, int] = {}
    with tempfile.TemporaryFile() as spool:

        def keep(image_id: str, thumbnail: Pixels) -> None:
            if image_id not in row_of:
                row_of[image_id] = len(row_of)
                spool.write(thumbnail.tobytes())

        yield keep
        spool.flush()
        ids = sorted(row_of)
        if not ids:  # an empty file cannot be mapped
            write_store(folder, [], THUMBNAIL_PX, [])
            return
        shape = (len(row_of), THUMBNAIL_PX, THUMBNAIL_PX)
        rows = np.memmap(spool, dtype=np.uint8, mode="r", shape=shape)
        write_store(folder, ids, THUMBNAIL_PX, (rows[row_of[image_id]] for image_id in ids))
