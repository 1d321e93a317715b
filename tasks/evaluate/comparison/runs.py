"""Compare one model of this run with the same model of another run, on the films that both have.

The other run is a git revision whose predictions are in DVC's cache, a folder of a run, a folder of
predictions, or a file of predictions. It prints a table and writes nothing but the test ledger.

Fails when  there is no such revision, folder or file; the predictions of that revision are not in
            the cache; or the runs have no test film with the same label in common
Run         python -m tasks.evaluate.comparison.runs --model minivggnet --with HEAD~1
"""

import argparse
import sys
from typing import Any

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Find both tables, compare, print."""
    from tasks.core.decision.hashes import hash_films
    from tasks.core.params import load_params
    from tasks.core.test_ledger import record_reading
    from tasks.evaluate.comparison.other_run import films_of_run, shared_films
    from tasks.evaluate.comparison.paired_calls import COLUMNS, compare_models
    from tasks.evaluate.comparison.prediction_tables import read_test_films

    params = load_params(paths.PARAMS).evaluate
    name, run = arguments.model, vars(arguments)["with"]
    here = read_test_films(paths.predictions(name), COLUMNS)
    record_reading(name, "comparison", "", "", hash_films(here["image_id"], here["label"]))
    here, there = shared_films(here, films_of_run(run, name, COLUMNS), run)
    found = compare_models({"this run": here, run: there}, params.n_bootstrap, params.seed)
    sys.stdout.write("\n".join(_table(found)) + "\n")


def _table(found: dict[str, Any]) -> list[str]:
    """Lines of the printed table: one for each measure."""
    (pair,) = found["pairs"]
    lines = [
        f"{pair['a']} less {pair['b']}, {found['n_images']} test films of"
        f" {found['n_patients']} patients",
        f"{'measure':12} {'difference':>10} {'95 % interval':>18} {'p':>7} {'corrected':>9}",
    ]
    for row in pair["measures"]:
        ends = [_number(row["difference"][end]) for end in ("low", "high")]
        numbers = [_number(row["p"]), _number(row["p_corrected"])]
        lines.append(
            f"{row['measure']:12} {_number(row['difference']['value']):>10}"
            f" {' to '.join(ends):>18} {numbers[0]:>7} {numbers[1]:>9}"
        )
    better = f"{pair['better']} is better" if pair["better"] else "no model is shown to be better"
    return [*lines, better]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    options = {"with": "git revision, folder or Parquet file of the other run"}
    stage.run("evaluate-comparison-runs", __doc__, main, per_model=True, options=options)
