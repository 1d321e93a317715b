"""Measure speed; write reports/benchmarks.json and reports/results/benchmarks.md.

Each entry is a ratio against a rival or a limit, measured in one run on one machine. Above 1,
Lungline is faster or stays below the limit. Run it after `make run`, on a machine that does nothing
else.

Run    python -m tests.benchmarks [NAME ...]    all, or the named ones
"""

import argparse
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from tasks.core import paths
from tasks.core.atomic import read_json, write_json, write_text
from tests.benchmarks.evaluation import evaluate_vs_limit
from tests.benchmarks.explained_pages import pages_vs_limit
from tests.benchmarks.flow_overhead import ENTRIES as FLOW
from tests.benchmarks.incremental import resize_one_percent_new
from tests.benchmarks.memory import resize_memory_growth
from tests.benchmarks.near_duplicates import near_duplicates_vs_all_pairs, near_duplicates_vs_limit
from tests.benchmarks.page import PAGE, benchmarks_page
from tests.benchmarks.parallel import resize_two_workers
from tests.benchmarks.resize import AGAINST, resize_vs
from tests.benchmarks.screening_speed import ENTRIES as SCREENING
from tests.benchmarks.strict_decoding import strict_decoding
from tests.benchmarks.training import AGAINST as TRAINING_AGAINST
from tests.benchmarks.training import RivalMissing, train_vs

N_ROUNDS = 5
REPRO_LIMIT_S = 10.0  # a run in which no stage runs
HELP_LIMIT_S = 2.0

logger = logging.getLogger("benchmarks")


def against_limit(command: list[str], limit_s: float) -> dict[str, Any]:
    """Divide the limit by the median wall time of a command."""
    elapsed_s = []
    for _ in range(N_ROUNDS):
        start_s = time.monotonic()
        subprocess.run(command, check=True, capture_output=True)
        elapsed_s.append(time.monotonic() - start_s)
    return {
        "ratio": limit_s / statistics.median(elapsed_s),
        "against": f"a limit of {limit_s:g} s for `{' '.join(['python', *command[1:]])}`",
        "command": "make bench",
    }


BENCHMARKS: dict[str, Callable[[], dict[str, Any]]] = {
    "resize_two_workers": resize_two_workers,
    "resize_one_percent_new": resize_one_percent_new,
    "resize_memory_growth": resize_memory_growth,
    "repro_no_change": partial(
        against_limit, [sys.executable, "-m", "dvc", "repro"], REPRO_LIMIT_S
    ),
    "stage_help": partial(
        against_limit, [sys.executable, "-m", "tasks.ingest", "--help"], HELP_LIMIT_S
    ),
    "strict_decoding": strict_decoding,
    "near_duplicates_vs_all_pairs": near_duplicates_vs_all_pairs,
    "near_duplicates_vs_limit": near_duplicates_vs_limit,
    "evaluate_vs_limit": evaluate_vs_limit,
    "pages_vs_limit": pages_vs_limit,
    **SCREENING,
    **FLOW,
    **{f"train_vs_{rival}": partial(train_vs, rival) for rival in TRAINING_AGAINST},
    # last, because they import TensorFlow in this process
    **{f"resize_vs_{rival}": partial(resize_vs, rival) for rival in AGAINST},
}


def measured(
    benchmarks: Mapping[str, Callable[[], dict[str, Any]]], former: Mapping[str, Any]
) -> dict[str, Any]:
    """Measure each benchmark; without its rival, a benchmark keeps its former entry."""
    entries = {}
    for name, measure in benchmarks.items():
        try:
            entries[name] = entry = measure()
        except RivalMissing as error:
            logger.warning("%s: not measured, the former entry stays: %s", name, error)
            entries |= {name: former[name]} if name in former else {}
        else:
            logger.info("%s: %.2f x %s", name, entry["ratio"], entry["against"])
    return entries


def main() -> None:
    """Measure the chosen benchmarks and write the record and the page."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        parser.error(f"unknown benchmark {', '.join(unknown)}; known: {', '.join(BENCHMARKS)}")
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    former = read_json(paths.BENCHMARKS) if paths.BENCHMARKS.exists() else {}
    chosen = {name: BENCHMARKS[name] for name in BENCHMARKS if not names or name in names}
    entries = (former if names else {}) | measured(chosen, former)
    write_json(paths.BENCHMARKS, entries)
    write_text(PAGE, benchmarks_page(entries))


if __name__ == "__main__":
    main()
