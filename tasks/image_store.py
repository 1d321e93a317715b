"""The image store: every film as one grey uint8 square, in one memory-mapped NumPy array.

`pixels.npy` holds `images: (N, H, W) uint8 in [0, 255]`; `ids.json` names row k. Rows are sorted
by image id, so the bytes do not depend on the order in which films were decoded.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tasks.atomic import atomic_path, read_json, write_json
from tasks.errors import ImageStoreError

Pixels = NDArray[np.uint8]


class ImageStore:
    """A store opened for reading; opening maps the file and reads no pixel.

    Args:
        folder: The store's folder (`data/images`).

    Attributes:
        ids: Name of each row, sorted.
        pixels: (N, H, W) uint8 in [0, 255], read-only memory map.
        size_px: Side of each image.

    Raises:
        ImageStoreError: The folder holds no store, or its two files disagree.
    """

    def __init__(self, folder: Path) -> None:
        try:
            ids: list[str] = read_json(folder / "ids.json")
            self.pixels: Pixels = np.load(folder / "pixels.npy", mmap_mode="r", allow_pickle=False)
        except (FileNotFoundError, ValueError, EOFError) as error:
            raise _broken(folder, str(error)) from error
        if self.pixels.ndim != 3 or self.pixels.dtype != np.uint8 or len(ids) != len(self.pixels):
            raise _broken(folder, f"{len(ids)} ids for {self.pixels.dtype} {self.pixels.shape}")
        self.ids = ids
        self.size_px = int(self.pixels.shape[1])
        self._folder = folder
        self._row_of = {image_id: row for row, image_id in enumerate(ids)}

    def __len__(self) -> int:
        return len(self._row_of)

    def rows(self, image_ids: Sequence[str]) -> NDArray[np.int64]:
        """Row numbers of images, in the order asked for: (n,) int64.

        Raises:
            ImageStoreError: An image is not in the store.
        """
        try:
            return np.array([self._row_of[image_id] for image_id in image_ids], dtype=np.int64)
        except KeyError as error:
            raise _broken(self._folder, f"no image {error.args[0]}") from error

    def read(self, image_ids: Sequence[str]) -> Pixels:
        """Copy of some images: (n, H, W, 1) uint8 in [0, 255], in the order asked for."""
        return self.pixels[self.rows(image_ids)][..., np.newaxis]


@contextmanager
def create_store(folder: Path, image_ids: Sequence[str], size_px: int) -> Iterator[Pixels]:
    """Make a store of the given images; the caller fills the yielded array.

    The folder appears whole when the block ends, or not at all.

    Args:
        folder: Place of the store; what stood there is replaced.
        image_ids: Sorted and unique; row k belongs to `image_ids[k]`.
        size_px: Side of each image.

    Yields:
        pixels: (N, size_px, size_px) uint8, writable memory map, zeros.
    """
    if list(image_ids) != sorted(set(image_ids)):
        raise _broken(folder, "image ids that are not sorted and unique")
    with atomic_path(folder) as temporary:
        temporary.mkdir(parents=True)
        shape = (len(image_ids), size_px, size_px)
        pixels = np.lib.format.open_memmap(
            temporary / "pixels.npy", mode="w+", dtype=np.uint8, shape=shape
        )
        yield pixels
        pixels.flush()
        write_json(temporary / "ids.json", list(image_ids))


def _broken(folder: Path, found: str) -> ImageStoreError:
    return ImageStoreError(
        "an image store holds ids.json and pixels.npy with one row per image asked for",
        found=found,
        where=str(folder),
        next_step="run `dvc repro`, which makes it anew",
    )
