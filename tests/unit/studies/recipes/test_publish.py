"""The table shows each recipe, the pick of each validation, and the test scores."""

from pathlib import Path
from typing import Any

from tasks.core.atomic import write_json
from tests.studies.recipes.publish import read_run, recipes_table

RUN: dict[str, Any] = {
    "size_px": 32,
    "epochs": 40,
    "n_seeds": 1,
    "results": [
        {
            "recipe": "mild",
            "ordinary": 0.9961,
            "degraded": 0.98,
            "degraded_worst": 0.9,
            "softened": 0.97,
            "held_out": 0.85,
            "held_out_negative": 0.94,
        },
        {
            "recipe": "wide",
            "ordinary": 0.9932,
            "degraded": 0.99,
            "degraded_worst": 0.95,
            "softened": 0.985,
            "held_out": 0.8,
            "held_out_negative": 0.93,
        },
    ],
    "picked": {"ordinary": "mild", "degraded": "wide", "held_out": "mild"},
    "test": {"wide": {"auroc": 0.9714, "sensitivity": 0.99, "specificity": 0.75}},
}


TRAINED = "32 px, 40 epochs, seeds: 1"


def test_table_marks_each_pick_and_leaves_missing_test_scores_empty() -> None:
    *_, mild, wide = recipes_table({"runs": [RUN]}).splitlines()
    cells = "**0.996** | 0.980 | 0.900 | 0.970 | **0.850** | 0.940 |  |  |  |"
    assert mild == f"| `mild` | {TRAINED} | {cells}"
    assert wide == (
        f"| `wide` | {TRAINED} | 0.993 | **0.990** | 0.950 | 0.985 | 0.800 | 0.930 "
        "| 0.971 | 0.990 | 0.750 |"
    )


def test_a_run_of_one_recipe_has_no_pick(tmp_path: Path) -> None:
    validation, final = tmp_path / "out.json", tmp_path / "final.json"
    write_json(validation, {**RUN, "results": RUN["results"][1:]})
    write_json(final, RUN["test"])
    run = read_run(validation, final)
    assert run["test"] == RUN["test"]
    assert "**" not in recipes_table({"runs": [run]})
