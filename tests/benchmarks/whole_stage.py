"""Core-seconds per film of `resize` with one worker, from the first film to the finished store.

FOLDER holds source/ and samples.parquet.

Run    python -m tests.benchmarks.whole_stage FOLDER SIZE_PX
"""

import os
import shutil
import sys
from pathlib import Path

import pandas as pd

from tasks.core import paths
from tasks.core.params import load_params
from tasks.resize.fill_store import resize_films
from tests.films import on_workers


def core_s() -> float:
    """Return the CPU time of this process and of its children that have ended, in seconds."""
    return sum(os.times()[:4])


def main() -> None:
    """Print the core-seconds per film."""
    folder, size_px = Path(sys.argv[1]), int(sys.argv[2])
    samples = pd.read_parquet(folder / "samples.parquet")
    params = load_params(paths.PARAMS).resize.model_copy(update={"size_px": size_px})
    shutil.rmtree(folder / "images", ignore_errors=True)
    start_s = core_s()
    resize_films(samples, str(folder / "source"), params, folder / "images", on_workers(1))
    sys.stdout.write(f"{(core_s() - start_s) / len(samples)}\n")


if __name__ == "__main__":
    main()
