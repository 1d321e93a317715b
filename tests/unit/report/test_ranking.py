"""The order, the gap and its interval are worked by hand or checked against brute force."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tasks.core.errors import TableError
from tasks.core.params import EvaluateParams
from tasks.report.ranking import rank
from tests.report_inputs import estimate

PARAMS = EvaluateParams(negative_class="NORMAL", target_sensitivity=0.97, n_bootstrap=400, seed=0)


def summary(model: str, auroc: float) -> dict[str, Any]:
    validation = {"auroc": estimate(auroc, auroc - 0.1, auroc + 0.05)}
    return {"model": model, "page": f"{model}.html", "metrics": {"validation": validation}}


def predictions(scores: list[float], n_positive: int) -> pd.DataFrame:
    """One film per patient, the positive ones first, and a test film that must not count."""
    n = len(scores)
    val = pd.DataFrame(
        {
            "image_id": [f"film{number:03d}" for number in range(n)],
            "group_id": [f"patient{number:03d}" for number in range(n)],
            "split": "val",
            "positive": [number < n_positive for number in range(n)],
            "prob_positive": scores,
        }
    )
    return pd.concat([val.assign(split="test", prob_positive=1.0).head(1), val])


def test_first_has_the_highest_validation_auroc_and_equals_keep_their_order() -> None:
    tables = {name: predictions([0.9, 0.8, 0.2, 0.1], 2) for name in ("a", "b", "c")}
    places = rank([summary("a", 0.8), summary("b", 0.9), summary("c", 0.8)], tables, PARAMS)
    assert [place.name for place in places] == ["b", "a", "c"]
    assert places[0].behind is None


def test_gap_is_the_difference_of_the_aurocs() -> None:
    best = predictions([0.9, 0.8, 0.2, 0.1], 2)  # 4 of 4 pairs right
    other = predictions([0.9, 0.15, 0.2, 0.1], 2)  # 3 of 4
    places = rank([summary("a", 1.0), summary("b", 0.75)], {"a": best, "b": other}, PARAMS)
    assert places[1].behind is not None
    assert places[1].behind["value"] == pytest.approx(0.25)


def test_equal_models_are_not_told_apart_and_a_far_one_is() -> None:
    rng = np.random.default_rng(1)
    truth = np.arange(200) < 100
    good = np.where(truth, 2.0, 0.0) + rng.normal(size=200)
    alike = good + rng.normal(scale=0.01, size=200)
    blind = rng.normal(size=200)
    tables = {
        name: predictions(list(scores), 100)
        for name, scores in (("good", good), ("alike", alike), ("blind", blind))
    }
    order = [summary("good", 0.92), summary("alike", 0.92), summary("blind", 0.5)]
    _, second, third = rank(order, tables, PARAMS)
    assert not second.apart
    assert third.apart
    assert third.behind is not None
    assert third.behind["low"] < third.behind["value"] < third.behind["high"]


def test_more_models_widen_every_interval() -> None:
    rng = np.random.default_rng(2)
    tables = {
        name: predictions(list(np.where(np.arange(60) < 30, 1.0, 0.0) + rng.normal(size=60)), 30)
        for name in "abcd"
    }
    order = [summary(name, auroc) for name, auroc in zip("abcd", (0.8, 0.7, 0.6, 0.5), strict=True)]
    behind_of_two = rank(order[:2], tables, PARAMS)[1].behind
    behind_of_four = rank(order, tables, PARAMS)[1].behind
    assert behind_of_two is not None
    assert behind_of_four is not None
    assert behind_of_four["value"] == behind_of_two["value"]
    assert behind_of_four["low"] < behind_of_two["low"]
    assert behind_of_four["high"] > behind_of_two["high"]


def test_models_judged_on_other_films_are_refused() -> None:
    one, other = predictions([0.9, 0.1], 1), predictions([0.9, 0.2, 0.1], 1)
    with pytest.raises(TableError, match="2 films of a and 3 others of b"):
        rank([summary("a", 1.0), summary("b", 1.0)], {"a": one, "b": other}, PARAMS)
