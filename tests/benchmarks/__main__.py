"""Promises about speed, measured: writes reports/benchmarks.json and the README's table.

Each entry is a ratio against a named rival or limit, taken in one run on one machine; above 1
means that we are ahead. Run it on a machine that does nothing else, after `make run`.

Run    python -m tests.benchmarks [NAME ...]    all of them, or some, the others as they were
"""

import argparse
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tasks.core.atomic import read_json, write_json, write_text
from tasks.report.readme_results import README_FILE, with_table
from tests.benchmarks.incremental import resize_one_percent_new
from tests.benchmarks.memory import resize_memory_growth
from tests.benchmarks.near_duplicates import near_duplicates_vs_all_pairs, near_duplicates_vs_limit
from tests.benchmarks.parallel import resize_two_workers
from tests.benchmarks.resize import AGAINST, resize_vs
from tests.benchmarks.training import AGAINST as TRAINING_AGAINST
from tests.benchmarks.training import RivalMissing, train_vs

RECORD = Path("reports/benchmarks.json")
N_ROUNDS = 5
REPRO_LIMIT_S = 10.0  # a run that changes nothing
HELP_LIMIT_S = 2.0

logger = logging.getLogger("benchmarks")


def against_limit(command: list[str], limit_s: float) -> dict[str, Any]:
    """The limit over the median wall time of a command."""
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
    "near_duplicates_vs_all_pairs": near_duplicates_vs_all_pairs,
    "near_duplicates_vs_limit": near_duplicates_vs_limit,
    **{f"train_vs_{rival}": partial(train_vs, rival) for rival in TRAINING_AGAINST},
    # last: they bring TensorFlow into this process
    **{f"resize_vs_{rival}": partial(resize_vs, rival) for rival in AGAINST},
}


def benchmarks_table(entries: Mapping[str, Mapping[str, Any]]) -> str:
    """The README's table: one row per entry of reports/benchmarks.json."""
    rows = ["| promise | ratio | against |", "| --- | --- | --- |"]
    for name, entry in sorted(entries.items()):
        rows.append(f"| `{name}` | {entry['ratio']:.2f} | {entry['against']} |")
    return "\n".join(rows)


def measured(
    benchmarks: Mapping[str, Callable[[], dict[str, Any]]], former: Mapping[str, Any]
) -> dict[str, Any]:
    """An entry for each benchmark; one whose rival is not installed keeps its former entry."""
    entries = {}
    for name, measure in benchmarks.items():
        try:
            entries[name] = entry = measure()
        except RivalMissing as error:
            logger.warning("%s: not measured, its former entry stays: %s", name, error)
            entries |= {name: former[name]} if name in former else {}
        else:
            logger.info("%s: %.2f x %s", name, entry["ratio"], entry["against"])
    return entries


def main() -> None:
    """Measure, write, log."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names
    if unknown := sorted(set(names) - set(BENCHMARKS)):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    logging.basicConfig(level=logging.INFO, format="[bench] %(message)s", stream=sys.stderr)
    former = read_json(RECORD) if RECORD.exists() else {}
    chosen = {name: BENCHMARKS[name] for name in BENCHMARKS if not names or name in names}
    entries = (former if names else {}) | measured(chosen, former)
    write_json(RECORD, entries)
    readme = README_FILE.read_text(encoding="utf-8")
    write_text(README_FILE, with_table(readme, "benchmarks", benchmarks_table(entries)))


if __name__ == "__main__":
    main()
