"""How much a second worker is worth to `resize`: all of its work on the films, imports apart.

Run alone: `python -m tests.benchmarks.parallel` logs every round.
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
    """Time of one worker over the time of two for the same films."""
    with tempfile.TemporaryDirectory() as name:
        samples = write_films(Path(name, "source"), N_FILMS, "kermany-original")
        elapsed_s(Path(name), samples, 2)  # warms the disk's cache up
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


def elapsed_s(folder: Path, samples: pd.DataFrame, n_workers: int, *, afresh: bool = True) -> float:
    """Wall time of the store on so many worker processes; it may stand there from before."""
    if afresh:
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
