"""All that `report` reads, of any number of networks that disagree on some films."""

from argparse import Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.page.model_page import summarise_model
from tasks.page.page_inputs import load_page_inputs
from tasks.report.__main__ import main as make_index
from tests.report_inputs import BASELINES, write_state
from tests.report_tables import estimate
from tests.three_classes import without_negative_class

FOUR = ("minivggnet", "ann", "twin5", "cnn4_bn")
N_SWAPPED = 2  # test films that only one network calls otherwise, for each network but the first


def write_index(root: Path, models: tuple[str, ...] = FOUR, *, has_negative: bool = True) -> Path:
    """Write the state below `root`, then the index from it; return the index."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        write_index_state(root, models, has_negative=has_negative)
        make_index(Namespace())
    return root / paths.INDEX


def write_index_state(
    root: Path, models: tuple[str, ...], *, has_negative: bool = True, is_synthetic: bool = True
) -> None:
    """Write what the stages before `report` do. The working folder is `root`.

    Without a negative class there is one network.
    """
    write_state(root, models, is_synthetic=is_synthetic)
    if not has_negative:
        without_negative_class(root)
    write_json(paths.COMPARISON, comparison_with_baselines(models))
    for number, model in enumerate(models):
        summary = summarise_model(load_page_inputs(model))
        write_json(paths.summary(model), disagreeing(summary, number))


def comparison_with_baselines(models: tuple[str, ...]) -> dict[str, Any]:
    """Content of comparison.json: the first network beats each baseline, the last one does not."""
    rows = [
        {
            "model": model,
            "baseline": baseline,
            "auroc": _lead((3 - number) / 10),
            "accuracy": _lead(0.2),
        }
        for number, model in enumerate(models)
        for baseline in (*BASELINES, "always one class")
    ]
    return {"models": list(models), "pairs": [], "baselines": rows}


def _lead(value: float) -> dict[str, Any]:
    return estimate(value, value - 0.15, value + 0.15)


def disagreeing(summary: dict[str, Any], number: int) -> dict[str, Any]:
    """A summary in which `N_SWAPPED` test films turn from TP to FN, other ones in each network."""
    films = summary["test_films"]
    found = np.flatnonzero(np.array(films["outcome"]) == "TP")
    for row in found[number * N_SWAPPED : (number + 1) * N_SWAPPED] if number else ():
        films["outcome"][row] = "FN"
    if number:
        summary["evaluation"]["validation"]["auroc"]["value"] -= 0.01 * number
    return summary
