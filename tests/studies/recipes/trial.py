"""One trial: train one network by a recipe, and keep its logits of every validation.

A trial that was stopped inside goes on: its checkpoint has the last epoch, and a trained network
whose logits are missing is not trained again, if it has the settings of today. No film of the split
`test` is read.
"""

import logging
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.atomic import atomic_path, write_json
from tasks.core.classifier import read_contract
from tasks.core.image_store.store import Pixels
from tasks.core.params import TrainParams
from tests.studies.recipes.catalogue import Recipe, merged
from tests.studies.recipes.cohort import (
    SEEN,
    Cohort,
    by_subtype,
    film_set,
    reweighted,
    with_clusters,
)
from tests.studies.recipes.degraded import CHANGES, degrade
from tests.studies.recipes.hold_out import HELD_OUT, hold_out
from tests.studies.recipes.networks import make_network, note_start
from tests.studies.recipes.work_folder import WorkFolder

# The statistics of all batch-normalisation layers, as evaluate.adapt.alpha is shipped
ADAPT_ALPHA = 1.0
WHOLE, WITHOUT_HELD_OUT = "whole", "held_out"  # what a network is trained on

Logits = NDArray[np.float32]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trial:
    """One network to train.

    split: WHOLE, or WITHOUT_HELD_OUT, which leaves out the films held out by acquisition.
    resize: section `resize` of its images. params: section `train`, for one network.
    """

    recipe: Recipe
    split: str
    resize: dict[str, Any]
    params: TrainParams

    @property
    def key(self) -> str:
        """Name of its folder."""
        size = f"{self.resize['size_px']}px-{self.params.epochs}epochs"
        return f"{self.recipe.name}-{size}-seed{self.params.seed}-{self.split}"


@dataclass(frozen=True)
class Shared:
    """What all trials of a search share.

    model: network of the zoo. negative: class that means "no finding". resize: section `resize`.
    shipped: section `train` of params.yaml. n_clusters, cluster_seed: of the acquisition clusters
    of a recipe with group DRO.
    """

    model: str
    negative: str
    resize: dict[str, Any]
    shipped: TrainParams
    n_clusters: int = 4  # few enough for groups of 50 films of each class
    cluster_seed: int = 0

    def trial(self, recipe: Recipe, size_px: int, epochs: int, number: int, split: str) -> Trial:
        """Make the trial of network `number`, from 0, of a recipe."""
        resize = merged(self.resize | {"size_px": size_px}, recipe.resize)
        seed = self.shipped.seed + number
        params = recipe.params(self.shipped, epochs=epochs, seed=seed, n_seeds=1)
        return Trial(recipe, split, resize, params)


def form_of(resize: Mapping[str, Any], shared: Mapping[str, Any]) -> str:
    """Name of a form of images: its size, and where it differs from the shared section `resize`.

    Example:
        >>> form_of({"size_px": 64, "region": "lungs"}, {"size_px": 32, "region": "none"})
        '64px-region_lungs'
    """
    changes = [
        f"-{key}_{value}"
        for key, value in resize.items()
        if key != "size_px" and shared[key] != value
    ]
    return f"{resize['size_px']}px{''.join(changes)}"


def run_trial(trial: Trial, cohort: Cohort, shared: Shared, work: WorkFolder) -> dict[str, Any]:
    """Train the network of a trial, judge it, and write its facts last.

    Args:
        trial: The trial; a finished one is not given here.
        cohort: Films of its form.
        shared: Settings that all trials share.
        work: Folder of the search.

    Returns:
        Facts of the trial, as in trial.json.
    """
    folder, start_s = work.trial(trial.key), time.monotonic()
    was_stopped, facts = folder.exists(), facts_of(trial, shared)
    samples = samples_of(trial, cohort, shared)
    note_start(facts, work)
    is_trained = True
    if not (folder / "model").exists():
        is_trained = make_network(
            facts, shared.model, trial.params,
            training_films(trial, samples, cohort, shared), cohort.store, work,
        )  # fmt: skip
    logits = judge_network(folder / "model", validation_films(trial, samples, cohort, shared))
    with atomic_path(folder / "logits.npz") as temporary, temporary.open("wb") as file:
        np.savez(file, **cast(Any, logits))
    seconds = time.monotonic() - start_s
    facts |= {
        "classes": list(read_contract(folder / "model").classes),
        "seconds": round(seconds, 1) if is_trained and not was_stopped else None,
    }
    write_json(folder / "trial.json", facts)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)  # it has served
    return facts


def facts_of(trial: Trial, shared: Shared) -> dict[str, Any]:
    """Everything that a trial depends on but the films and the code."""
    return {
        "key": trial.key,
        "recipe": trial.recipe.name,
        "split": trial.split,
        "size_px": trial.resize["size_px"],
        "epochs": trial.params.epochs,
        "seed": trial.params.seed,
        "form": form_of(trial.resize, shared.resize),
        "by_subtype": trial.recipe.by_subtype,
        "resize": dict(trial.resize),
        "train": trial.params.model_dump(mode="json"),
    }


def samples_of(trial: Trial, cohort: Cohort, shared: Shared) -> pd.DataFrame:
    """Samples of a trial; the split of the films that are held out is HELD_OUT."""
    if trial.split == WHOLE:
        return cohort.samples
    films = hold_out(cohort.samples, cohort.manifest, shared.negative)
    held_out = films["split"] == HELD_OUT
    return pd.concat([reweighted(films[~held_out]), films[held_out]])


def training_films(
    trial: Trial, samples: pd.DataFrame, cohort: Cohort, shared: Shared
) -> pd.DataFrame:
    """Training and validation films of a trial, with what its recipe needs."""
    films = samples[samples["split"].isin(SEEN)]
    if trial.params.model_dump().get("group_dro_step") is not None:
        films = with_clusters(films, cohort.manifest, shared.n_clusters, shared.cluster_seed)
    return by_subtype(films, shared.negative) if trial.recipe.by_subtype else films


def validation_films(
    trial: Trial, samples: pd.DataFrame, cohort: Cohort, shared: Shared
) -> dict[str, Pixels]:
    """Films that a trial is judged on, by name, each in the order of its `FilmSet`."""
    sets = {"val": samples[samples["split"] == "val"]}
    if trial.split == WITHOUT_HELD_OUT:
        sets["held_out"] = samples[samples["split"] == HELD_OUT]
    found = {
        name: film_set(rows, cohort.store, shared.negative).read() for name, rows in sets.items()
    }
    if trial.split == WHOLE:
        found |= {f"external/{name}": films.read() for name, films in cohort.external.items()}
    return found


def judge_network(folder: Path, films: Mapping[str, Pixels]) -> dict[str, Logits]:
    """Logits of a saved network.

    Without films that are held out, the validation films are also given each look of another
    machine: `look/<name>` by the network as it is, and `adapted/<name>` after its statistics were
    estimated again on these films, without labels.

    Args:
        folder: Folder of the network.
        films: From `validation_films`.
    """
    from tasks.core.classifier import load_classifier
    from tasks.evaluate.adapt.batch_norm import NormalisedNetwork
    from tasks.evaluate.repeated_inference import FilmReader

    model = load_classifier(folder)
    reader = FilmReader(model)
    logits = {name: reader.read(one)[0] for name, one in films.items()}
    if "held_out" in films:
        return logits
    network = NormalisedNetwork(model, early_only=False)
    for name, change in CHANGES.items():
        changed = degrade(films["val"][..., 0], change)[..., np.newaxis]
        network.restore()
        logits[f"look/{name}"] = reader.read(changed)[0]
        network.adapt(changed, ADAPT_ALPHA)
        logits[f"adapted/{name}"] = reader.read(changed)[0]
    return logits


def log_odds(logits: Logits, negative: int) -> NDArray[np.float64]:
    """Compute the log-odds of any positive class: (N, n_classes) float32 -> (N,) float64."""
    exact = logits.astype(np.float64)
    positive = np.delete(exact, negative, axis=1)
    odds = np.logaddexp.reduce(positive, axis=1) - exact[:, negative]
    return cast(NDArray[np.float64], odds)
