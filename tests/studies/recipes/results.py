"""Rows of the table: every finished recipe of a search under every kind of validation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.bootstrap import percentile_interval, resample_patients
from tests.studies.recipes.catalogue import REFERENCE, Recipe
from tests.studies.recipes.cohort import FilmSet
from tests.studies.recipes.conditions import (
    KINDS,
    Condition,
    arrays_of,
    conditions_of,
    conditions_of_kind,
    join_values,
    read_scores,
)
from tests.studies.recipes.rule import (
    RULE,
    candidates,
    close_names,
    deciding_kind,
    mean_ranks,
    winner,
)
from tests.studies.recipes.same_settings import check_finished
from tests.studies.recipes.trial import WHOLE, WITHOUT_HELD_OUT, Shared, Trial
from tests.studies.recipes.work_folder import WorkFolder, next_step_of


@dataclass(frozen=True)
class Stage:
    """What a search trains its recipes with, where they do not say it themselves."""

    size_px: int
    epochs: int


@dataclass(frozen=True)
class Judge:
    """What finished trials are judged with.

    sets: from `film_sets`. target: sensitivity at the threshold, on ordinary validation films.
    min_class_films: films of each class from which on the AUROC of a cohort counts.
    n_bootstrap, seed: resamples of the patients.
    """

    work: WorkFolder
    shared: Shared
    sets: Mapping[str, FilmSet]
    target: float
    min_class_films: int
    n_bootstrap: int
    seed: int
    _weights: dict[str, Floats] = field(default_factory=dict)
    _networks: dict[str, dict[str, Condition]] = field(default_factory=dict)
    _aurocs: dict[Condition, Floats] = field(default_factory=dict)

    @property
    def cohorts(self) -> list[str]:
        """External cohorts whose AUROC counts."""
        left_out = self.left_out()
        return [name for name in self._counts() if name not in left_out]

    def left_out(self) -> dict[str, str]:
        """External cohorts whose AUROC does not count, each with the reason."""
        return {
            name: f"{counts[0]} positive and {counts[1]} negative films, and an AUROC needs"
            f" {self.min_class_films} of each (validate.min_class_films)"
            for name, counts in self._counts().items()
            if min(counts) < self.min_class_films
        }

    def _counts(self) -> dict[str, tuple[int, int]]:
        """Positive and negative films of each external cohort."""
        return {
            name.removeprefix("external/"): (films.positive.sum(), (~films.positive).sum())
            for name, films in self.sets.items()
            if name.startswith("external/")
        }

    def kinds(self) -> list[str]:
        """Kinds of validation that these films give."""
        return [kind for kind in KINDS if conditions_of_kind(kind, self.cohorts)]

    def networks(self, recipe: Recipe, stage: Stage) -> list[dict[str, Condition]]:
        """Conditions of each seed of a recipe of which both networks are trained."""
        found: list[dict[str, Condition]] = []
        for number in range(RULE["seeds"]):
            trials = self.trials(recipe, stage, number)
            if not all(self.work.is_finished(trial.key) for trial in trials):
                break
            found.append(self._network(trials))
        return found

    def _network(self, trials: Sequence[Trial]) -> dict[str, Condition]:
        key = trials[0].key
        if key not in self._networks:
            whole, without = (self._scores(trial) for trial in trials)
            self._networks[key] = conditions_of(whole, without, self.sets, self.target)
        return self._networks[key]

    def trials(self, recipe: Recipe, stage: Stage, number: int) -> list[Trial]:
        """The two trials of one seed."""
        place = (stage.size_px, stage.epochs, number)
        return [self.shared.trial(recipe, *place, one) for one in (WHOLE, WITHOUT_HELD_OUT)]

    def keys(self, recipe: Recipe, stage: Stage, number: int) -> list[str]:
        """Keys of the two trials of one seed."""
        return [trial.key for trial in self.trials(recipe, stage, number)]

    def _scores(self, trial: Trial) -> dict[str, Floats]:
        """Scores of a finished trial with the settings of today, for the films of today."""
        check_finished(self.work, trial, self.shared)
        facts, folder = self.work.facts(trial.key), self.work.trial(trial.key)
        arrays = arrays_of(trial.split, self.sets)
        n_films = {name: len(self.sets[films].positive) for name, films in arrays.items()}
        path, step = folder / "logits.npz", next_step_of(folder)
        return read_scores(path, facts, self.shared.negative, n_films, step)

    def values(
        self, networks: Sequence[Mapping[str, Condition]], kind: str, *, resampled: bool
    ) -> Floats:
        """Mean AUROC of the networks in one kind of validation: of the films as they are first.

        With `resampled`, of each resample of the patients after that: (1 + n_bootstrap,).
        """
        names = conditions_of_kind(kind, self.cohorts)
        found = [
            join_values(kind, [self._of_condition(network[name], resampled) for name in names])
            for network in networks
        ]
        mean: Floats = np.mean(found, axis=0)
        return mean

    def _of_condition(self, condition: Condition, resampled: bool) -> Floats:
        if not resampled:
            return condition.aurocs(np.ones((1, len(condition.scores))))
        if condition.films not in self._weights:
            self._weights[condition.films] = self._resample(condition.groups)
        if condition not in self._aurocs:
            self._aurocs[condition] = condition.aurocs(self._weights[condition.films])
        return self._aurocs[condition]

    def _resample(self, groups: pd.Series) -> Floats:
        drawn = resample_patients(groups, self.n_bootstrap, self.seed)
        return np.vstack([np.ones((1, drawn.shape[1])), drawn])


def difference(one: Floats, other: Floats) -> dict[str, float]:
    """Difference of two recipes with its 95 % interval; both from the same resamples.

    Args:
        one: From `Judge.values`, resampled. A resample without both classes is NaN.
        other: The same of the other recipe.
    """
    change = one - other
    low, high = percentile_interval(change[1:][~np.isnan(change[1:])])
    return {"value": float(change[0]), "low": low, "high": high}


def rows_of(judge: Judge, recipes: Sequence[Recipe], stage: Stage) -> list[dict[str, Any]]:
    """Rows of the finished recipes, without scores of the rule and without differences."""
    rows = []
    for recipe in recipes:
        networks = judge.networks(recipe, stage)
        if networks:
            rows.append(_row(judge, recipe, stage, networks))
    return rows


def _row(
    judge: Judge, recipe: Recipe, stage: Stage, networks: Sequence[Mapping[str, Condition]]
) -> dict[str, Any]:
    keys = [judge.keys(recipe, stage, number) for number in range(len(networks))]
    facts = [judge.work.facts(key) for pair in keys for key in pair]
    seconds = [one["seconds"] for one in facts if one["seconds"] is not None]
    values = {
        kind: float(judge.values(networks, kind, resampled=False)[0]) for kind in judge.kinds()
    }
    return {
        "recipe": recipe.name,
        "is_wide": recipe.is_wide,
        "size_px": facts[0]["size_px"],
        "epochs": facts[0]["epochs"],
        "n_seeds": len(networks),
        "n_views": facts[0]["train"].get("n_views", 1),
        "seconds": round(float(np.mean(seconds)), 1) if seconds else None,
        **values,
        "conditions": _mean_points([{k: c.point() for k, c in one.items()} for one in networks]),
    }


def _mean_points(
    networks: Sequence[Mapping[str, Mapping[str, float | None]]],
) -> dict[str, dict[str, float | None]]:
    """Mean over the networks of each number of each condition; None where it is undefined."""
    found: dict[str, dict[str, float | None]] = {}
    for name, point in networks[0].items():
        values = {key: [one[name][key] for one in networks] for key in point}
        found[name] = {
            key: None if None in of_seeds else float(np.mean(np.array(of_seeds, dtype=float)))
            for key, of_seeds in values.items()
        }
    return found


def decide(
    judge: Judge, rows: Sequence[dict[str, Any]], recipes: Sequence[Recipe], stage: Stage
) -> dict[str, Any]:
    """Apply the rule: write `score` and `is_close` into the rows of the candidates.

    Args:
        judge: What finished trials are judged with.
        rows: From `rows_of`; at least one.
        recipes: The recipes of the search.
        stage: The stage.

    Returns:
        `close`, names in the order of the catalogue; and `winner`, None while a seed is missing.
    """
    chosen = [row for row in rows if row in candidates(rows)]
    for row, score in zip(chosen, mean_ranks(chosen), strict=True):
        row["score"] = score
    ranked = sorted(chosen, key=lambda row: float(row["score"]))[: RULE["most_close"]]
    kind, by_name = deciding_kind(chosen), {recipe.name: recipe for recipe in recipes}
    values = [
        judge.values(judge.networks(by_name[row["recipe"]], stage), kind, resampled=True)
        for row in ranked
    ]
    changes = [difference(one, values[0]) for one in values]
    close = close_names(ranked, [not one["low"] <= 0 <= one["high"] for one in changes])
    for row in chosen:
        row["is_close"] = row["recipe"] in close
    in_order = [row for row in chosen if row["is_close"]]
    return {"close": [row["recipe"] for row in in_order], "winner": winner(in_order)}


def add_differences(
    judge: Judge, rows: Sequence[dict[str, Any]], recipes: Sequence[Recipe], stage: Stage
) -> None:
    """Write `differences` to the reference into each row, by kind of validation."""
    by_name = {recipe.name: recipe for recipe in recipes}
    if REFERENCE not in [row["recipe"] for row in rows]:
        return
    ours = judge.networks(by_name[REFERENCE], stage)
    base = {kind: judge.values(ours, kind, resampled=True) for kind in judge.kinds()}
    for row in rows:
        networks = judge.networks(by_name[row["recipe"]], stage)
        row["differences"] = {
            kind: difference(judge.values(networks, kind, resampled=True), base[kind])
            for kind in base
        }
