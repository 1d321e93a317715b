"""What `resize` costs when 1 % of the films are new, as a share of what it costs for all of them.

Run alone: `python -m tests.benchmarks.incremental`; it writes 1 GB of films into a temporary
folder. Whole processes are timed, from start to end.
"""

import logging
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.tables import SAMPLES, write_table
from tests.benchmarks.repeated_films import write_films
from tests.films import stage_environment, workspace

N_FILMS = 5_000
NEW_SHARE = 0.01
LIMIT = 0.05  # of the full time
N_ROUNDS = 3
SIZE_PX = 128

logger = logging.getLogger("benchmarks")


def resize_one_percent_new() -> dict[str, Any]:
    """The limit, 5 % of the full time, over the share that 1 % new films take."""
    with tempfile.TemporaryDirectory() as name:
        samples = write_films(Path(name, "source"), N_FILMS, "kermany-original")
        shares = [_share(Path(name, f"round{number}"), samples) for number in range(N_ROUNDS)]
    return {
        "ratio": LIMIT / statistics.median(shares),
        "against": f"{LIMIT:.0%} of the time for all of {N_FILMS:,} films, whole processes",
        "command": "make bench",
    }


def _share(folder: Path, samples: pd.DataFrame) -> float:
    workspace(folder, ingest={"source": "../source"}, resize={"size_px": SIZE_PX})
    n_new = round(NEW_SHARE * N_FILMS)
    full_s = elapsed_s(folder, samples.iloc[n_new:])
    new_s = elapsed_s(folder, samples)
    logger.info("all %.2f s, %d new %.2f s: %.1f %%", full_s, n_new, new_s, 100 * new_s / full_s)
    return new_s / full_s


def elapsed_s(folder: Path, samples: pd.DataFrame) -> float:
    """Wall time of the stage for a cohort, with what stands in `data/images` from before."""
    write_table(samples, SAMPLES, folder / "data/samples.parquet")
    start_s = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "tasks.resize"], cwd=folder, env=stage_environment(), check=True
    )
    return time.monotonic() - start_s


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entry = resize_one_percent_new()
    logger.info("%.2f x %s", entry["ratio"], entry["against"])
