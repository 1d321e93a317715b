"""What was tried, as the record and the README's table: the one place that opens test scores.

Reads       --out and --final of `python -m tests.recipes`
Writes      reports/results/recipes.json, README.md
Run         python -m tests.recipes.publish OUT FINAL
"""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.atomic import read_json, write_json, write_text
from tasks.report.results import README, with_table
from tests.recipes.trial import KINDS

RECORD = Path("reports/results/recipes.json")
HEADS = ("ordinary", "degraded", "worst degraded", "held out")
COLUMNS = ("ordinary", "degraded", "degraded_worst", "held_out")


def recipes_table(record: Mapping[str, Any]) -> str:
    """One row per recipe, as it was tried; what each kind of validation picks stands in bold."""
    picked = record["picked"]
    heads = ["recipe", *HEADS, "test AUROC", "test sensitivity", "test specificity"]
    rows = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    for result in record["results"]:
        name = result["recipe"]
        cells = [f"`{name}`"]
        for column in COLUMNS:
            cell = f"{result[column]:.3f}"
            cells.append(f"**{cell}**" if picked.get(column) == name else cell)
        test = record["test"].get(name)
        scores = ("auroc", "sensitivity", "specificity")
        cells += [f"{test[score]:.3f}" if test else "" for score in scores]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def main() -> None:
    """Join what validation said with the test, once all is chosen."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.recipes.publish",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("final", type=Path)
    arguments = parser.parse_args()
    record = read_json(arguments.out) | {"test": read_json(arguments.final)}
    record["picked"] = {kind: record["picked"][kind] for kind in KINDS}
    write_json(RECORD, record)
    readme = README.read_text(encoding="utf-8")
    write_text(README, with_table(readme, "recipes", recipes_table(record)))


if __name__ == "__main__":
    main()
