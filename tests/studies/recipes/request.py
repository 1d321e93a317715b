"""What one call of the search asks for, checked before anything is written."""

import argparse
import difflib
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.errors import ParamsError
from tasks.core.params import check_params
from tasks.core.preflight import require_networks
from tasks.train import zoo
from tests.studies.recipes.catalogue import Recipe
from tests.studies.recipes.cohort import ROOT, from_root
from tests.studies.recipes.opened_search import shared_of
from tests.studies.recipes.options import params_of, recipes_of, settings_of
from tests.studies.recipes.results import Stage
from tests.studies.recipes.trial import WHOLE, Shared
from tests.studies.recipes.work_folder import WorkFolder

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Request:
    """A search that can be started.

    params: content of params.yaml. settings: what the work folder is bound to. recipes: all that
    are asked for; those that fit the stage are `fitting(recipes, shared, stage)`.
    """

    params: dict[str, Any]
    settings: dict[str, Any]
    shared: Shared
    stage: Stage
    recipes: list[Recipe]


def request_of(options: argparse.Namespace) -> Request:
    """Read params.yaml and the command line.

    Raises:
        ParamsError: A setting breaks a rule, the films or the network do not exist, or a recipe
            that is named does not fit the other settings.
    """
    check_network(options.model)
    params = params_of(options)
    require_networks(check_params(params, paths.PARAMS.as_posix()), ROOT)
    check_places(params)
    shared = shared_of(params, options.model)
    epochs = shared.shipped.epochs if options.epochs is None else options.epochs
    stage, recipes = Stage(options.size_px, epochs), recipes_of(options)
    _tell_unfit(dict(unfit(recipes, shared, stage)), were_named=bool(options.recipes))
    return Request(params, settings_of(options, params), shared, stage, recipes)


def _tell_unfit(faults: dict[str, str], *, were_named: bool) -> None:
    """Refuse recipes that were named and do not fit; say in one line which others are left out."""
    by_fault: dict[str, list[str]] = {}
    for name, fault in faults.items():
        by_fault.setdefault(fault, []).append(name)
    told = "; ".join(f"{', '.join(names)} ({fault})" for fault, names in by_fault.items())
    if told and were_named:
        raise ParamsError(
            "each recipe of --recipes must fit the other settings of the search",
            found=told,
            where="the command line",
            next_step="leave it out, or change that setting",
        )
    if told:
        logger.info("recipes that do not fit are left out: %s", told)


def check_network(name: str) -> None:
    """Check that the zoo has a network.

    Raises:
        ParamsError: It has none of that name; similar names are given.
    """
    names = sorted(file.stem for at in zoo.__path__ for file in Path(at).glob("[a-z]*.py"))
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3)
        raise ParamsError(
            "--model must be a network of the zoo",
            found=name,
            where="the command line",
            next_step=f"did you mean {' or '.join(near)}?" if near else f"use {', '.join(names)}",
        )


def check_places(params: dict[str, Any]) -> None:
    """Check that films and corrections are there and can be read; a URL is asked by its stage.

    Args:
        params: From `params_of`.

    Raises:
        ParamsError: A file or folder is missing, or may not be read.
    """
    places = {
        "--source": params["ingest"]["source"],
        "ingest.corrections": from_root(params["ingest"]["corrections"]),
        **{f"--external {name}": at for name, at in params["evaluate"]["external"].items()},
    }
    for key, place in places.items():
        found = "no such file or folder" if not Path(place).exists() else "no right to read it"
        if "://" not in place and not os.access(place, os.R_OK):
            raise ParamsError(
                f"{key} must name a file or folder that can be read",
                found=found,
                where=place,
                next_step="correct the path; nothing was written",
            )


def unfit(recipes: Sequence[Recipe], shared: Shared, stage: Stage) -> Iterator[tuple[str, str]]:
    """Recipes that cannot be trained in a stage: the name, and what does not fit.

    Args:
        recipes: Recipes of the catalogue.
        shared: Settings that all trials share.
        stage: Size and epochs.
    """
    for recipe in recipes:
        try:
            shared.trial(recipe, stage.size_px, stage.epochs, 0, WHOLE)
        except ParamsError as error:
            yield recipe.name, error.found


def fitting(recipes: Sequence[Recipe], shared: Shared, stage: Stage) -> list[Recipe]:
    """Recipes that can be trained in a stage."""
    left_out = dict(unfit(recipes, shared, stage))
    return [recipe for recipe in recipes if recipe.name not in left_out]


def unbind_empty(work: WorkFolder) -> None:
    """Forget the settings of a folder whose films were never read: nothing depends on them.

    So a call with a wrong source does not bind the folder to it.
    """
    if not (work.films / paths.MANIFEST).exists() and not work.all_facts():
        work.settings.unlink(missing_ok=True)
