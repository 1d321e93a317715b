"""Peak memory of `python -m tasks.resize`, which must not grow with the number of films.

The benchmark writes 0.5 GB of films to a temporary folder.

Run    python -m tests.benchmarks.memory
"""

import logging
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.core.tables import SAMPLES_SCHEMA, write_table
from tests.benchmarks.repeated_films import write_films
from tests.films import stage_environment, workspace

N_FEW = 5_000
N_MANY = 50_000
GROWTH_LIMIT = 1.10
SIZE_PX = 128
SAMPLE_EVERY_S = 0.1

logger = logging.getLogger("benchmarks")


def resize_memory_growth() -> dict[str, Any]:
    """Divide the limit by the growth of memory from 5,000 to 50,000 films, the larger of two."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = write_films(folder / "source", N_MANY, "kermany-224")
        few = peaks_mib(folder / "few", samples.head(N_FEW))
        many = peaks_mib(folder / "many", samples)
    growth = max(many[process] / few[process] for process in few)
    return {
        "ratio": GROWTH_LIMIT / growth,
        "against": f"{GROWTH_LIMIT:g} times the peak memory for {N_FEW:,} films, where {N_MANY:,} "
        "are resized; for the stage with its workers and for one worker",
        "command": "make bench",
    }


def peaks_mib(folder: Path, samples: pd.DataFrame) -> dict[str, float]:
    """Return the peak memory of the stage with its workers, and of one worker, in MiB."""
    source = str(folder.parent / "source")
    size = {"size_px": SIZE_PX}
    workspace(folder, ingest={"source": source}, resize=size, compute={"n_workers": 2})
    write_table(samples, SAMPLES_SCHEMA, folder / "data/samples.parquet")
    peaks = {"stage": 0.0, "worker": 0.0}
    with subprocess.Popen(
        [sys.executable, "-m", "tasks.resize"], cwd=folder, env=stage_environment()
    ) as stage:
        while stage.poll() is None:
            workers = children(stage.pid)
            together = sum(memory_mib(process, "Pss") for process in (stage.pid, *workers))
            own = [memory_mib(process, "Private_Dirty") for process in workers]
            peaks = {
                "stage": max(peaks["stage"], together),
                "worker": max(peaks["worker"], *own, 0.0),
            }
            time.sleep(SAMPLE_EVERY_S)
    assert stage.returncode == 0
    figures = ", ".join(f"{process} {peak:.0f} MiB" for process, peak in peaks.items())
    logger.info("%d films: %s", len(samples), figures)
    return peaks


def children(process: int) -> list[int]:
    """Return the ids of the child processes of a process."""
    try:
        listed = Path(f"/proc/{process}/task/{process}/children").read_text()
    except FileNotFoundError:  # the process has ended
        return []
    return list(map(int, listed.split()))


def memory_mib(process: int, kind: str) -> float:
    """Return the memory of a process as Linux counts it, in MiB.

    Args:
        process: Id of the process.
        kind: `Pss` divides shared pages among the processes that map them, so that a sum is
            correct. `Private_Dirty` counts the pages that only this process has written. `VmHWM`
            and `ru_maxrss` would count pages shared with the parent for each process.
    """
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    kib = next((line.split()[1] for line in lines if line.startswith(f"{kind}:")), 0)
    return int(kib) / 1024


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    entry = resize_memory_growth()
    logger.info("%.2f x %s", entry["ratio"], entry["against"])
