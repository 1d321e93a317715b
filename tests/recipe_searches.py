"""A search of recipes with made-up networks: their logits are written, and nothing is trained."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.atomic import write_json
from tests.cohorts import train_params
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.cohort import FilmSet
from tests.studies.recipes.degraded import CHANGES
from tests.studies.recipes.results import Judge, Stage
from tests.studies.recipes.search import Search
from tests.studies.recipes.trial import WHOLE, Shared, Trial, facts_of
from tests.studies.recipes.work_folder import WorkFolder

STAGE = Stage(32, 2)
RESIZE = {"size_px": 32, "geometry": "stretch", "region": "none", "common_resolution_px": None}
SHARED = Shared("minivggnet", "NORMAL", RESIZE, train_params())
N_FILMS = {"val": 40, "kept": 30, "held_out": 20, "external/clinic": 40, "external/ill": 12}


def film_sets_of() -> dict[str, FilmSet]:
    """Films of each set; every second one is positive, and those of `ill` all are."""
    return {
        name: FilmSet(
            [f"{n:03d}" for n in range(size)],
            (np.arange(size) % 2 == 1) | (name == "external/ill"),
            pd.Series([f"p{n}" for n in range(size)]),
            None,  # type: ignore[arg-type]  # no pixel is read
        )
        for name, size in N_FILMS.items()
    }


def judge_in(folder: Path) -> Judge:
    """Judge the trials of a folder by 200 resamples."""
    return Judge(WorkFolder(folder), SHARED, film_sets_of(), 0.97, 10, 200, 0)


def search_in(folder: Path, names: list[str], n_seeds: int = 3) -> Search:
    """Make a search whose images need not be prepared."""
    recipes = [RECIPES[name] for name in names]
    search = Search(
        WorkFolder(folder), SHARED, judge_in(folder), recipes, STAGE, n_seeds,
        {"resize": RESIZE},
    )  # fmt: skip
    search._cohorts["32px"] = None  # type: ignore[assignment]
    return search


def logits_of(films: FilmSet, n_wrong: int) -> NDArray[np.float32]:
    """Logits that order all films rightly but the first positive ones, which score lowest."""
    scores = np.where(films.positive, 2.0, -2.0) + np.arange(len(films.positive)) / 1000
    scores[np.flatnonzero(films.positive)[:n_wrong]] -= 10
    return np.column_stack([np.zeros(len(scores)), scores]).astype(np.float32)


def write_trial(
    trial: Trial, work: WorkFolder, n_wrong: Mapping[str, int], seconds: float | None = 60.0
) -> dict[str, Any]:
    """Write a finished trial; `n_wrong` positive films of each set are called wrongly."""
    sets = film_sets_of()
    names = ["val", *(name for name in sets if name.startswith("external/"))]
    arrays = {
        name: logits_of(sets[name], n_wrong.get(name, 0))
        for name in (names if trial.split == WHOLE else ["held_out"])
    }
    if trial.split == WHOLE:
        looks = logits_of(sets["val"], n_wrong.get("look", 0))
        arrays |= {f"{kind}/{look}": looks for kind in ("look", "adapted") for look in CHANGES}
    else:
        arrays["val"] = logits_of(sets["kept"], 0)
    folder = work.trial(trial.key)
    folder.mkdir(parents=True)
    np.savez(folder / "logits.npz", **arrays)  # type: ignore[arg-type]
    facts = facts_of(trial, SHARED) | {"classes": ["NORMAL", "PNEUMONIA"], "seconds": seconds}
    write_json(folder / "trial.json", facts)
    return facts
