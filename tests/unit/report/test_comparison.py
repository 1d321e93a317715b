import json
from pathlib import Path
from typing import Any

import pytest

from tasks.core.result_forms import SUMMARY_FORM
from tasks.report.comparison import (
    comparison_tables,
    lead_over,
    read_summaries,
    strongest_baseline,
)
from tests.form_examples import example
from tests.more_results import class_view
from tests.report_tables import estimate

NAMES = ("sensitivity", "specificity", "accuracy", "calibration_error")


def summary(model: str, auroc: float, negative: str | None = "NORMAL") -> dict[str, Any]:
    test = {name: estimate(0.8, 0.7, 0.9) for name in NAMES}
    test["auroc"] = estimate(auroc, auroc - 0.02, auroc + 0.02)
    view = class_view(["NORMAL", "COVID"], [[5, 1], [2, 6]])
    evaluation = {"negative_class": negative, "test": test, "classes_view": {"test": view}}
    description = {"n_parameters": 10}
    page = f"{model}.html"
    return {"model": model, "page": page, "description": description, "evaluation": evaluation}


def baseline(name: str, auroc: float | None, low: float | None = None) -> dict[str, Any]:
    return {"name": name, "test": {"auroc": estimate(auroc, low, None)}}


def comparison(**leads: float) -> dict[str, Any]:
    return {
        "baselines": [
            {"model": model, "baseline": "grey", "auroc": estimate(lead, lead - 0.1, lead + 0.1)}
            for model, lead in leads.items()
        ]
    }


SUMMARIES = [summary("b", 0.8), summary("a", 0.9)]
BASELINES = [baseline("facts", 0.5), baseline("grey", 0.6, 0.47), baseline("none", None)]


def test_networks_keep_their_order_and_baselines_stand_apart() -> None:
    finding, classes = comparison_tables(SUMMARIES, BASELINES, comparison(a=0.3, b=0.2))
    assert [row.name for row in finding.networks] == ["b", "a"]
    assert [row.name for row in finding.baselines] == ["facts", "grey", "none"]
    assert finding.columns[:2] == ["AUROC", "Lead"]
    assert [row.estimates[1]["value"] for row in finding.networks] == [0.2, 0.3]
    assert finding.baselines[0].estimates[2] == estimate(None, None, None)
    assert classes.baselines == []
    assert classes.columns[-2:] == ["Recall, NORMAL", "Recall, COVID"]
    assert all(
        len(row.estimates) == len(table.columns)
        for table in (finding, classes)
        for row in (*table.networks, *table.baselines)
    )


def test_without_a_negative_class_there_is_one_view_with_the_baselines() -> None:
    (table,) = comparison_tables([summary("a", 0.9, None)], BASELINES, comparison(a=0.3))
    assert table.name == "classes"
    assert table.columns[:2] == ["Mean AUROC", "Lead"]
    assert len(table.baselines) == 3
    assert table.baselines[1].estimates[0]["value"] == 0.6


def test_the_strongest_baseline_has_the_highest_auroc() -> None:
    assert strongest_baseline(BASELINES) == "grey"
    assert strongest_baseline([baseline("none", None)]) is None


def test_an_unknown_lead_is_undefined() -> None:
    assert lead_over("a", "grey", comparison(a=0.3))["value"] == 0.3
    assert lead_over("a", "facts", comparison(a=0.3))["value"] is None
    assert lead_over("a", None, comparison(a=0.3))["value"] is None


@pytest.mark.parametrize(("lowest", "start", "mark"), [(0.6, 0.5, 0.0), (0.27, 0.2, 0.5)])
def test_axis_starts_at_one_half_or_below_the_lowest_interval(
    lowest: float, start: float, mark: float
) -> None:
    rivals = [baseline("grey", 0.7, lowest)]
    table = comparison_tables(SUMMARIES, rivals, comparison(a=0.3))[0]
    assert (table.axis_start, table.axis_mark) == (start, mark)


def test_summaries_of_removed_models_are_deleted_and_the_others_read_in_order(
    tmp_path: Path,
) -> None:
    content = example(SUMMARY_FORM)
    for model in ("a", "b", "removed"):
        (tmp_path / f"{model}.json").write_text(
            json.dumps(content | {"model": model}), encoding="utf-8"
        )
    (tmp_path / ".gitignore").write_text("/a.json\n", encoding="utf-8")

    summaries = read_summaries(tmp_path, ["b", "a"])

    assert [one["model"] for one in summaries] == ["b", "a"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "a.json", "b.json"]
