"""Promises about speed, measured: `make bench` writes reports/benchmarks.json.

Each entry is a ratio against a named rival or limit, taken in one run on one machine; above 1
means that we are ahead.
"""

import logging
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tasks.atomic import write_json
from tests.benchmarks.incremental import resize_one_percent_new
from tests.benchmarks.memory import resize_memory_growth
from tests.benchmarks.near_duplicates import near_duplicates_vs_all_pairs, near_duplicates_vs_limit
from tests.benchmarks.parallel import resize_two_workers
from tests.benchmarks.resize import (
    resize_vs_keras,
    resize_vs_keras_dataset,
    resize_vs_keras_lanczos,
    resize_vs_limit,
    resize_vs_opencv,
    resize_vs_pyvips,
)

N_ROUNDS = 5
REPRO_LIMIT_S = 10.0  # a run that changes nothing
HELP_LIMIT_S = 2.0

logger = logging.getLogger("benchmarks")


def main() -> None:
    """Measure every promise; needs a finished `make run`."""
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entries = {
        "resize_vs_keras": resize_vs_keras(),
        "resize_vs_keras_lanczos": resize_vs_keras_lanczos(),
        "resize_vs_keras_dataset": resize_vs_keras_dataset(),
        "resize_vs_opencv": resize_vs_opencv(),
        "resize_vs_pyvips": resize_vs_pyvips(),
        "resize_vs_limit": resize_vs_limit(),
        "resize_two_workers": resize_two_workers(),
        "resize_one_percent_new": resize_one_percent_new(),
        "resize_memory_growth": resize_memory_growth(),
        "repro_no_change": against_limit(["dvc", "repro"], REPRO_LIMIT_S),
        "stage_help": against_limit([sys.executable, "-m", "tasks.ingest", "--help"], HELP_LIMIT_S),
        "near_duplicates_vs_all_pairs": near_duplicates_vs_all_pairs(),
        "near_duplicates_vs_limit": near_duplicates_vs_limit(),
    }
    for name, entry in entries.items():
        logger.info("%s: %.2f x %s", name, entry["ratio"], entry["against"])
    write_json(Path("reports/benchmarks.json"), entries)


def against_limit(command: list[str], limit_s: float) -> dict[str, Any]:
    """The limit over the median wall time of a command."""
    elapsed_s = []
    for _ in range(N_ROUNDS):
        start_s = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        elapsed_s.append(time.monotonic() - start_s)
    return {
        "ratio": limit_s / statistics.median(elapsed_s),
        "against": f"a limit of {limit_s:g} s",
        "command": "make bench",
    }


if __name__ == "__main__":
    main()
