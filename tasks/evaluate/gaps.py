"""What cannot be computed from a set of films, and why, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from tasks.core.decision.decision import Decision
from tasks.evaluate.metrics import METRICS


def find_gaps(films: pd.DataFrame, decision: Decision, evaluation: Mapping[str, Any]) -> list[str]:
    """Sentences on the films and the numbers that are missing.

    Args:
        films: Rows of the predictions, also those that are not judged.
        decision: What validation decided.
        evaluation: Result of `evaluate_films`, without its gaps.
    """
    return [
        *_films_left_out(films, decision.classes),
        *_one_side(evaluation, decision.negative_class),
        *_classes_apart(evaluation["classes_view"]["per_class"]),
        *_without_interval(evaluation),
    ]


def _films_left_out(films: pd.DataFrame, classes: tuple[str, ...]) -> Iterator[str]:
    unlabelled = int(films["label"].isna().sum())
    if unlabelled:
        yield f"{_count(unlabelled)} without a label: not judged."
    unknown = films["label"].dropna()
    for name, n in unknown[~unknown.isin(classes)].value_counts().sort_index().items():
        yield f"{_count(int(n))} of class {name}, which the model does not know: not judged."
    if not films["label"].isin(classes).any():
        yield "No film has a class that the model knows: every number is undefined."


def _one_side(evaluation: Mapping[str, Any], negative_class: str | None) -> Iterator[str]:
    n, n_positive = evaluation["n_images"], evaluation["n_positive"]
    if negative_class is None or n == 0:
        return
    if n_positive == 0:
        yield f"No film has a finding (all are {negative_class}): {_undefined(evaluation)}."
    elif n_positive == n:
        yield f"Every film has a finding (none is {negative_class}): {_undefined(evaluation)}."
    elif _undefined(evaluation):
        yield f"All calls are equal at the operating point: {_undefined(evaluation)}."


def _undefined(evaluation: Mapping[str, Any]) -> str:
    names = [name.replace("_", " ") for name in METRICS if evaluation[name]["value"] is None]
    return f"undefined are {', '.join(names)}" if names else ""


def _classes_apart(per_class: list[dict[str, Any]]) -> Iterator[str]:
    if not any(row["n_images"] for row in per_class):
        return
    for row in per_class:
        if row["n_images"] == 0:
            yield (
                f"No film of class {row['name']}: its recall and AUROC are undefined, and it is in"
                " no mean over the classes."
            )
        elif row["precision"]["value"] is None:
            yield (
                f"No film is called {row['name']}: its precision is undefined, and so are the mean"
                " precisions."
            )


def _without_interval(evaluation: Mapping[str, Any]) -> Iterator[str]:
    metrics = [name.replace("_", " ") for name in METRICS if _lacks_ends(evaluation[name])]
    if metrics:
        yield f"Too few patients for an interval of {', '.join(metrics)}."
    for row in evaluation["classes_view"]["per_class"]:
        names = [name for name, found in row.items() if isinstance(found, dict)]
        lacking = [name for name in names if _lacks_ends(row[name])]
        if lacking:
            listed = ", ".join(lacking)
            yield f"Too few patients for an interval of class {row['name']}: {listed}."


def _lacks_ends(estimate: Mapping[str, float | None]) -> bool:
    return estimate["value"] is not None and estimate["low"] is None


def _count(n: int) -> str:
    return "1 film" if n == 1 else f"{n} films"
