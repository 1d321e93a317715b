"""What was tried, as the record and the README's table: the one place that opens test scores.

Reads       --out and --final of `python -m tests.studies.recipes`
Writes      reports/results/recipes.json, README.md
Run         python -m tests.studies.recipes.publish OUT FINAL [OUT FINAL ...]
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.core.atomic import read_json, write_json, write_text
from tasks.report.readme_results import README_FILE, with_table
from tests.studies.recipes.trial import KINDS

RECORD = Path("reports/results/recipes.json")
COLUMNS = ("ordinary", "degraded", "degraded_worst", "softened", "held_out", "held_out_negative")
HEADS = ("ordinary", "degraded", "worst", "normals softened", "held out", "normals held out")
TEST = ("auroc", "sensitivity", "specificity")


def recipes_table(record: Mapping[str, Any]) -> str:
    """One row per recipe, run after run; what each kind of validation picks in a run is bold."""
    heads = ["recipe", "trained", *HEADS, "test AUROC", "test sensitivity", "test specificity"]
    rows = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for run in record["runs"]:
        trained = f"{run['size_px']} px, {run['epochs']} epochs, seeds: {run['n_seeds']}"
        for result in run["results"]:
            name = result["recipe"]
            cells = [f"`{name}`", trained, *_judged(result, run["picked"])]
            test = run["test"].get(name)
            cells += [f"{test[score]:.3f}" if test else "" for score in TEST]
            rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _judged(result: Mapping[str, Any], picked: Mapping[str, str]) -> list[str]:
    cells = []
    for column in COLUMNS:
        cell = f"{result[column]:.3f}" if column in result else ""
        cells.append(f"**{cell}**" if picked.get(column) == result["recipe"] else cell)
    return cells


def read_run(judged: Path, final: Path) -> dict[str, Any]:
    """What one call of `python -m tests.studies.recipes` wrote, with its test scores."""
    run = read_json(judged) | {"test": read_json(final)}
    picks = {kind: run["picked"][kind] for kind in KINDS if kind in run["picked"]}
    return run | {"picked": picks if len(run["results"]) > 1 else {}}


def main() -> None:
    """Join what validation said with the test, once all is chosen."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.studies.recipes.publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="OUT FINAL")
    files = parser.parse_args().files
    if len(files) % 2:
        parser.error("files come in pairs: what --out wrote, then what --final wrote")
    pairs = zip(files[::2], files[1::2], strict=True)
    record = {"runs": [read_run(judged, final) for judged, final in pairs]}
    write_json(RECORD, record)
    readme = README_FILE.read_text(encoding="utf-8")
    write_text(README_FILE, with_table(readme, "recipes", recipes_table(record)))


if __name__ == "__main__":
    main()
