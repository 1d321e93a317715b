"""Order, differences and intervals of ranked models."""

from typing import Any

import numpy as np
import pytest

from tasks.core.errors import TableError
from tasks.core.params import load_params
from tasks.report.ranking import rank_models
from tests.films import ROOT
from tests.report_tables import estimate

PARAMS = load_params(ROOT / "params.yaml").evaluate.model_copy(update={"n_bootstrap": 400})


def summary(model: str, auroc: float, scores: list[float], n_positive: int) -> dict[str, Any]:
    """A model with one validation film per patient, the positive films first."""
    films = {
        "image_id": [f"film{number:03d}" for number in range(len(scores))],
        "group_id": [f"patient{number:03d}" for number in range(len(scores))],
        "positive": [number < n_positive for number in range(len(scores))],
        "prob_positive": scores,
    }
    return {
        "model": model,
        "page": f"{model}.html",
        "evaluation": {
            "negative_class": "NORMAL",
            "validation": {"auroc": estimate(auroc, auroc - 0.1, auroc + 0.05)},
        },
        "validation_films": films,
    }


def test_highest_validation_auroc_is_first_and_equal_models_keep_their_order() -> None:
    scores = [0.9, 0.8, 0.2, 0.1]
    aurocs = {"a": 0.8, "b": 0.9, "c": 0.8}
    ranking = rank_models([summary(name, aurocs[name], scores, 2) for name in aurocs], PARAMS)
    assert [model.name for model in ranking] == ["b", "a", "c"]
    assert ranking[0].difference is None


def test_difference_is_that_of_the_aurocs() -> None:
    best = summary("a", 1.0, [0.9, 0.8, 0.2, 0.1], 2)  # 4 of 4 pairs in order
    other = summary("b", 0.75, [0.9, 0.15, 0.2, 0.1], 2)  # 3 of 4
    difference = rank_models([best, other], PARAMS)[1].difference
    assert difference is not None
    assert difference["value"] == pytest.approx(0.25)


def test_similar_model_is_not_worse_and_a_random_one_is() -> None:
    rng = np.random.default_rng(1)
    truth = np.arange(200) < 100
    good = np.where(truth, 2.0, 0.0) + rng.normal(size=200)
    similar = good + rng.normal(scale=0.01, size=200)
    noise = rng.normal(size=200)
    _, second, third = rank_models(
        [
            summary("good", 0.92, list(good), 100),
            summary("similar", 0.92, list(similar), 100),
            summary("noise", 0.5, list(noise), 100),
        ],
        PARAMS,
    )
    assert not second.is_worse
    assert third.is_worse
    assert third.difference is not None
    assert third.difference["low"] < third.difference["value"] < third.difference["high"]


def test_more_models_widen_every_interval() -> None:
    rng = np.random.default_rng(2)
    positive = np.arange(60) < 30
    models = [
        summary(name, auroc, list(np.where(positive, 1.0, 0.0) + rng.normal(size=60)), 30)
        for name, auroc in zip("abcd", (0.8, 0.7, 0.6, 0.5), strict=True)
    ]
    of_two = rank_models(models[:2], PARAMS)[1].difference
    of_four = rank_models(models, PARAMS)[1].difference
    assert of_two is not None
    assert of_four is not None
    assert of_four["value"] == of_two["value"]
    assert of_four["low"] < of_two["low"]
    assert of_four["high"] > of_two["high"]


def test_models_with_different_validation_films_are_refused() -> None:
    one, other = summary("a", 1.0, [0.9, 0.1], 1), summary("b", 1.0, [0.9, 0.2, 0.1], 1)
    with pytest.raises(TableError, match="2 films of a and 3 other films of b"):
        rank_models([one, other], PARAMS)
