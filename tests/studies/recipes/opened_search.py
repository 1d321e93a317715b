"""Open what a work folder holds, for the search and for the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.film_defaults import settings_for
from tasks.core.params import Params, check_params
from tasks.core.params.yaml_file import read_yaml
from tests.studies.recipes.catalogue import RECIPES, Recipe
from tests.studies.recipes.cohort import Cohort
from tests.studies.recipes.conditions import film_sets
from tests.studies.recipes.results import Judge, Stage
from tests.studies.recipes.trial import Shared
from tests.studies.recipes.work_folder import WorkFolder


def read_params(work: WorkFolder) -> dict[str, Any]:
    """Content of the params.yaml with which the films of a work folder were prepared last."""
    found: dict[str, Any] = read_yaml((work.films / paths.PARAMS).read_bytes())
    return found


def read_shared(work: WorkFolder, params: Mapping[str, Any] | None = None) -> Shared:
    """What the trials of a work folder share.

    Args:
        work: Folder of the search; its settings name the network of the zoo.
        params: Content of params.yaml; None reads that of the work folder.
    """
    return shared_of(params or read_params(work), read_json(work.settings)["model"])


def shared_of(params: Mapping[str, Any], model: str) -> Shared:
    """What the trials of a search share.

    Args:
        params: Content of params.yaml; what `per_model` says of the network goes before `train`.
        model: Network of the zoo.
    """
    typed = check_params(dict(params), paths.PARAMS.as_posix())
    negative = typed.evaluate.negative_class or "NORMAL"
    shipped = settings_for(typed.train_of(model), is_synthetic=False)
    return Shared(model, negative, params["resize"], shipped)


def judge_of(work: WorkFolder, shared: Shared, cohort: Cohort, params: Params) -> Judge:
    """Make the judge of finished trials.

    Args:
        work: Folder of the search.
        shared: What its trials share.
        cohort: Films of any form: only their truth and their patients are used.
        params: All sections.
    """
    return Judge(
        work=work,
        shared=shared,
        sets=film_sets(cohort, shared.negative),
        target=params.evaluate.target_sensitivity,
        min_class_films=params.validate_.min_class_films,
        n_bootstrap=params.evaluate.n_bootstrap,
        seed=params.evaluate.seed,
    )


def note_stage(work: WorkFolder, stage: Stage, recipes: Sequence[Recipe]) -> None:
    """Remember which recipes a search of this size and of these epochs tries."""
    stages = {one: [recipe.name for recipe in tried] for one, tried in read_stages(work)}
    names = {*stages.get(stage, []), *(recipe.name for recipe in recipes)}
    stages[stage] = [name for name in RECIPES if name in names]
    rows = [
        {"size_px": one.size_px, "epochs": one.epochs, "recipes": stages[one]}
        for one in sorted(stages, key=lambda one: (one.size_px, one.epochs))
    ]
    write_json(work.stages, rows)


def read_stages(work: WorkFolder) -> list[tuple[Stage, list[Recipe]]]:
    """Stages of a work folder with the recipes that they try, in the order of the catalogue."""
    rows = read_json(work.stages) if work.stages.exists() else []
    return [
        (Stage(row["size_px"], row["epochs"]), [RECIPES[name] for name in row["recipes"]])
        for row in rows
    ]
