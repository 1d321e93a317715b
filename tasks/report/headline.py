"""The last lines of `make run`: what came out, and which page to open.

Run: python -m tasks.report.headline
"""

import argparse
import sys
from typing import Any

from tasks.core import paths, stage

SHOWN = ("auroc", "sensitivity", "specificity", "accuracy")


def main(_: argparse.Namespace) -> None:
    """Read the summary of each model; print one line per metric and the path of the report."""
    from tasks.core.atomic import read_json
    from tasks.core.params import load_params

    params = load_params(paths.PARAMS)
    for model in params.models:
        metrics = read_json(paths.summary(model))["metrics"]
        lines = headline(model, metrics, params.ingest.is_synthetic)
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    sys.stdout.write(f"\nOpen {paths.INDEX} in a browser. This is no medical device.\n")


def headline(model: str, metrics: dict[str, Any], synthetic: bool) -> list[str]:
    """Lines about one model on the test films.

    Args:
        model: Its name.
        metrics: As in `metrics.json`.
        synthetic: Whether the films are phantoms.
    """
    test = metrics["test"]
    films = "synthetic test films" if synthetic else "test films"
    lines = [f"{model} on {test['n_images']} {films} of {test['n_patients']} patients:"]
    for name in SHOWN:
        value, low, high = (test[name][key] for key in ("value", "low", "high"))
        lines.append(
            f"  {name:<12} {_number(value)}  (95 % interval {_number(low)} to {_number(high)})"
        )
    return lines


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    stage.run("report.headline", __doc__, main)
