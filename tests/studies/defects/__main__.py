"""Plant every defect into a synthetic set, ask the gates, and print who caught what.

Writes      reports/results/defects.json and the table of defects in README.md
Fails when  a gate misses its own defect, or speaks of another's; both are written first
Run         python -m tests.studies.defects, in the repository root
"""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from tasks.core.atomic import write_json, write_text
from tasks.core.errors import LunglineError
from tasks.core.phantom.write import write_phantom
from tasks.report.readme_results import README_FILE, with_table
from tests.studies.defects.catalogue import CORE, MORE
from tests.studies.defects.score import Trial, record, try_defects
from tests.studies.defects.table import RECORD, defects_table
from tests.studies.defects.tree import SETTINGS

logger = logging.getLogger(__name__)


def main() -> None:
    """Run all, write, print, and fail if anything was missed."""
    argparse.ArgumentParser(
        prog="python -m tests.studies.defects",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    with tempfile.TemporaryDirectory() as folder:
        phantom = Path(folder) / "phantom"
        write_phantom(phantom, SETTINGS)
        trials = try_defects(phantom, Path(folder) / "sets", (*CORE, *MORE))
    for trial in trials:
        logger.info(_line(trial))
    found = record(trials)
    write_json(RECORD, found)
    try:
        table = defects_table(found)
        write_text(
            README_FILE, with_table(README_FILE.read_text(encoding="utf-8"), "defects", table)
        )
    except LunglineError as error:
        sys.exit(f"ERROR: {error}")
    if not all(trial.passed for trial in trials):
        sys.exit("ERROR: a gate missed its own defect, or spoke of another's")


def _line(trial: Trial) -> str:
    """One defect: verdict, name, and per gate what it found and which false alarms it gave."""
    verdict = "caught" if trial.passed else "FAILED"
    parts = [
        f"{gate} {trial.n_found(gate)}/{len(trial.planted)}"
        + "".join(f", false alarm: {name}" for name in sorted(trial.false_alarms(gate)))
        for gate in trial.defect.gates
    ]
    parts += [f"NOT ITS GATE: {gate}" for gate in trial.strangers]
    return f"{verdict}  {trial.defect.name:26}{'; '.join(parts)}"


if __name__ == "__main__":
    main()
