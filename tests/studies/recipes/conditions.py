"""From the logits of a network to each condition under which it is judged, and the kinds of these.

The threshold is that of the ordinary validation films of the same network, under every condition:
so the sensitivity and specificity tell how well an operating point travels.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from tasks.core.statistics.arrays import Bools, Floats
from tasks.core.statistics.auroc import weighted_auroc
from tests.studies.recipes.checked_files import damaged, read_logits
from tests.studies.recipes.cohort import Cohort, FilmSet, film_set
from tests.studies.recipes.degraded import CHANGES, SOFTENED
from tests.studies.recipes.hold_out import HELD_OUT, hold_out
from tests.studies.recipes.trial import WHOLE, log_odds

ORDINARY = "ordinary"
EXTERNAL = "external: "
# Kinds of validation: how many conditions make one value, and in which way
KINDS = (
    *(ORDINARY, "degraded", "degraded_worst", "softened", "adapted", "held_out"),
    *("held_out_negative", "external"),
)


@dataclass(frozen=True, eq=False)
class Condition:
    """Scores of one network under one condition.

    scores: log-odds of a positive class. positive, groups: truth and patient of each film.
    films: name of the set of films; conditions of one set share their resamples.
    threshold: score from which on a film is called positive.
    """

    scores: Floats
    positive: Bools
    groups: pd.Series
    films: str
    threshold: float

    def aurocs(self, weights: Floats) -> Floats:
        """AUROC for each row of film weights: (R, n) -> (R,)."""
        return weighted_auroc(self.scores, self.positive, weights)

    def point(self) -> dict[str, float | None]:
        """AUROC, sensitivity and specificity; None where no film of a class is there."""
        called = self.scores >= self.threshold
        auroc = float(self.aurocs(np.ones((1, len(self.scores))))[0])
        found = {
            "auroc": auroc,
            "sensitivity": _share(called[self.positive]),
            "specificity": _share(~called[~self.positive]),
        }
        return {name: None if math.isnan(value) else value for name, value in found.items()}


def _share(hits: Bools) -> float:
    return float(hits.mean()) if len(hits) else float("nan")


def film_sets(cohort: Cohort, negative: str) -> dict[str, FilmSet]:
    """Sets of films that networks of this form are judged on, by the names of their logits.

    Args:
        cohort: Films of the form.
        negative: Class that means "no finding".
    """
    films = hold_out(cohort.samples, cohort.manifest, negative)
    rows = {
        "val": cohort.samples[cohort.samples["split"] == "val"],
        "kept": films[films["split"] == "val"],
        "held_out": films[films["split"] == HELD_OUT],
    }
    found = {name: film_set(one, cohort.store, negative) for name, one in rows.items()}
    return found | {f"external/{name}": films for name, films in cohort.external.items()}


def arrays_of(split: str, sets: Iterable[str]) -> dict[str, str]:
    """Names of the arrays of logits that a trial must have, each with the name of its films.

    Args:
        split: What the network was trained on.
        sets: Names from `film_sets`.
    """
    if split != WHOLE:
        return {"val": "kept", "held_out": "held_out"}
    looks = {f"{kind}/{look}": "val" for kind in ("look", "adapted") for look in CHANGES}
    external = {name: name for name in sets if name.startswith("external/")}
    return {"val": "val"} | looks | external


def read_scores(
    path: Path, facts: Mapping[str, Any], negative: str, n_films: Mapping[str, int], next_step: str
) -> dict[str, Floats]:
    """Log-odds of a positive class in arrays of logits of a trial.

    Args:
        path: File of the logits.
        facts: Facts of the trial.
        negative: Class that means "no finding"; a trial without it cannot be judged.
        n_films: Films of each array.
        next_step: What to do about a damaged file.

    Raises:
        ParamsError: The file is damaged, or has logits of other films or classes.
    """
    classes = facts["classes"]
    if negative not in classes:
        raise damaged(path, f"a network of the classes {', '.join(classes)}", next_step)
    shapes = {name: (n, len(classes)) for name, n in n_films.items()}
    found = read_logits(path, shapes, next_step)
    return {name: log_odds(one, classes.index(negative)) for name, one in found.items()}


def operating_point(of_positives: Floats, target: float) -> float:
    """Return the highest threshold that reaches a sensitivity on positive films."""
    falling = np.sort(of_positives)[::-1]
    reached = np.arange(1, len(falling) + 1) / len(falling)
    return float(falling[np.searchsorted(reached, target)])


def conditions_of(
    whole: Mapping[str, Floats],
    without: Mapping[str, Floats],
    sets: Mapping[str, FilmSet],
    target: float,
) -> dict[str, Condition]:
    """Each condition of one seed of a recipe.

    Args:
        whole: Scores of the network that was trained on all training films.
        without: Scores of the network that was trained without the films held out.
        sets: From `film_sets`.
        target: Sensitivity at the threshold, on ordinary validation films.

    Returns:
        `ordinary`; `halved, all` and so on; `halved, adapted` and so on; `held_out`;
        `held_out_negative`; `external: <name>`.
    """
    val = sets["val"]
    threshold = operating_point(whole["val"][val.positive], target)

    def judged(scores: Floats, name: str = "val") -> Condition:
        films = sets[name]
        return Condition(scores, films.positive, films.groups, name, threshold)

    found = {ORDINARY: judged(whole["val"])}
    for look in CHANGES:
        for name, scores in _by_class(whole["val"], whole[f"look/{look}"], val.positive).items():
            found[f"{look}, {name}"] = judged(scores)
        found[f"{look}, adapted"] = judged(whole[f"adapted/{look}"])
    for name in sets:
        if name.startswith("external/"):
            found[EXTERNAL + name.removeprefix("external/")] = judged(whole[name], name)
    return found | _held_out(without, sets, target)


def _by_class(plain: Floats, changed: Floats, positive: Bools) -> dict[str, Floats]:
    return {
        "all": changed,
        "negative": np.where(positive, plain, changed),
        "positive": np.where(positive, changed, plain),
    }


def _held_out(
    scores: Mapping[str, Floats], sets: Mapping[str, FilmSet], target: float
) -> dict[str, Condition]:
    """Films held out, and their negative films with the ordinary positive ones."""
    kept, held_out = sets["kept"], sets["held_out"]
    threshold = operating_point(scores["val"][kept.positive], target)
    mixed = np.concatenate([scores["held_out"][~held_out.positive], scores["val"][kept.positive]])
    groups = pd.concat([held_out.groups[~held_out.positive], kept.groups[kept.positive]])
    positive = np.arange(len(mixed)) >= (~held_out.positive).sum()
    return {
        "held_out": Condition(
            scores["held_out"], held_out.positive, held_out.groups, "held_out", threshold
        ),
        "held_out_negative": Condition(
            mixed, positive, groups.reset_index(drop=True), "held_out_negative", threshold
        ),
    }


def conditions_of_kind(kind: str, cohorts: list[str]) -> list[str]:
    """Names of the conditions that make one kind of validation; none if no cohort counts.

    Args:
        kind: One of `KINDS`.
        cohorts: External cohorts whose AUROC counts.
    """
    looks = [f"{look}, {name}" for look in CHANGES for name in ("all", "negative", "positive")]
    several = {
        "degraded": looks,
        "degraded_worst": looks,
        "softened": list(SOFTENED),
        "adapted": [f"{look}, adapted" for look in CHANGES],
        "external": [EXTERNAL + name for name in cohorts],
    }
    return several.get(kind, [kind])


def join_values(kind: str, values: list[Floats]) -> Floats:
    """Value of a kind of validation from the AUROCs of its conditions, (R,) each."""
    joined = np.min if kind == "degraded_worst" else np.mean
    return cast(Floats, joined(values, axis=0))
