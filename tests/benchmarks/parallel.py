"""How much a second worker is worth to `resize`: pixels only, imports and start-up apart.

Run alone: `python -m tests.benchmarks.parallel` logs every round.
"""

import itertools
import logging
import statistics
import sys
import time
from pathlib import Path
from typing import Any

from tasks import paths
from tasks.parallel import map_in_order
from tasks.params import load_params
from tasks.resize.fit import fit_film
from tests.films import PACKS, on_workers

N_JOBS = 2048  # films repeated: several seconds of work for one worker
N_WARM_UP = 256
N_ROUNDS = 5
SIZE_PX = 128

logger = logging.getLogger("benchmarks")


def resize_two_workers() -> dict[str, Any]:
    """Time of one worker over the time of two for the same films."""
    films = film_files("kermany-original")
    elapsed_s(films, N_WARM_UP, 2)
    ratios = []
    for _ in range(N_ROUNDS):
        one_s, two_s = (elapsed_s(films, N_JOBS, n_workers) for n_workers in (1, 2))
        ratios.append(one_s / two_s)
        logger.info("1 worker %.2f s, 2 workers %.2f s: %.2f", one_s, two_s, ratios[-1])
    return {
        "ratio": statistics.median(ratios),
        "against": f"one worker, {N_JOBS:,} films decoded to {SIZE_PX} px",
        "command": "make bench",
    }


def film_files(pack: str) -> list[Path]:
    """JPEG films of a pack of real ones or, where it is absent, those of the phantom; sorted."""
    real = PACKS / pack
    folder = real if real.is_dir() else Path(load_params(paths.PARAMS).ingest.source)
    return sorted(folder.rglob("*.jpeg"))


def elapsed_s(films: list[Path], n_jobs: int, n_workers: int) -> float:
    """Wall time of so many films in worker processes."""
    jobs = list(itertools.islice(itertools.cycle(films), n_jobs))
    start_s = time.monotonic()
    images = map_in_order(
        resize_file, jobs, unit="films", setup=int, setup_args=(), compute=on_workers(n_workers)
    )
    n_done = sum(1 for _ in images)
    assert n_done == n_jobs
    return time.monotonic() - start_s


def resize_file(path: Path) -> Any:
    """What a worker does with one film."""
    params = load_params(paths.PARAMS).resize.model_copy(update={"size_px": SIZE_PX})
    return fit_film(path.read_bytes(), params).image


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entry = resize_two_workers()
    logger.info("%.2f x %s", entry["ratio"], entry["against"])
