"""Open what a work folder holds, for the search and for the page."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.errors import ParamsError
from tasks.core.film_defaults import settings_for
from tasks.core.params import Params, check_params
from tasks.core.params.yaml_file import read_yaml
from tasks.core.tables import MANIFEST_SCHEMA, read_table
from tests.studies.recipes.catalogue import RECIPES, Recipe
from tests.studies.recipes.checked_files import damaged, read_checked
from tests.studies.recipes.cohort import Cohort
from tests.studies.recipes.conditions import film_sets
from tests.studies.recipes.results import Judge, Stage, decide, rows_of
from tests.studies.recipes.trial import Shared
from tests.studies.recipes.work_folder import WorkFolder

_STAGES = [{"size_px": int, "epochs": int, "recipes": [str]}]


def read_params(work: WorkFolder) -> dict[str, Any]:
    """Content of the params.yaml with which the films of a work folder were prepared last.

    Raises:
        ParamsError: The file is missing or damaged.
    """
    path = work.films / paths.PARAMS
    try:
        found = read_yaml(path.read_bytes())
    except (OSError, yaml.YAMLError) as error:
        found = " ".join(str(error).split())
    if not isinstance(found, dict):
        raise damaged(path, str(found), "start the search again, which writes it anew")
    return found


def read_shared(work: WorkFolder, params: Mapping[str, Any] | None = None) -> Shared:
    """What the trials of a work folder share.

    Args:
        work: Folder of the search; its settings name the network of the zoo.
        params: Content of params.yaml; None reads that of the work folder.
    """
    return shared_of(params or read_params(work), work.read_settings()["model"])


def shared_of(params: Mapping[str, Any], model: str) -> Shared:
    """What the trials of a search share.

    Args:
        params: Content of params.yaml; what `per_model` says of the network goes before `train`.
        model: Network of the zoo.
    """
    typed = check_params(dict(params), paths.PARAMS.as_posix())
    negative = typed.evaluate.negative_class or "NORMAL"
    shipped = settings_for(typed.train_of(model), is_synthetic=False)
    return Shared(
        model,
        negative,
        params["resize"],
        shipped,
        n_clusters=typed.resample.acquisition_clusters or Shared.n_clusters,
        cluster_seed=typed.resample.seed,
    )


def films_hash(work: WorkFolder, cohorts: Iterable[str]) -> str:
    """SHA-256 of the films of a search, whatever their folder is called.

    Args:
        work: Folder of the search, with its tables.
        cohorts: Its external cohorts.
    """
    digest = hashlib.sha256()
    for table in (paths.MANIFEST, *map(paths.external_manifest, sorted(cohorts))):
        films = read_table(MANIFEST_SCHEMA, work.films / table)  # each id is the hash of a file
        digest.update("\n".join(["", *sorted(films["image_id"].dropna())]).encode())
    return digest.hexdigest()


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


def decide_stage(judge: Judge, stage: Stage) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of everything that is finished in a stage of a work folder, and what the rule says.

    Args:
        judge: What finished trials are judged with.
        stage: The stage; recipes of every call of the search count.

    Returns:
        The rows, and what `decide` returns; empty where no recipe is finished.
    """
    recipes = dict(read_stages(judge.work)).get(stage, [])
    rows = rows_of(judge, recipes, stage)
    return rows, decide(judge, rows, recipes, stage) if rows else {}


def read_stages(work: WorkFolder) -> list[tuple[Stage, list[Recipe]]]:
    """Stages of a work folder with the recipes that they try, in the order of the catalogue.

    Raises:
        ParamsError: The file is damaged, or names a recipe that the catalogue has no more.
    """
    step = "delete this file; each search that is started again notes its recipes anew"
    rows = read_checked(work.stages, _STAGES, step) if work.stages.exists() else []
    if lost := {name for row in rows for name in row["recipes"]} - set(RECIPES):
        raise ParamsError(
            "the recipes of a search must be in the catalogue",
            found=f"no {', '.join(sorted(lost))}",
            where=str(work.stages),
            next_step="add them to the catalogue again, or take their names out of this file",
        )
    return [
        (Stage(row["size_px"], row["epochs"]), [RECIPES[name] for name in row["recipes"]])
        for row in rows
    ]
