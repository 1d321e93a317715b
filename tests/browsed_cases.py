"""A page with the case browser, over drawn films whose names attack the page."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.page.case_inputs import load_case_inputs
from tasks.page.case_section import case_section
from tasks.page.threshold_section import threshold_section
from tests.explained_cases import write_cases
from tests.interactive_page import write_interactive_page
from tests.report_inputs import MODEL, write_state

HOSTILE_NAMES = (
    "</script><script>document.title='taken'</script>.png",
    "\"onload=\"document.title='taken'.png",
    "--><b>bold.png",
    "line\u2028end.png",
    "film 95 % <img src=x onerror=alert(1)>.png",
    "=1+1.png",
)


def write_case_page(
    root: Path, *, is_two_sided: bool = True, real: pd.DataFrame | None = None
) -> tuple[Path, pd.DataFrame]:
    """Write the page of a model below `root`; return it with the predictions of its test films.

    real: `image_id`, `path` and `label` of films that take the places of the last ones.
    """
    write_state(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        evaluation = read_json(paths.evaluation(MODEL))
        films = browsed_predictions(pd.read_parquet(paths.predictions(MODEL)), evaluation)
        if real is not None:
            names = ["image_id", "path", "label"]
            films.iloc[-len(real) :, films.columns.get_indexer(names)] = real[names].to_numpy()
        if not is_two_sided:
            nothing = {"outcome": None, "positive": None, "prob_positive": np.nan}
            evaluation, films = evaluation | {"negative_class": None}, films.assign(**nothing)
        rng = np.random.default_rng(0)
        cases = write_cases(paths.explanations(MODEL), evaluation, films, rng)
        explanations = read_json(paths.explanations_json(MODEL)) | cases
        write_json(paths.explanations_json(MODEL), explanations)
        context = page_context(evaluation, films)
    return write_interactive_page(root, context), films


def page_context(evaluation: dict[str, Any], films: pd.DataFrame) -> dict[str, Any]:
    """Context of both parts, for the state in the current folder."""
    return {
        "threshold": threshold_section(evaluation, films),
        "cases": case_section(MODEL, evaluation, films, load_case_inputs(MODEL)),
    }


def browsed_predictions(predictions: pd.DataFrame, evaluation: dict[str, Any]) -> pd.DataFrame:
    """Test films with every column of the predictions, a few with hostile names."""
    films = predictions[predictions["split"] == "test"].sort_values("image_id").copy()
    films["path"] = [*HOSTILE_NAMES, *films["path"].iloc[len(HOSTILE_NAMES) :]]
    columns = [f"prob_{name}" for name in evaluation["classes"]]
    films["called_class"] = films[columns].idxmax(axis=1).str.removeprefix("prob_")
    for name in evaluation["classes"]:
        films[f"logit_{name}"] = np.log(films[f"prob_{name}"] + 1e-9)
    numbers = np.arange(len(films))
    films["novelty"], films["is_novel"], films["is_refused"] = numbers / 10, numbers % 9 == 0, False
    films["class_set"] = np.where(numbers % 4 == 0, "NORMAL|PNEUMONIA", films["called_class"])
    films["is_referred"] = (numbers % 4 == 0) | films["is_novel"]
    return films.reset_index(drop=True)
