"""Time of `resize` when 1 % of the films are new, as a share of the time for all films.

The time runs from the table of films to the finished store; imports (about 0.6 s) do not count.
The benchmark writes 1.3 GB of films to a temporary folder.

Run    python -m tests.benchmarks.incremental
"""

import logging
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd

from tests.benchmarks.parallel import elapsed_s
from tests.benchmarks.repeated_films import write_films

N_FILMS = 5_856  # Kermany's set
N_NEW = 59
LIMIT = 0.05  # of the full time
N_ROUNDS = 5

logger = logging.getLogger("benchmarks")


def resize_one_percent_new() -> dict[str, Any]:
    """Divide the limit, 5 % of the full time, by the share that 1 % new films take."""
    with tempfile.TemporaryDirectory() as name:
        samples = write_films(Path(name, "source"), N_FILMS, "kermany-original")
        shares = [_share(Path(name), samples) for _ in range(N_ROUNDS)]
    return {
        "ratio": LIMIT / statistics.median(shares),
        "against": f"5 % of the time for all of {N_FILMS:,} films, on 2 workers",
        "command": "make bench",
    }


def _share(folder: Path, samples: pd.DataFrame) -> float:
    full_s = elapsed_s(folder, samples.iloc[N_NEW:], 2)
    new_s = elapsed_s(folder, samples, 2, from_empty=False)
    logger.info("all %.2f s, %d new %.2f s: %.1f %%", full_s, N_NEW, new_s, 100 * new_s / full_s)
    return new_s / full_s


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entry = resize_one_percent_new()
    logger.info("%.2f x %s", entry["ratio"], entry["against"])
