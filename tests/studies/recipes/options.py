"""The command line of the search, and what it makes of params.yaml."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tasks.core import paths
from tasks.core.errors import ParamsError
from tasks.core.film_defaults import settings_for
from tasks.core.params import Params
from tasks.core.params.class_name import canonical_label
from tests.studies.recipes.catalogue import RECIPES, Recipe, merged, unnamed_training
from tests.studies.recipes.cohort import ROOT
from tests.studies.recipes.results import Stage
from tests.studies.recipes.rule import RULE

_BOUND = ("ingest", "validate", "resample")  # sections of params.yaml that a work folder keeps
_BOUND_OF_EVALUATE = ("negative_class", "target_sensitivity", "external_classes")


def parse_options(doc: str | None, arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line.

    Args:
        doc: Text for `--help`.
        arguments: Words of the command line; None reads those of this process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tests.studies.recipes",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--work", type=Path, required=True, help="folder of the search, kept between calls")
    add("--source", type=Path, help="folder or zip of films, in any layout that `ingest` knows")
    add("--external", action="append", default=[], metavar="NAME=FOLDER", help="films of another"
        " place; may be repeated (default: evaluate.external of params.yaml)")  # fmt: skip
    add("--classes", action="append", default=[], metavar="NAME:THEIRS=OURS,...", help="classes of"
        " an external cohort; nothing after = leaves a class out")  # fmt: skip
    add("--recipes", nargs="+", choices=sorted(RECIPES), metavar="RECIPE", help="default: all that"
        " this version can train, in the order of the catalogue; --list shows them")  # fmt: skip
    add("--close-of", type=_stage, metavar="SIZExEPOCHS", help="of these recipes, those that are"
        " close in an earlier search of this folder, such as 32x24")  # fmt: skip
    add("--hours", type=float, help="start no network that would end later (default: no limit)")
    add("--size-px", type=int, default=64, help="side of the images (default: 64)")
    add("--epochs", type=int, help="default: train.epochs of params.yaml")
    add("--seeds", type=int, default=RULE["seeds"], choices=range(1, RULE["seeds"] + 1),
        help="networks of each close recipe (default: 3; 1 to screen)")  # fmt: skip
    add("--model", default="minivggnet", help="network of the zoo")
    add("--final", action="store_true", help="train nothing; write the sealed test scores")
    add("--list", action="store_true", help="train nothing; list the recipes")
    return parser.parse_args(arguments)


def _stage(text: str) -> Stage:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is not a size and epochs, such as 32x24")
    return Stage(int(found[1]), int(found[2]))


def params_of(options: argparse.Namespace) -> dict[str, Any]:
    """Content of params.yaml with the sources and the size of the command line, checked.

    Raises:
        ParamsError: A value breaks a rule of the parameters, or there is no source.
    """
    if options.source is None:
        raise ParamsError(
            "a search needs films",
            found="no --source",
            where="the command line",
            next_step="name a folder or zip of films with --source",
        )
    params = yaml.safe_load((ROOT / paths.PARAMS).read_text("utf-8"))
    external = dict(_pair(text, "=", "--external NAME=FOLDER") for text in options.external)
    classes = dict(_mapping(text) for text in options.classes)
    evaluate = params["evaluate"]
    if external:
        evaluate["external"] = {name: str(Path(at).resolve()) for name, at in external.items()}
    stated = evaluate["external_classes"] | classes
    evaluate["external_classes"] = {
        name: one for name, one in stated.items() if name in evaluate["external"]
    }
    params["ingest"]["source"] = str(options.source.resolve())
    params["resample"]["labels"] = "binary"
    params["resize"]["size_px"] = options.size_px
    Params.model_validate(params)
    return dict(params)


def _mapping(text: str) -> tuple[str, dict[str, str | None]]:
    """Classes of one cohort: `clinic:COVID=PNEUMONIA,TB=`."""
    form = "--classes NAME:THEIRS=OURS,..."
    name, classes = _pair(text, ":", form)
    pairs = [_pair(one, "=", form) for one in classes.split(",")]
    return name, {
        canonical_label(theirs): canonical_label(ours) if ours else None for theirs, ours in pairs
    }


def _pair(text: str, sign: str, form: str) -> tuple[str, str]:
    name, found, value = text.partition(sign)
    if not found or not name.strip():
        raise ParamsError(
            f"the option has the form {form}",
            found=text,
            where="the command line",
            next_step="write it so; quote a name with spaces",
        )
    return name.strip(), value.strip()


def settings_of(options: argparse.Namespace, params: dict[str, Any]) -> dict[str, Any]:
    """Settings that a work folder is bound to."""
    evaluate, train = params["evaluate"], params["train"]
    shipped = settings_for(Params.model_validate(params).train, is_synthetic=False)
    return {
        "data": options.source.name,
        "source": params["ingest"]["source"],
        "external": evaluate["external"],
        "model": options.model,
        "batch_size": train["batch_size"],
        "precision": train["precision"],
        "train": unnamed_training(shipped),
        "resize": merged(params["resize"], {"size_px": None}),
        **{name: evaluate[name] for name in _BOUND_OF_EVALUATE},
        **{name: merged(params[name], _unbound(name)) for name in _BOUND},
    }


def _unbound(section: str) -> dict[str, Any]:
    """The source has a setting of its own."""
    return {"source": None} if section == "ingest" else {}


def recipes_of(options: argparse.Namespace) -> list[Recipe]:
    """Recipes of the command line; without names all that this version can train."""
    if options.recipes:
        return [recipe for recipe in RECIPES.values() if recipe.name in options.recipes]
    return [recipe for recipe in RECIPES.values() if not recipe.missing_keys()]


def recipe_list() -> str:
    """A line for each recipe: its name, and the keys that this version lacks."""
    lines = [
        f"{recipe.name}{f'  (needs {lacking})' if lacking else ''}"
        for recipe in RECIPES.values()
        for lacking in [", ".join(recipe.missing_keys())]
    ]
    return "\n".join(lines)
