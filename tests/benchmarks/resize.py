"""Films per core-second of what `resize` does with one film, against five rivals.

Run    python -m tests.benchmarks.resize

Bytes in memory become one grey image of 128 px (and, ours only, are compared with their hash). All
ways run in one process with one thread each, in turn, five rounds after one that warms up; a ratio
is the median over the rounds of a rival's core-seconds over ours. The films are Kermany's originals
where they lie beside the repository, else those of `ingest.source`.
"""

import hashlib
import io
import logging
import math
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks import paths
from tasks.classifier import prepare_backend
from tasks.errors import SourceError
from tasks.film import decode_grey, decode_reduced, open_film
from tasks.params import ResizeParams, load_params
from tasks.resize.fit import DECODE_MARGIN, fit_film
from tests.films import PACKS

SIZE_PX = 128
N_ROUNDS = 5
N_FILMS = 200
BATCH_SIZE = 32  # of `image_dataset_from_directory`: its own default
AGAINST = {
    "keras": "keras.utils.load_img in RGB, full decode, nearest pixel, as the notebooks do",
    "keras_lanczos": "the same with interpolation='lanczos', as smooth as ours",
    "keras_dataset": "keras.utils.image_dataset_from_directory in RGB, files from the disk's cache",
    "opencv": "OpenCV, full decode in grey, INTER_AREA",
    "pyvips": "pyvips, thumbnail_buffer in grey",
    "limit": "simplejpeg's grey decode alone, at the smallest scale with the final side, "
    "nothing scaled or hashed",
    "limit_at_our_scale": "the same at the scale that ours decodes at",
}

Pixels = NDArray[np.uint8]

logger = logging.getLogger("benchmarks")


def resize_vs_keras() -> dict[str, Any]:
    """Against the way of the notebooks; 2 or more is the promise."""
    return _entry("keras")


def resize_vs_keras_lanczos() -> dict[str, Any]:
    """Against the way of the notebooks at our quality: `nearest`, its default, aliases."""
    return _entry("keras_lanczos")


def resize_vs_keras_dataset() -> dict[str, Any]:
    """Against Keras' own data set of a folder."""
    return _entry("keras_dataset")


def resize_vs_opencv() -> dict[str, Any]:
    """Against OpenCV; above 1 is the promise."""
    return _entry("opencv")


def resize_vs_pyvips() -> dict[str, Any]:
    """Against libvips' thumbnail; above 1 is the promise."""
    return _entry("pyvips")


def resize_vs_limit() -> dict[str, Any]:
    """Against decoding alone; 0.7 or more is the promise, and 1 cannot be reached."""
    return _entry("limit")


def resize_vs_limit_at_our_scale() -> dict[str, Any]:
    """Against decoding alone at the scale of ours: what all but the decoder costs."""
    return _entry("limit_at_our_scale")


def ours(data: bytes, size_px: int = SIZE_PX) -> Pixels:
    """What the stage does with one film, as params.yaml is shipped but for the size."""
    hashlib.sha256(data).hexdigest()
    return fit_film(data, _params(size_px)).image


@cache
def _params(size_px: int) -> ResizeParams:
    return load_params(paths.PARAMS).resize.model_copy(update={"size_px": size_px})


def by_opencv(data: bytes, size_px: int = SIZE_PX) -> Pixels:
    """As OpenCV's users do."""
    import cv2

    grey = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    return np.asarray(cv2.resize(grey, (size_px, size_px), interpolation=cv2.INTER_AREA))


def by_pyvips(data: bytes, size_px: int = SIZE_PX) -> Pixels:
    """As libvips' users do."""
    import pyvips

    image = pyvips.Image.thumbnail_buffer(data, size_px, height=size_px, size="force")
    return np.asarray(image.colourspace("b-w").numpy())


def by_keras(
    data: bytes, size_px: int = SIZE_PX, interpolation: str = "nearest"
) -> NDArray[np.float32]:
    """As the notebooks do: (size_px, size_px, 3)."""
    import keras

    image = keras.utils.load_img(
        io.BytesIO(data), target_size=(size_px, size_px), interpolation=interpolation
    )
    return np.asarray(keras.utils.img_to_array(image))


def by_keras_in_grey(data: bytes, size_px: int) -> Pixels:
    """The same, to compare its pixels."""
    return np.asarray(Image.fromarray(by_keras(data, size_px).astype(np.uint8)).convert("L"))


def decode_alone(data: bytes, at_least: tuple[int, int] = (SIZE_PX, SIZE_PX)) -> Pixels:
    """Grey pixels, at least so wide and high, by libjpeg-turbo and nothing else."""
    import simplejpeg

    width, height = at_least
    return np.asarray(simplejpeg.decode_jpeg(data, "GRAY", min_height=height, min_width=width))


@cache
def films() -> tuple[Path, ...]:
    """Up to N_FILMS JPEG files, evenly over the sorted folder.

    Raises:
        SourceError: There are none.
    """
    folder = PACKS / "kermany-original"
    if not folder.is_dir():
        folder = Path(load_params(paths.PARAMS).ingest.source)
    files = sorted(path for path in folder.rglob("*.jp*g") if path.is_file())
    if not files:
        raise SourceError(
            "the benchmark of `resize` needs JPEG files",
            found="none",
            where=str(folder),
            next_step="run `make phantom`, or point `ingest.source` to a folder of films",
        )
    return tuple(files[:: math.ceil(len(files) / N_FILMS)])


@cache
def core_seconds() -> dict[str, list[float]]:
    """Seconds of CPU that each way takes for all films, round by round."""
    _one_thread_each()
    elapsed_s: dict[str, list[float]] = {}
    with _ways() as ways:
        for way in ways.values():
            way()
        for _ in range(N_ROUNDS):
            for name, way in ways.items():
                start_s = time.process_time()
                way()
                elapsed_s.setdefault(name, []).append(time.process_time() - start_s)
    return elapsed_s


def ratios(rival: str) -> list[float]:
    """A rival's core-seconds over ours, round by round."""
    elapsed_s = core_seconds()
    return [theirs / own for theirs, own in zip(elapsed_s[rival], elapsed_s["ours"], strict=True)]


def differences(way: Callable[[bytes, int], Pixels], size_px: int) -> list[float]:
    """Mean absolute difference of each film from Lanczos on a full decode, grey levels."""
    found = []
    for file in films():
        data = file.read_bytes()
        full = decode_grey(open_film(data)).resize((size_px, size_px), Image.Resampling.LANCZOS)
        found.append(float(np.abs(way(data, size_px).astype(int) - np.asarray(full)).mean()))
    return found


def _entry(rival: str) -> dict[str, Any]:
    return {
        "ratio": statistics.median(ratios(rival)),
        "against": AGAINST[rival],
        "command": "make bench",
    }


def _one_thread_each() -> None:
    prepare_backend()
    import cv2
    import pyvips
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    cv2.setNumThreads(1)
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)  # it would remember the films of the round before
    logging.getLogger("pyvips").setLevel(logging.WARNING)  # it logs ten lines a film, in its time


@contextmanager
def _ways() -> Iterator[dict[str, Callable[[], object]]]:
    """Every way as a function that takes all films, by name."""
    import keras

    data = [file.read_bytes() for file in films()]
    margin_px = math.ceil(DECODE_MARGIN * SIZE_PX)
    sizes = [decode_reduced(open_film(film), margin_px).image.size for film in data]
    with tempfile.TemporaryDirectory() as folder:
        for number, file in enumerate(films()):
            shutil.copyfile(file, Path(folder, f"{number:05d}.jpeg"))
        dataset = keras.utils.image_dataset_from_directory(
            folder, labels=None, image_size=(SIZE_PX, SIZE_PX), batch_size=BATCH_SIZE,
            shuffle=False, verbose=False,
        )  # fmt: skip
        yield {
            "ours": lambda: [ours(film) for film in data],
            "keras": lambda: [by_keras(film) for film in data],
            "keras_lanczos": lambda: [by_keras(film, SIZE_PX, "lanczos") for film in data],
            "keras_dataset": lambda: sum(len(batch) for batch in dataset),
            "opencv": lambda: [by_opencv(film) for film in data],
            "pyvips": lambda: [by_pyvips(film) for film in data],
            "limit": lambda: [decode_alone(film) for film in data],
            "limit_at_our_scale": lambda: [
                decode_alone(film, size) for film, size in zip(data, sizes, strict=True)
            ],
        }


def main() -> None:
    """Log films per core-second, the ratios with their spread, and what the pixels are worth."""
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    n_films = len(films())
    logger.info("%d films to %d px, %d rounds", n_films, SIZE_PX, N_ROUNDS)
    logger.info("films/core-s  ratio (lowest to highest)  way")
    for name, elapsed_s in core_seconds().items():
        rate, found = n_films / statistics.median(elapsed_s), ratios(name)
        spread = f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"
        logger.info("%11.0f  %-25s  %s", rate, spread, AGAINST.get(name, "ours"))
    logger.info("mean absolute difference from Lanczos on a full decode, grey levels")
    grey_ways = {"ours": ours, "Keras": by_keras_in_grey, "OpenCV": by_opencv, "pyvips": by_pyvips}
    for name, way in grey_ways.items():
        for size_px in (SIZE_PX, SIZE_PX // 2):
            found = differences(way, size_px)
            mean, worst = statistics.mean(found), max(found)
            logger.info("%-6s at %3d px: %.2f, worst film %.2f", name, size_px, mean, worst)


if __name__ == "__main__":
    main()
