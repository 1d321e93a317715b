"""Train recipes on a source and report which recipe each kind of validation picks.

Reads       a source of films, in any layout that `ingest` knows
Writes      the cohort below --work; --out: one JSON object per recipe; --final: the test scores,
            which no other output shows
Run         python -m tests.studies.recipes --source FOLDER --work /tmp/recipes mild wide
"""

import argparse
import json
import logging
import sys
import time
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.errors import LunglineError
from tasks.core.params import load_params
from tests.studies.recipes.catalogue import RECIPES
from tests.studies.recipes.cohort import ROOT, open_cohort, prepare

logger = logging.getLogger("recipes")


def main() -> None:
    """Prepare the cohort, train and validate each recipe, print what each validation picks."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="[%(name)s] %(message)s", stream=sys.stderr)
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns for each new set of films
    try:
        prepare(arguments.source, arguments.work, arguments.size_px)
    except LunglineError as error:
        sys.exit(f"ERROR: {error}")
    from tasks.core.classifier import prepare_backend

    prepare_backend()
    from tests.studies.recipes.trial import Settings, picked, try_recipe

    params = load_params(ROOT / paths.PARAMS)
    more: dict[str, Any] = {"epochs": arguments.epochs} if arguments.epochs else {}
    settings = Settings(
        model=arguments.model,
        negative=params.evaluate.negative_class,
        n_seeds=arguments.seeds,
        more=more,
        shipped=params.train,
        live_dir=arguments.work / "live",
    )
    cohort = open_cohort(arguments.work)
    results: list[dict[str, Any]] = []
    test_scores: dict[str, Any] = {}
    conditions = {
        "data": arguments.source.name,
        "model": arguments.model,
        "size_px": arguments.size_px,
        "epochs": arguments.epochs or params.train.epochs,
        "n_seeds": arguments.seeds,
        "batch_size": params.train.batch_size,
        "precision": params.train.precision,
    }
    for name in arguments.recipes:
        start_s = time.monotonic()
        result = try_recipe(RECIPES[name], cohort, settings, final=bool(arguments.final))
        if arguments.final:
            test_scores[name] = result.pop("test")
            write_json(arguments.final, test_scores)
        results.append(result)
        logger.info("%s  (%.0f s)", line(results[-1]), time.monotonic() - start_s)
        if arguments.out:
            write_json(arguments.out, conditions | {"results": results, "picked": picked(results)})
    sys.stdout.write(json.dumps(picked(results)) + "\n")


def line(result: dict[str, Any]) -> str:
    """Format the scores of one recipe as a line of the log."""
    return (
        f"{result['recipe']:24} ordinary {result['ordinary']:.4f}  degraded"
        f" {result['degraded']:.4f} (worst {result['degraded_worst']:.4f})"
        f" softened {result['softened']:.4f}  held out {result['held_out']:.4f}"
        f" (negative {result['held_out_negative']:.4f})"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.studies.recipes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("recipes", nargs="+", choices=sorted(RECIPES), metavar="RECIPE")
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument(
        "--work", type=Path, required=True, help="folder of the cohort, kept between calls"
    )
    parser.add_argument("--size-px", type=int, default=64)
    parser.add_argument("--model", default="minivggnet")
    parser.add_argument("--epochs", type=int, help="replaces train.epochs")
    parser.add_argument("--seeds", type=int, default=1, help="number of networks to average")
    parser.add_argument("--out", type=Path)
    parser.add_argument(
        "--final", type=Path, help="file for the test scores; open it after every choice is made"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
