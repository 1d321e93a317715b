"""Search for a training recipe on your own films, by validations that see another place.

    python -m tests.studies.recipes --source FOLDER --work WORK --hours 8
        --external clinic=OTHER_FOLDER --classes "clinic:COVID=PNEUMONIA,LUNG OPACITY="

Each recipe of tests/studies/recipes/catalogue.py is trained twice: on the training films, and
without the films held out by acquisition. It is validated on ordinary validation films, on the same
films with the look of another machine (degraded), on these after the statistics of the network were
estimated again without labels (adapted), on the films held out, and on the films of each external
cohort that are not at home too. None of this reads the split `test`.

The rule that decides is in tests/studies/recipes/rule.py and is written into the work folder before
the first result. Recipes that it finds close to the best get three seeds.

Budget      --hours: no network is started that would end later, judged by those that were measured.
            The program then says what is left. The same command goes on with it.
Stop        Ctrl-C or a kill loses at most one epoch: finished networks are kept, and a network
            that was stopped inside goes on from its last epoch.
Cheap first --size-px 32 --epochs 24 --seeds 1, and then, in the same folder,
            --size-px 64 --close-of 32x24
Test        --final, after the search: writes the scores of the test into sealed files and shows
            nothing. `python -m tests.studies.recipes.publish WORK --test` opens them.
Page        python -m tests.studies.recipes.publish WORK --record my_recipes.json

Reads       the sources; params.yaml for everything that no recipe names
Writes      --work, see tests/studies/recipes/work_folder.py
Fails when  another search uses the folder; its settings, its rule or a finished network differ from
            those of today (the names are given); the test of this folder was opened; a network
            failed (the search goes on with the others, unless the disk is full)
"""

import argparse
import logging
import sys
import time
from collections.abc import Sequence

from tasks.core.errors import LunglineError, ParamsError, printable
from tasks.core.params import Params
from tests.studies.recipes.catalogue import Recipe
from tests.studies.recipes.cohort import open_cohort, prepare_films, prepare_squares
from tests.studies.recipes.final import check_not_opened, seal_test
from tests.studies.recipes.opened_search import decide_stage, judge_of, note_stage, read_shared
from tests.studies.recipes.options import parse_options, recipe_list
from tests.studies.recipes.request import Request, fitting, request_of, unbind_empty
from tests.studies.recipes.results import Judge, Stage
from tests.studies.recipes.rule import state_rule
from tests.studies.recipes.search import Search
from tests.studies.recipes.trial import Trial, form_of
from tests.studies.recipes.work_folder import (
    WorkFolder,
    bind_settings,
    check_is_search,
    locked,
)

logger = logging.getLogger("recipes")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the search, or write the sealed test scores."""
    start_s = time.monotonic()
    options = parse_options(__doc__, arguments)
    logging.basicConfig(level=logging.INFO, format="[%(name)s] %(message)s", stream=sys.stderr)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns for each new set of films
    if options.list:
        sys.stdout.write(recipe_list() + "\n")
        return
    work = WorkFolder(options.work)
    try:
        final(work) if options.final else search(options, work, start_s)
    except LunglineError as error:
        sys.exit(f"ERROR: {error}")
    except OSError as error:
        sys.exit(f"ERROR: {text_of(error)}")
    except KeyboardInterrupt:
        logger.error("interrupted; the same command goes on")
        sys.exit(130)


def text_of(error: OSError) -> str:
    """Say which file could not be read or written; what is not about a file is raised again."""
    if error.errno is None:
        raise error
    return str(
        LunglineError(
            "a search must be able to read and write its files",
            found=error.strerror or type(error).__name__,
            where=printable(str(error.filename or "unknown; `df -h` shows the space")),
            next_step="correct the space, permission or path; the same command then goes on",
        )
    )


def final(work: WorkFolder) -> None:
    """Write the sealed test scores of all finished networks."""
    check_is_search(work)  # first: the lock makes its folder
    with locked(work):
        from tasks.core.classifier import prepare_backend

        prepare_backend()
        logger.info("networks sealed: %d", seal_test(work, read_shared(work).negative))


def search(options: argparse.Namespace, work: WorkFolder, start_s: float) -> None:
    """Check the call, train what is open within the budget, and say what is left."""
    request = request_of(options)
    with locked(work):
        running = opened(options, work, request)
        left = running.run(None if options.hours is None else start_s + 3600 * options.hours)
        sys.stdout.write(summary(running, left))
    if running.failed:
        sys.exit(1)


def opened(options: argparse.Namespace, work: WorkFolder, request: Request) -> Search:
    """Bind the folder, prepare the films, and choose the recipes."""
    check_not_opened(work)
    unbind_empty(work)
    bind_settings(work, request.settings)
    state_rule(work)
    prepare_films(work, request.params)
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    judge = opened_judge(work, request)
    recipes = request.recipes
    if options.close_of:
        recipes = close_recipes(judge, recipes, options.close_of)
    recipes = fitting(recipes, request.shared, request.stage)
    note_stage(work, request.stage, recipes)
    return Search(
        work, request.shared, judge, recipes, request.stage, options.seeds, request.params
    )


def opened_judge(work: WorkFolder, request: Request) -> Judge:
    """Prepare the images of the plain form, and make the judge of their films."""
    params, shared = request.params, request.shared
    form = form_of(params["resize"], shared.resize)
    prepare_squares(work, form, params)
    cohort = open_cohort(work, form, shared.negative)
    return judge_of(work, shared, cohort, Params.model_validate(params))


def close_recipes(judge: Judge, recipes: Sequence[Recipe], stage: Stage) -> list[Recipe]:
    """Recipes that are close in an earlier stage of the same work folder.

    Raises:
        ParamsError: That stage has no finished recipe, or none of these is close.
    """
    rows, decided = decide_stage(judge, stage)
    close = [recipe for recipe in recipes if recipe.name in decided.get("close", [])]
    if not close:
        raise ParamsError(
            "--close-of must name a size and epochs with finished recipes",
            found=f"{'none of these is close' if rows else 'none'} at {stage.size_px} px and"
            f" {stage.epochs} epochs",
            where=str(judge.work.root),
            next_step="name other recipes" if rows else "run that search first",
        )
    logger.info("close at %d px: %s", stage.size_px, ", ".join(one.name for one in close))
    return close


def summary(running: Search, left: Sequence[Trial]) -> str:
    """Text for stdout: what is left, what the rule says of the stage in the folder, failures."""
    lines = [f"left: {trial.key}" for trial in left]
    lines += [f"failed: {key}" for key in sorted(running.failed)]
    rows, decided = decide_stage(running.judge, running.stage)
    if rows:
        ranked = sorted((row for row in rows if "score" in row), key=lambda row: row["score"])
        lines += [f"{row['score']:7.3f}  {row['recipe']}" for row in ranked]
        lines.append(f"close: {', '.join(decided['close'])}")
        lines.append(f"winner: {decided['winner'] or 'open, until every close one has 3 seeds'}")
    if running.failed:
        lines.append(f"networks failed: {len(running.failed)}; the same command tries them again")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
