"""Films per core-second of the whole stage `resize`, compared with five rivals and a limit.

Each file, read from the disk cache, becomes one image of 128 px. Ours is the stage with one worker:
it reads, checks the hash, decodes, scales, sends and stores; imports do not count. `AGAINST` says
what each rival does. All sides take turns with one thread each, in five rounds after one warm-up
round. The ratio is the median over the rounds of a rival's core-seconds per film divided by ours.
The films are Kermany's originals if they lie beside the repository, else those of `ingest.source`.

Run    python -m tests.benchmarks.resize
"""

import itertools
import logging
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.core import paths
from tasks.core.classifier import prepare_backend
from tasks.core.film.decode import decode_grey, open_film
from tasks.core.film.square import square_of_film
from tasks.core.image_store.store import Pixels
from tasks.core.params import load_params
from tests.benchmarks.repeated_films import film_files, write_films
from tests.films import ROOT

SIZE_PX = 128
N_ROUNDS = 5
N_FILMS = 150  # films for each rival in a round
N_STAGE = 6000  # films for the stage, about as many as Kermany's 5,856
AGAINST = {
    "keras": "keras.utils.load_img in RGB: full decoding, nearest pixel; Kaggle notebooks do this",
    "keras_lanczos": "the same with interpolation='lanczos', which is as smooth as Lungline",
    "keras_dataset": "keras.utils.image_dataset_from_directory in RGB; nothing is stored",
    "opencv": "OpenCV: imread in grey, INTER_AREA; nothing is stored",
    "pyvips": "pyvips: thumbnail in grey; nothing is stored",
    "limit": "only the grey decoding of simplejpeg, at the smallest scale that has the final side; "
    "nothing is scaled, hashed or stored",
}

logger = logging.getLogger("benchmarks")


def resize_vs(rival: str) -> dict[str, Any]:
    """Compare with a key of AGAINST; a ratio of 1 cannot be reached against `limit`."""
    return {
        "ratio": statistics.median(ratios(rival)),
        "against": AGAINST[rival],
        "command": "make bench",
    }


def by_stage(folder: Path) -> float:
    """Return the core-seconds per film of the stage, in its own process with params.yaml."""
    ended = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.whole_stage", str(folder), str(SIZE_PX)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(ended.stdout)


def by_square_of_film(file: Path, size_px: int = SIZE_PX) -> Pixels:
    """Return the pixels that the stage stores."""
    params = load_params(paths.PARAMS).resize.model_copy(update={"size_px": size_px})
    return square_of_film(file.read_bytes(), params).image


def by_opencv(file: Path, size_px: int = SIZE_PX) -> Pixels:
    """Read and scale with OpenCV."""
    import cv2

    grey = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    assert grey is not None
    return np.asarray(cv2.resize(grey, (size_px, size_px), interpolation=cv2.INTER_AREA))


def by_pyvips(file: Path, size_px: int = SIZE_PX) -> Pixels:
    """Read and scale with libvips."""
    import pyvips

    image = pyvips.Image.thumbnail(str(file), size_px, height=size_px, size="force")
    return np.asarray(image.colourspace("b-w").numpy())


def by_keras(
    file: Path, size_px: int = SIZE_PX, interpolation: str = "nearest"
) -> NDArray[np.float32]:
    """Read and scale with Keras, as Kaggle notebooks do: (size_px, size_px, 3)."""
    import keras

    image = keras.utils.load_img(file, target_size=(size_px, size_px), interpolation=interpolation)
    return np.asarray(keras.utils.img_to_array(image))


def by_keras_lanczos(file: Path) -> NDArray[np.float32]:
    """Read and scale with Keras, without aliasing."""
    return by_keras(file, interpolation="lanczos")


def by_keras_dataset(folder: Path, files: Sequence[Path]) -> float:
    """Return the core-seconds per film of Keras' data set on a folder of links."""
    import keras

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file in files:
        (folder / file.name).symlink_to(file)
    dataset = keras.utils.image_dataset_from_directory(
        folder, labels=None, image_size=(SIZE_PX, SIZE_PX), shuffle=False, verbose=False
    )
    return _per_film(lambda _: list(dataset), [folder]) / len(files)


def by_keras_in_grey(file: Path, size_px: int) -> Pixels:
    """Return the pixels of `by_keras` in grey, for the comparison of pixels."""
    return np.asarray(Image.fromarray(by_keras(file, size_px).astype(np.uint8)).convert("L"))


def decode_alone(file: Path) -> Pixels:
    """Decode to grey with libjpeg-turbo only; at least SIZE_PX wide and high."""
    import simplejpeg

    data = file.read_bytes()
    return np.asarray(simplejpeg.decode_jpeg(data, "GRAY", min_height=SIZE_PX, min_width=SIZE_PX))


@cache
def core_seconds() -> dict[str, list[float]]:
    """Return the core-seconds per film of each side, round by round."""
    _one_thread_each()
    found: dict[str, list[float]] = {}
    with _ways() as ways:
        for number in range(N_ROUNDS + 1):
            for name, way in ways.items():
                core_s = way()
                if number:
                    found.setdefault(name, []).append(core_s)
    return found


def ratios(rival: str) -> list[float]:
    """Divide the core-seconds of a rival by ours, round by round."""
    core_s = core_seconds()
    return [theirs / own for theirs, own in zip(core_s[rival], core_s["ours"], strict=True)]


def differences(way: Callable[[Path, int], Pixels], size_px: int) -> list[float]:
    """Return each film's mean absolute difference from Lanczos scaling of the full film."""
    found = []
    for file in film_files("kermany-original")[:N_FILMS]:
        grey = decode_grey(open_film(file.read_bytes()))
        full = grey.resize((size_px, size_px), Image.Resampling.LANCZOS)
        found.append(float(np.abs(way(file, size_px).astype(int) - np.asarray(full)).mean()))
    return found


def _one_thread_each() -> None:
    prepare_backend()
    import cv2
    import pyvips
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    cv2.setNumThreads(1)
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)  # else it keeps the films of the former round
    logging.getLogger("pyvips").setLevel(logging.WARNING)  # it logs ten lines per film


@contextmanager
def _ways() -> Iterator[dict[str, Callable[[], float]]]:
    """Yield a function for each side; it returns the core-seconds per film."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = write_films(folder / "source", N_STAGE, "kermany-original")
        samples.to_parquet(folder / "samples.parquet")
        files = [folder / "source" / path for path in samples["path"]]
        # Other files in each round, so that no file is still in the cache of the processor
        turns = itertools.cycle(
            files[start : start + N_FILMS] for start in range(0, N_STAGE, N_FILMS)
        )
        yield {
            "ours": lambda: by_stage(folder),
            "keras": lambda: _per_film(by_keras, next(turns)),
            "keras_lanczos": lambda: _per_film(by_keras_lanczos, next(turns)),
            "keras_dataset": lambda: by_keras_dataset(folder / "few", next(turns)),
            "opencv": lambda: _per_film(by_opencv, next(turns)),
            "pyvips": lambda: _per_film(by_pyvips, next(turns)),
            "limit": lambda: _per_film(decode_alone, next(turns)),
        }


def _per_film(way: Callable[[Path], object], files: Sequence[Path]) -> float:
    start_s = time.process_time()
    for file in files:
        way(file)
    return (time.process_time() - start_s) / len(files)


def main() -> None:
    """Log films per core-second, the ratios with their range, and the quality of the pixels."""
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    logger.info("films to %d px, %d rounds", SIZE_PX, N_ROUNDS)
    logger.info("films/core-s  ratio (lowest to highest)  side")
    for name, core_s in core_seconds().items():
        rate, found = 1 / statistics.median(core_s), ratios(name)
        spread = f"{statistics.median(found):.2f} ({min(found):.2f} to {max(found):.2f})"
        logger.info("%11.0f  %-25s  %s", rate, spread, AGAINST.get(name, "ours"))
    logger.info("mean absolute difference from Lanczos scaling of the full film, grey levels")
    ways = {
        "ours": by_square_of_film,
        "Keras": by_keras_in_grey,
        "OpenCV": by_opencv,
        "pyvips": by_pyvips,
    }
    for name, way in ways.items():
        for size_px in (SIZE_PX, SIZE_PX // 2):
            found = differences(way, size_px)
            mean, worst = statistics.mean(found), max(found)
            logger.info("%-6s at %3d px: %.2f, worst film %.2f", name, size_px, mean, worst)


if __name__ == "__main__":
    main()
