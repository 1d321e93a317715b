"""Plant each defect, run the gates, and count findings, misses and false alarms."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tasks.core import paths
from tests.films import workspace
from tests.studies.defects.catalogue import CLEAN, Defect
from tests.studies.defects.gates import Findings, Named, films_of, run_gates
from tests.studies.defects.tree import SETTINGS, ZIP, Instance, Tree

Record = dict[str, Any]
N_WORKERS = 2
N_FILMS = SETTINGS.n_train + SETTINGS.n_val + SETTINGS.n_test


@dataclass(frozen=True)
class Trial:
    """Result of one defect.

    planted: what was planted.
    findings: every gate that reported something, and what it named.
    n_kept: number of films of the clean set that are usable and have the same class, subtype, split
        and patient.
    """

    defect: Defect
    planted: list[Instance]
    findings: Findings
    n_kept: int = N_FILMS

    @property
    def other_gates(self) -> list[str]:
        """Gates that reported something and should not."""
        return sorted(set(self.findings) - set(self.defect.gates))

    def n_found(self, gate: str) -> int:
        """Count the planted instances that a gate named; all if it reports the whole set."""
        named = self.findings.get(gate)
        if named is None:
            return 0
        return sum(1 for instance in self.planted if not named or named & instance)

    def false_alarms(self, gate: str) -> Named:
        """Return what a gate named although it was not planted."""
        return self.findings.get(gate, frozenset()) - frozenset().union(*self.planted)

    @property
    def passed(self) -> bool:
        """Whether each of its gates found every instance, and nothing else was reported.

        If no gate is to report it, every film must be kept.
        """
        if not self.defect.gates and self.n_kept < N_FILMS:
            return False
        return not self.other_gates and all(
            self.n_found(gate) == len(self.planted) and not self.false_alarms(gate)
            for gate in self.defect.gates
        )


def try_defects(phantom: Path, folder: Path, defects: Sequence[Defect]) -> list[Trial]:
    """Plant each defect into its own set and run the gates.

    Args:
        phantom: Folder written by `tasks.core.phantom.write` with SETTINGS.
        folder: Folder in which the sets are made.
        defects: Defects to plant.

    Returns:
        The trial of the clean set, then one trial per defect.
    """
    spawn = multiprocessing.get_context("spawn")  # the stages change the folder of the process
    one = partial(try_defect, phantom, folder)
    with ProcessPoolExecutor(N_WORKERS, mp_context=spawn) as pool:
        clean = pool.submit(one, CLEAN).result()  # first: its manifest is the reference
        return [clean, *pool.map(one, defects)]


def try_defect(phantom: Path, folder: Path, defect: Defect) -> Trial:
    """Plant one defect and run the gates."""
    own = folder / defect.name
    planted = defect.plant(Tree(phantom, own / "source"))
    reference = (folder / CLEAN.name / paths.MANIFEST).resolve()
    validate = {"reference": str(reference)} if defect.against_reference else {}
    source = ZIP if (own / ZIP).exists() else "source"
    # the trials are already spread over the cores
    workspace(own, ingest={"source": source}, validate=validate, compute={"n_workers": 1})
    findings = run_gates(own)
    n_kept = len(films_of(own) & films_of(folder / CLEAN.name))
    return Trial(defect, planted, findings, n_kept)


def record(trials: Sequence[Trial]) -> Record:
    """Return the content of reports/results/defects.json.

    Args:
        trials: Result of `try_defects`.
    """
    clean, *others = trials
    planted = [trial for trial in others if trial.defect.gates]
    return {
        "n_films": N_FILMS,
        "seed": SETTINGS.seed,
        "gates_on_clean_films": sorted(clean.findings),
        "n_passed": sum(trial.passed for trial in planted),
        "defects": [row(trial) for trial in planted],
        "harmless": [harmless_row(trial) for trial in others if not trial.defect.gates],
    }


def row(trial: Trial) -> Record:
    """Return the entry of one defect."""
    return {
        "name": trial.defect.name,
        "words": trial.defect.words,
        "n_planted": len(trial.planted),
        "gates": [
            {
                "gate": gate,
                "n_found": trial.n_found(gate),
                "n_false_alarms": len(trial.false_alarms(gate)),
            }
            for gate in trial.defect.gates
        ],
        "other_gates": trial.other_gates,
        "passed": trial.passed,
    }


def harmless_row(trial: Trial) -> Record:
    """Return the entry of a set that no gate may report."""
    return {
        "name": trial.defect.name,
        "words": trial.defect.words,
        "n_kept": trial.n_kept,
        "other_gates": trial.other_gates,
        "passed": trial.passed,
    }
