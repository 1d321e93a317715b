"""Promises about speed, measured: `make bench` writes reports/benchmarks.json.

Each entry is a ratio against a named rival or limit, taken in one run on one machine; above 1
means that we are ahead. The films are those of `ingest.source`.
"""

import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tasks import paths
from tasks.atomic import write_json
from tasks.classifier import prepare_backend
from tasks.params import load_params
from tasks.resize.films import fit_square
from tasks.source import open_source
from tasks.tables import SAMPLES, read_table
from tests.benchmarks.near_duplicates import near_duplicates_vs_all_pairs, near_duplicates_vs_limit

N_ROUNDS = 5
N_FILMS = 200
REPRO_LIMIT_S = 10.0  # a run that changes nothing
HELP_LIMIT_S = 2.0

logger = logging.getLogger("benchmarks")


def main() -> None:
    """Measure every promise; needs a finished `make run`."""
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entries = {
        "resize_vs_keras": resize_vs_keras(),
        "repro_no_change": against_limit(["dvc", "repro"], REPRO_LIMIT_S),
        "stage_help": against_limit([sys.executable, "-m", "tasks.ingest", "--help"], HELP_LIMIT_S),
        "near_duplicates_vs_all_pairs": near_duplicates_vs_all_pairs(),
        "near_duplicates_vs_limit": near_duplicates_vs_limit(),
    }
    for name, entry in entries.items():
        logger.info("%s: %.2f x %s", name, entry["ratio"], entry["against"])
    write_json(Path("reports/benchmarks.json"), entries)


def resize_vs_keras() -> dict[str, Any]:
    """Films per core-second of our decode and resize over those of Keras' `load_img` in RGB."""
    prepare_backend()
    import keras

    params = load_params(paths.PARAMS)
    size_px = params.resize.size_px
    films = read_table(SAMPLES, paths.SAMPLES)["path"].head(N_FILMS)
    with open_source(params.ingest.source) as source:
        data = [source.read(path) for path in films]
    files = [Path(params.ingest.source) / path for path in films]

    def ours() -> None:
        for film in data:
            fit_square(film, size_px)

    def notebooks() -> None:
        for file in files:
            image = keras.utils.load_img(file, target_size=(size_px, size_px))
            keras.utils.img_to_array(image)

    ratio = median_ratio(notebooks, ours)
    return {
        "ratio": ratio,
        "against": "keras.utils.load_img in RGB, full decode, as the notebooks do",
        "command": "make bench",
    }


def median_ratio(rival: Callable[[], None], ours: Callable[[], None]) -> float:
    """Median over rounds of the rival's core-seconds over ours, in turn after one warm-up."""
    ratios = []
    rival()
    ours()
    for _ in range(N_ROUNDS):
        start_s = time.process_time()
        rival()
        middle_s = time.process_time()
        ours()
        ratios.append((middle_s - start_s) / (time.process_time() - middle_s))
    return statistics.median(ratios)


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
