"""The command line of the search, and what it makes of params.yaml."""

import argparse
import hashlib
import json
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from flows.number_arguments import positive_hours, positive_integer
from tasks.core import paths
from tasks.core.errors import ParamsError
from tasks.core.film_defaults import REAL_FILMS, settings_for
from tasks.core.params import check_params, load_params
from tasks.core.params.class_name import canonical_label
from tasks.core.params.yaml_file import read_yaml
from tests.studies.recipes.catalogue import RECIPES, Recipe, merged, unnamed_training
from tests.studies.recipes.cohort import ROOT, from_root
from tests.studies.recipes.results import Stage
from tests.studies.recipes.rule import RULE

_BOUND = ("ingest", "validate", "resample")  # sections of params.yaml that a work folder keeps
_BOUND_OF_EVALUATE = ("negative_class", "target_sensitivity", "external_classes")

_Value = TypeVar("_Value")


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
    add("--work", type=Path, help="folder of the search, kept between calls")
    add("--source", type=Path, help="folder or zip of films, in any layout that `ingest` knows")
    add("--external", action="append", default=[], metavar="NAME=FOLDER", help="films of another"
        " place; may be repeated (default: evaluate.external of params.yaml)")  # fmt: skip
    add("--classes", action="append", default=[], metavar="NAME:THEIRS=OURS,...", help="classes of"
        " an external cohort; nothing after = leaves a class out")  # fmt: skip
    add("--recipes", nargs="+", choices=sorted(RECIPES), metavar="RECIPE", help="default: all that"
        " this version can train, in the order of the catalogue; --list shows them")  # fmt: skip
    add("--close-of", type=_stage, metavar="SIZExEPOCHS", help="of these recipes, those that are"
        " close in an earlier search of this folder, such as 32x24")  # fmt: skip
    add("--hours", type=positive_hours, help="start no network that would end later (default: no"
        " limit)")  # fmt: skip
    add("--size-px", type=int, default=64, help="side of the images (default: 64)")
    add("--epochs", type=positive_integer, help="default: train.epochs of params.yaml, or per_model"
        f" of the network; {REAL_FILMS.epochs} where it is null")  # fmt: skip
    add("--seeds", type=int, default=RULE["seeds"], choices=range(1, RULE["seeds"] + 1),
        help="networks of each close recipe (default: 3; 1 to screen)")  # fmt: skip
    add("--model", default="minivggnet", help="network of the zoo")
    add("--final", action="store_true", help="train nothing; write the sealed test scores")
    add("--list", action="store_true", help="train nothing; list the recipes")
    options = parser.parse_args(arguments)
    if options.work is None and not options.list:
        parser.error("name the folder of the search with --work")
    return options


def _stage(text: str) -> Stage:
    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text} is not a size and epochs, such as 32x24")
    return Stage(int(found[1]), int(found[2]))


def params_of(options: argparse.Namespace) -> dict[str, Any]:
    """Content of params.yaml with the sources, size and network of the command line, checked.

    A relative path of the command line starts at the current folder, one of params.yaml at the
    root of the repository.

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
    load_params(ROOT / paths.PARAMS)  # its faults as every stage names them
    params: dict[str, Any] = read_yaml((ROOT / paths.PARAMS).read_bytes())
    params["evaluate"] |= _cohorts(options, params["evaluate"])
    params["ingest"]["source"] = str(options.source.resolve())
    params["resample"]["labels"] = "binary"
    params["resize"]["size_px"] = options.size_px
    params["models"] = [options.model]
    params["per_model"].setdefault(options.model, {})
    check_params(params, f"{paths.PARAMS} with the options of the command line")
    return params


def _cohorts(options: argparse.Namespace, evaluate: dict[str, Any]) -> dict[str, Any]:
    """Keys `external` and `external_classes`: those of the command line go before params.yaml."""
    form = "--external NAME=FOLDER"
    named = _once((_pair(text, "=", form) for text in options.external), form)
    external = {name: at if "://" in at else str(Path(at).resolve()) for name, at in named.items()}
    external = external or {name: from_root(at) for name, at in evaluate["external"].items()}
    classes = _once(map(_mapping, options.classes), "--classes")
    if unknown := ", ".join(name for name in classes if name not in external):
        raise ParamsError(
            "--classes must name an external cohort",
            found=f"{unknown}; the cohorts are {', '.join(external) or 'none'}",
            where="the command line",
            next_step="name one of them, or add the cohort with --external",
        )
    stated = evaluate["external_classes"] | classes
    return {
        "external": external,
        "external_classes": {name: one for name, one in stated.items() if name in external},
    }


def _once(pairs: Iterable[tuple[str, _Value]], option: str) -> dict[str, _Value]:
    """The pairs as a mapping; a name that stands twice is refused, or one value were lost."""
    found: dict[str, _Value] = {}
    for name, value in pairs:
        if name in found:
            raise ParamsError(
                f"{option} may give each name once",
                found=f"{name} twice",
                where="the command line",
                next_step="leave one of them out, or join them",
            )
        found[name] = value
    return found


def _mapping(text: str) -> tuple[str, dict[str, str | None]]:
    """Classes of one cohort: `clinic:COVID=PNEUMONIA,TB=`."""
    form = "--classes NAME:THEIRS=OURS,..."
    name, classes = _pair(text, ":", form)
    pairs = [_pair(one, "=", form) for one in classes.split(",")]
    each = (
        (canonical_label(theirs), canonical_label(ours) if ours else None) for theirs, ours in pairs
    )
    return name, _once(each, f"--classes {name}")


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
    """Settings that a work folder is bound to, as its JSON file gives them back."""
    evaluate = params["evaluate"]
    train = check_params(params, paths.PARAMS.as_posix()).train_of(options.model)
    settings = {
        "data": Path(os.path.abspath(options.source)).name,  # noqa: PTH100 - a link keeps its name
        "source": params["ingest"]["source"],
        "external": evaluate["external"],
        "marks": _digest_of_marks(Path(from_root(params["ingest"]["corrections"]))),
        "model": options.model,
        "batch_size": train.batch_size,
        "precision": train.precision,
        "train": unnamed_training(settings_for(train, is_synthetic=False)),
        "resize": merged(params["resize"], {"size_px": None}),
        **{name: evaluate[name] for name in _BOUND_OF_EVALUATE},
        **{name: merged(params[name], _unbound(name)) for name in _BOUND},
    }
    return dict(json.loads(json.dumps(settings)))  # a class may be a number in params.yaml


def _digest_of_marks(place: Path) -> str | None:
    """Hash of the reviewers' CSV files, which are read once; None if there is none."""
    files = [place] if place.is_file() else sorted(place.rglob("*.[cC][sS][vV]"))
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes() + b"\n")
    return digest.hexdigest() if files else None


def _unbound(section: str) -> dict[str, Any]:
    """The source has a setting of its own."""
    return {"source": None} if section == "ingest" else {}


def recipes_of(options: argparse.Namespace) -> list[Recipe]:
    """Recipes of the command line; without names all that this version can train."""
    if options.recipes:
        return [recipe for recipe in RECIPES.values() if recipe.name in options.recipes]
    return [recipe for recipe in RECIPES.values() if not recipe.missing_keys()]


def recipe_list() -> str:
    """A line for each recipe: its name, what it changes, and the keys that this version lacks."""
    lines = [
        f"{recipe.name}{f'  (needs {lacking})' if lacking else ''}\n    {_changes(recipe)}"
        for recipe in RECIPES.values()
        for lacking in [", ".join(recipe.missing_keys())]
    ]
    return "\n".join(lines)


def _changes(recipe: Recipe) -> str:
    """The keys of params.yaml that a recipe sets; `augment` starts from the preset `none`."""
    sections = {"augment": recipe.augment, "train": recipe.train, "resize": recipe.resize}
    keys = [f"{name}.{key} {one[key]}" for name, one in sections.items() for key in one]
    keys += ["resample.labels subtype"] if recipe.by_subtype else []
    return ", ".join(keys) or "no change"
