"""Speed of `resize` with two workers compared with one; imports do not count.

Run    python -m tests.benchmarks.parallel
"""

import logging
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.core import paths
from tasks.core.params import load_params
from tasks.resize.fill_store import resize_films
from tests.benchmarks.repeated_films import write_films
from tests.films import on_workers

N_FILMS = 1500
N_ROUNDS = 5
SIZE_PX = 128

logger = logging.getLogger("benchmarks")


def resize_two_workers() -> dict[str, Any]:
    """Divide the time of one worker by the time of two for the same films."""
    with tempfile.TemporaryDirectory() as name:
        samples = write_films(Path(name, "source"), N_FILMS, "kermany-original")
        elapsed_s(Path(name), samples, 2)  # fill the disk cache first
        ratios = []
        for _ in range(N_ROUNDS):
            one_s, two_s = (elapsed_s(Path(name), samples, n_workers) for n_workers in (1, 2))
            ratios.append(one_s / two_s)
            logger.info("1 worker %.2f s, 2 workers %.2f s: %.2f", one_s, two_s, ratios[-1])
    return {
        "ratio": statistics.median(ratios),
        "against": f"one worker, {N_FILMS:,} films to {SIZE_PX} px",
        "command": "make bench",
    }


def elapsed_s(
    folder: Path, samples: pd.DataFrame, n_workers: int, *, from_empty: bool = True
) -> float:
    """Return the wall time of writing the store; without `from_empty`, a former store is reused."""
    if from_empty:
        shutil.rmtree(folder / "images", ignore_errors=True)
    params = load_params(paths.PARAMS).resize.model_copy(update={"size_px": SIZE_PX})
    source, store = str(folder / "source"), folder / "images"
    start_s = time.monotonic()
    resize_films(samples, source, params, store, on_workers(n_workers))
    return time.monotonic() - start_s


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entry = resize_two_workers()
    logger.info("%.2f x %s", entry["ratio"], entry["against"])
