"""The table says what was tried, what each validation picks, and what the test said of it."""

from tests.recipes.publish import recipes_table

RECORD = {
    "results": [
        {
            "recipe": "mild",
            "ordinary": 0.9961,
            "degraded": 0.98,
            "degraded_worst": 0.9,
            "held_out": 0.85,
        },
        {
            "recipe": "wide",
            "ordinary": 0.9932,
            "degraded": 0.99,
            "degraded_worst": 0.95,
            "held_out": 0.8,
        },
    ],
    "picked": {"ordinary": "mild", "degraded": "wide", "held_out": "mild"},
    "test": {"wide": {"auroc": 0.9714, "sensitivity": 0.99, "specificity": 0.75}},
}


def test_table_marks_each_pick_and_leaves_out_tests_that_were_not_run() -> None:
    *_, mild, wide = recipes_table(RECORD).splitlines()
    assert mild == "| `mild` | **0.996** | 0.980 | 0.900 | **0.850** |  |  |  |"
    assert wide == "| `wide` | 0.993 | **0.990** | 0.950 | 0.800 | 0.971 | 0.990 | 0.750 |"
