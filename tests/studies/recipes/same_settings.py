"""A result belongs to the settings that made it: facts of a trial are compared with those of today.

Only then may a row, a stage or a network that lies in the work folder be used.
"""

from tasks.core.errors import ParamsError
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.trial import Shared, Trial, facts_of
from tests.studies.recipes.work_folder import WorkFolder, differing_facts


def check_finished(work: WorkFolder, trial: Trial, shared: Shared) -> None:
    """Check that a finished trial has the settings of today.

    Raises:
        ParamsError: It has others; their names are given.
    """
    if differing := differing_facts(work.facts(trial.key), facts_of(trial, shared)):
        raise ParamsError(
            "a finished trial must have the settings of today, or its row is another recipe",
            found=f"other values of {', '.join(differing)}",
            where=str(work.trial(trial.key)),
            next_step="give the former values, name another folder with --work, or delete"
            " this trial",
        )


def check_all_finished(work: WorkFolder, shared: Shared) -> None:
    """Check every finished trial of a folder that a recipe of the catalogue can still have.

    Raises:
        ParamsError: One has other settings than those of today.
    """
    for facts in work.all_facts():
        recipe = RECIPES.get(facts["recipe"])
        if recipe is None or recipe.missing_keys():
            continue
        number = facts["seed"] - shared.shipped.seed
        trial = shared.trial(recipe, facts["size_px"], facts["epochs"], number, facts["split"])
        if trial.key == facts["key"]:
            check_finished(work, trial, shared)
