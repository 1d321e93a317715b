"""Print the main results. `make run` ends with it.

Run: python -m tasks.report.headline
"""

import argparse
import sys
from typing import Any

from tasks.core import paths, stage

_PRINTED_METRICS = ("auroc", "sensitivity", "specificity", "accuracy")


def main(_: argparse.Namespace) -> None:
    """Print one line per metric of each model, and the path of the report."""
    from tasks.core.atomic import read_json
    from tasks.core.params import load_params

    for model in load_params(paths.PARAMS).models:
        lines = headline(read_json(paths.evaluation(model)))
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    sys.stdout.write(f"\nOpen {paths.INDEX} in a browser. Lungline is not a medical device.\n")


def headline(evaluation: dict[str, Any]) -> list[str]:
    """Results of one model on the test films, as lines of text.

    Args:
        evaluation: Content of `reports/<model>/evaluation.json`.
    """
    test = evaluation["test"]
    films = "synthetic test films" if evaluation["is_synthetic"] else "test films"
    lines = [
        f"{evaluation['model']} on {test['n_images']} {films} of {test['n_patients']} patients:"
    ]
    for name, estimate in _printed(evaluation).items():
        value, low, high = (_three_digits(estimate[key]) for key in ("value", "low", "high"))
        lines.append(f"  {name:<12} {value}  (95 % interval {low} to {high})")
    return lines


def _printed(evaluation: dict[str, Any]) -> dict[str, Any]:
    """Estimates by name; means of the classes without a negative class."""
    if evaluation["negative_class"] is not None:
        return {name: evaluation["test"][name] for name in _PRINTED_METRICS}
    view = evaluation["classes_view"]["test"]
    means = {f"mean {name}": view["macro"][name] for name in ("auroc", "f1")}
    return {"accuracy": view["accuracy"]} | means


def _three_digits(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    stage.run("report.headline", __doc__, main)
