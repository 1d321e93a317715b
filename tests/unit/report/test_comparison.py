from typing import Any

from tasks.report.comparison import axis_start, compare, weak_in
from tests.report_inputs import estimate


def summary(model: str, auroc: float, baseline: float) -> dict[str, Any]:
    return {
        "model": model,
        "page": f"{model}.html",
        "contract": {"n_parameters": 10},
        "metrics": {
            "test": {"auroc": estimate(auroc, auroc - 0.02, auroc + 0.02)},
            "baselines": [
                {"name": "file facts", "test": {"auroc": estimate(baseline, None, None)}}
            ],
        },
    }


def test_models_keep_their_order_whatever_the_test_films_say() -> None:
    rows = compare([summary("b", 0.8, 0.6), summary("a", 0.9, 0.6)])
    assert [row.name for row in rows] == ["b", "a", "file facts"]


def test_unequal_baselines_name_their_model() -> None:
    rows = compare([summary("b", 0.8, 0.6), summary("a", 0.9, 0.7)])
    assert [row.name for row in rows[2:]] == ["file facts, for b", "file facts, for a"]


def test_metric_that_a_row_lacks_is_unknown() -> None:
    row = compare([summary("a", 0.9, 0.6)])[1]
    assert row.page is None
    assert row.estimates["sensitivity"]["value"] is None


def test_axis_begins_at_guessing_or_below_the_lowest_interval() -> None:
    assert axis_start(compare([summary("a", 0.9, 0.6)])) == 0.5
    assert axis_start(compare([summary("a", 0.9, 0.47)])) == 0.4


def test_weakness_of_several_models_is_told_once_with_their_names() -> None:
    said = {"a": ["Sensitivity missed"], "b": ["Probabilities are off", "Sensitivity missed"]}
    summaries = [
        {"model": model, "weaknesses": [{"title": title, "detail": model} for title in titles]}
        for model, titles in said.items()
    ]
    found = {
        title: [each["model"] for each in those] for title, those in weak_in(summaries).items()
    }
    assert found == {"Sensitivity missed": ["a", "b"], "Probabilities are off": ["b"]}
