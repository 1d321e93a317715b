"""A tiny home and external cohorts beside it, run through the stages in this process."""

import argparse
import contextlib
import importlib
import json
import warnings
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import write_json
from tests.films import jpeg, mooney_files, workspace, write_tree, write_zip

HOME = mooney_files(24)
_SEEN = "chest_xray/train/PNEUMONIA/person0_bacteria_0.jpeg"
_TESTED = "chest_xray/test/NORMAL/IM-0005-0001.jpeg"
CLINIC = {
    **{f"Covid/c{number}.jpeg": jpeg(3000 + number) for number in range(7)},
    **{f"Normal/n{number}.jpeg": jpeg(4000 + number) for number in range(7)},
    **{f"Tuberculosis/t{number}.jpeg": jpeg(5000 + number) for number in range(2)},
    "Covid/seen.jpeg": HOME[_SEEN],
    "Covid/copy.jpeg": jpeg(3000),
    "Normal/tested.jpeg": HOME[_TESTED],
}
SOURCES = {  # what each cohort shows: the folder or file below the workspace
    "clinic": "clinic",
    "ill": "ill",  # one class
    "plain": "plain",  # no labels
    "strange": "strange",  # class names that the model lacks
    "empty": "empty",
    "half": "half.zip",
    "gone": "gone",
}


def make_sources(root: Path, **params: Any) -> Path:
    """Write the films of the home and of every cohort, and params.yaml."""
    write_tree(root / "home", HOME)
    write_tree(root / "clinic", CLINIC)
    write_tree(root / "ill", {f"COVID/{k}.jpeg": jpeg(6000 + k) for k in range(6)})
    write_tree(root / "plain", {f"{k}.jpeg": jpeg(7000 + k) for k in range(6)})
    strange = {f"{name}/{k}.jpeg": jpeg(8000 + 10 * k + len(name)) for name in ("Flu", "Rickets")
               for k in range(4)}  # fmt: skip
    write_tree(root / "strange", strange)
    (root / "empty").mkdir()
    whole = write_zip(root / "whole.zip", CLINIC).read_bytes()
    (root / "half.zip").write_bytes(whole[: len(whole) // 2])
    evaluate = {"external": dict(SOURCES), "n_bootstrap": 100} | params.pop("evaluate", {})
    sections = {
        "ingest": {"source": "home", "min_side_px": 32},
        "resize": {"size_px": 16},
        "compute": {"n_workers": 1},
        "evaluate": evaluate,
    }
    return workspace(root, **sections, **params)


def run_here(program: str, root: Path, **arguments: str) -> None:
    """Run `python -m tasks.<program>` in this process and in the folder of a workspace."""
    main = importlib.import_module(f"tasks.{program}.__main__").main
    with contextlib.chdir(root), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Great Expectations, at its import
        main(argparse.Namespace(**arguments))


def run_home(root: Path) -> None:
    """Run the stages of the source as far as the cohorts need them."""
    for program in ("ingest", "resample", "resize"):
        run_here(program, root)


def run_cohort(root: Path, cohort: str, last: str, *, gate: bool = True) -> None:
    """Run the stages of one cohort, from `ingest-external` to that of the room `last`.

    Without `gate`, a result without expectations stands for that of `validate-external`.
    """
    rooms = ["ingest", "validate", "resample", "resize"]
    for room in rooms[: rooms.index(last) + 1]:
        if room == "validate" and not gate:
            write_json(root / paths.external_validation_json(cohort), {"expectations": []})
        else:
            run_here(f"{room}.external", root, cohort=cohort)


def summary_of(root: Path, cohort: str) -> dict[str, Any]:
    """Content of `cohort.json`."""
    found: dict[str, Any] = json.loads((root / paths.external_summary(cohort)).read_text("utf-8"))
    return found
