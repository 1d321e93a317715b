import json
from pathlib import Path
from typing import Any

import pytest

from tasks.report.comparison import (
    axis_start,
    group_weaknesses,
    models_and_baselines,
    read_summaries,
)
from tests.report_tables import estimate


def summary(model: str, auroc: float) -> dict[str, Any]:
    return {
        "model": model,
        "page": f"{model}.html",
        "description": {"n_parameters": 10},
        "evaluation": {
            "negative_class": "NORMAL",
            "test": {"auroc": estimate(auroc, auroc - 0.02, auroc + 0.02)},
        },
    }


def baseline(auroc: float) -> list[dict[str, Any]]:
    return [{"name": "file facts", "test": {"auroc": estimate(auroc, None, None)}}]


def test_models_keep_their_order_and_baselines_follow() -> None:
    rows = models_and_baselines([summary("b", 0.8), summary("a", 0.9)], baseline(0.6))
    assert [row.name for row in rows] == ["b", "a", "file facts"]


def test_metric_that_a_row_lacks_is_unknown() -> None:
    row = models_and_baselines([summary("a", 0.9)], baseline(0.6))[1]
    assert row.page is None
    assert row.n_parameters is None
    assert row.estimates["sensitivity"]["value"] is None


@pytest.mark.parametrize(("lowest", "start"), [(0.6, 0.5), (0.47, 0.4)])
def test_axis_starts_at_one_half_or_below_the_lowest_interval(lowest: float, start: float) -> None:
    assert axis_start(models_and_baselines([summary("a", 0.9)], baseline(lowest))) == start


def test_weakness_of_several_models_is_listed_once_with_their_names() -> None:
    titles = {"a": ["Sensitivity missed"], "b": ["Poor calibration", "Sensitivity missed"]}
    summaries = [
        {"model": model, "weaknesses": [{"title": title, "detail": model} for title in of_model]}
        for model, of_model in titles.items()
    ]
    found = {
        title: [each["model"] for each in models]
        for title, models in group_weaknesses(summaries).items()
    }
    assert found == {"Sensitivity missed": ["a", "b"], "Poor calibration": ["b"]}


def test_summaries_of_removed_models_are_deleted_and_the_others_read_in_order(
    tmp_path: Path,
) -> None:
    for model in ("a", "b", "removed"):
        (tmp_path / f"{model}.json").write_text(json.dumps({"model": model}), encoding="utf-8")
    (tmp_path / ".gitignore").write_text("/a.json\n", encoding="utf-8")

    summaries = read_summaries(tmp_path, ["b", "a"])

    assert [one["model"] for one in summaries] == ["b", "a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "a.json", "b.json"]
