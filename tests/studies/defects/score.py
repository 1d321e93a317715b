"""Plants each defect, asks the gates, and counts: found, missed, false alarms."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tasks.core import paths
from tests.films import workspace
from tests.studies.defects.catalogue import CLEAN, CORE, Defect
from tests.studies.defects.gates import Named, Spoken, run_gates
from tests.studies.defects.tree import SETTINGS, Instance, Tree

Record = dict[str, Any]
N_WORKERS = 2


@dataclass(frozen=True)
class Trial:
    """What the gates said of one defect.

    planted: What was planted.
    spoken: Every gate that spoke, and what it named.
    """

    defect: Defect
    planted: list[Instance]
    spoken: Spoken

    @property
    def strangers(self) -> list[str]:
        """Gates that spoke although the defect is not theirs."""
        return sorted(set(self.spoken) - set(self.defect.gates))

    @property
    def silent(self) -> list[str]:
        """Gates that should have spoken."""
        return sorted(set(self.defect.gates) - set(self.spoken))

    def n_found(self, gate: str) -> int:
        """Planted instances that a gate named; all, if it speaks of the set as a whole."""
        named = self.spoken.get(gate)
        if named is None:
            return 0
        return sum(1 for instance in self.planted if not named or named & instance)

    def false_alarms(self, gate: str) -> Named:
        """Files and findings that a gate named and nobody planted."""
        return self.spoken.get(gate, frozenset()) - frozenset().union(*self.planted)

    @property
    def passed(self) -> bool:
        """Every instance found by each of its gates; nothing and nobody else named."""
        return not self.strangers and all(
            self.n_found(gate) == len(self.planted) and not self.false_alarms(gate)
            for gate in self.defect.gates
        )


def try_defects(phantom: Path, folder: Path, defects: Sequence[Defect]) -> list[Trial]:
    """Plant each defect into a set of its own and run the gates.

    Args:
        phantom: Folder written by `tasks.core.phantom.write` with SETTINGS.
        folder: The sets are made below it.
        defects: Which.

    Returns:
        One trial per defect, after that of the clean set.
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
    workspace(own, ingest={"source": "source"}, validate=validate)
    return Trial(defect, planted, run_gates(own))


def record(trials: Sequence[Trial]) -> Record:
    """What reports/results/defects.json holds.

    Args:
        trials: From `try_defects`.
    """
    clean, *planted = trials
    return {
        "n_films": SETTINGS.n_train + SETTINGS.n_val + SETTINGS.n_test,
        "seed": SETTINGS.seed,
        "gates_on_clean_films": sorted(clean.spoken),
        "n_passed": sum(trial.passed for trial in planted),
        "defects": [row(trial) for trial in planted],
    }


def row(trial: Trial) -> Record:
    """One defect of the record."""
    return {
        "name": trial.defect.name,
        "words": trial.defect.words,
        "in_readme": trial.defect in CORE,
        "n_planted": len(trial.planted),
        "gates": [
            {
                "gate": gate,
                "n_found": trial.n_found(gate),
                "n_false_alarms": len(trial.false_alarms(gate)),
            }
            for gate in trial.defect.gates
        ],
        "other_gates": trial.strangers,
        "passed": trial.passed,
    }
