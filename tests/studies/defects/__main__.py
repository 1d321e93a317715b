"""Plant each defect into a synthetic set, run the gates, and print which gates reported it.

Writes      reports/results/defects.json, reports/results/defects.md
Fails when  a gate misses its defect, reports another one or reports sound films in an unusual
            form; the files are written first
Run         python -m tests.studies.defects, in the repository root
"""

import argparse
import logging
import sys
import tempfile
from pathlib import Path

from tasks.core.atomic import write_json, write_text
from tasks.core.phantom.write import write_phantom
from tests.studies.defects.catalogue import CORE, HARMLESS, MORE
from tests.studies.defects.page import PAGE, RECORD, defects_page
from tests.studies.defects.score import Trial, record, try_defects
from tests.studies.defects.tree import SETTINGS

logger = logging.getLogger(__name__)


def main() -> None:
    """Run all trials, write the record and the page, and fail if a trial failed."""
    argparse.ArgumentParser(
        prog="python -m tests.studies.defects",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    ).parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    with tempfile.TemporaryDirectory() as folder:
        phantom = Path(folder) / "phantom"
        write_phantom(phantom, SETTINGS)
        trials = try_defects(phantom, Path(folder) / "sets", (*CORE, *MORE, *HARMLESS))
    for trial in trials:
        logger.info(_line(trial))
    found = record(trials)
    write_json(RECORD, found)
    write_text(PAGE, defects_page(found))
    if not all(trial.passed for trial in trials):
        sys.exit("ERROR: a gate missed its defect or reported another one")


def _line(trial: Trial) -> str:
    """Format one trial: result, name, and for each gate its findings and false alarms."""
    good = "caught" if trial.defect.gates else "kept"
    result = good if trial.passed else "FAILED"
    parts = [
        f"{gate} {trial.n_found(gate)}/{len(trial.planted)}"
        + "".join(f", false alarm: {name}" for name in sorted(trial.false_alarms(gate)))
        for gate in trial.defect.gates
    ]
    if not trial.defect.gates:
        parts = [f"{trial.n_kept} films kept"]
    parts += [f"OTHER GATE: {gate}" for gate in trial.other_gates]
    return f"{result:6}  {trial.defect.name:26}{'; '.join(parts)}"


if __name__ == "__main__":
    main()
