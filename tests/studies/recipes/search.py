"""The search: which trial is next, whether the time is enough for it, and what is left."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.core.errors import EvaluationError, TrainingError
from tests.studies.recipes.catalogue import Recipe, merged
from tests.studies.recipes.cohort import Cohort, open_cohort, prepare_squares
from tests.studies.recipes.conditions import KINDS
from tests.studies.recipes.opened_search import read_stages
from tests.studies.recipes.results import Judge, Stage, decide, rows_of
from tests.studies.recipes.same_settings import check_all_finished, check_finished
from tests.studies.recipes.trial import (
    WHOLE,
    WITHOUT_HELD_OUT,
    Shared,
    Trial,
    form_of,
    run_trial,
)
from tests.studies.recipes.work_folder import WorkFolder

logger = logging.getLogger(__name__)


@dataclass
class Search:
    """One call of the program.

    n_seeds: networks of each close recipe. params: content of params.yaml.
    """

    work: WorkFolder
    shared: Shared
    judge: Judge
    recipes: Sequence[Recipe]
    stage: Stage
    n_seeds: int
    params: Mapping[str, Any]
    failed: set[str] = field(default_factory=set)
    _cohorts: dict[str, Cohort] = field(default_factory=dict)

    def trials(self, recipe: Recipe, number: int) -> list[Trial]:
        """The two trials of one seed of a recipe."""
        size_px, epochs = self.stage.size_px, self.stage.epochs
        return [
            self.shared.trial(recipe, size_px, epochs, number, split)
            for split in (WHOLE, WITHOUT_HELD_OUT)
        ]

    def open_trials(self) -> list[Trial]:
        """Trials that are not finished: the first seed of all recipes, then the close ones."""
        first = [trial for recipe in self.recipes for trial in self.trials(recipe, 0)]
        left = self._not_finished(first)
        rows = [] if left else rows_of(self.judge, self.recipes, self.stage)
        if not rows:
            return left
        close = decide(self.judge, rows, self.recipes, self.stage)["close"]
        further = [
            trial
            for number in range(1, self.n_seeds)
            for recipe in self.recipes
            if recipe.name in close
            for trial in self.trials(recipe, number)
        ]
        return self._not_finished(further)

    def _not_finished(self, trials: Sequence[Trial]) -> list[Trial]:
        known = self.failed
        return [one for one in trials if one.key not in known and not self._is_finished(one)]

    def _is_finished(self, trial: Trial) -> bool:
        """Whether a trial is finished; its settings must be those of today."""
        if not self.work.is_finished(trial.key):
            return False
        check_finished(self.work, trial, self.shared)
        return True

    def run(self, deadline_s: float | None) -> list[Trial]:
        """Run trials until none is open or the time is too short for the next one.

        Args:
            deadline_s: End of the budget, by `time.monotonic`; None for no limit.

        Returns:
            The trials that are left; the seeds of close recipes are known only after the others.
        """
        self._check()
        while left := self.open_trials():
            needed_s = expected_seconds(left[0], self.work.all_facts())
            if deadline_s is not None and time.monotonic() + needed_s > deadline_s:
                why = (
                    f"it needs about {needed_s / 60:.0f} min" if needed_s else "the hours are over"
                )
                logger.info("%s was not started: %s", left[0].key, why)
                return left
            self._run(left[0])
        return []

    def _check(self) -> None:
        """Check what the folder holds, now and not after hours; name cohorts that do not count."""
        check_all_finished(self.work, self.shared)
        for recipe in dict(read_stages(self.work)).get(self.stage, self.recipes):
            self.judge.networks(recipe, self.stage)
        for name, reason in self.judge.left_out().items():
            logger.warning("external cohort %s does not count in the rule: %s", name, reason)

    def _run(self, trial: Trial) -> None:
        logger.info("%s ...", trial.key)
        try:
            facts = run_trial(trial, self._cohort(trial), self.shared, self.work)
        except (TrainingError, EvaluationError) as error:
            if isinstance(error.__cause__, OSError):  # a full disk ends the next one, too
                raise
            self.failed.add(trial.key)
            logger.error("%s failed; the search goes on: %s", trial.key, error)
            return
        seconds = facts["seconds"]
        logger.info("%s: done%s", trial.key, f" in {seconds:.0f} s" if seconds else "")
        for row in rows_of(self.judge, [trial.recipe], self.stage):
            logger.info("%s", line_of(row))

    def _cohort(self, trial: Trial) -> Cohort:
        form = form_of(trial.resize, self.shared.resize)
        if form not in self._cohorts:
            prepare_squares(self.work, form, merged(self.params, {"resize": trial.resize}))
            self._cohorts[form] = open_cohort(self.work, form, self.shared.negative)
        return self._cohorts[form]


def expected_seconds(trial: Trial, measured: Sequence[Mapping[str, Any]]) -> float:
    """Time that a trial will take, from finished ones; 0 if none was measured.

    Those of the same recipe, size and epochs, else all, scaled by epochs and pixels.

    Args:
        trial: The trial.
        measured: Facts of finished trials; one that was stopped inside has no time.
    """
    timed = [one for one in measured if one["seconds"] is not None]
    size_px, epochs = trial.resize["size_px"], trial.params.epochs
    wanted = (trial.recipe.name, size_px, epochs)
    same = [one for one in timed if (one["recipe"], one["size_px"], one["epochs"]) == wanted]
    used = same or timed
    scaled = [
        one["seconds"] * size_px**2 * epochs / (one["size_px"] ** 2 * one["epochs"]) for one in used
    ]
    return sum(scaled) / len(scaled) if scaled else 0.0


def line_of(row: Mapping[str, Any]) -> str:
    """Format the values of one recipe as a line of the log."""
    values = ", ".join(f"{kind} {row[kind]:.4f}" for kind in KINDS if kind in row)
    return f"{row['recipe']} (networks: {row['n_seeds']}): {values}"
