"""The README's table of results, written from recorded metrics and from nothing else.

Run: python -m tasks.report.results                        to write the table
     python -m tasks.report.results --record NAME          to record the present metrics first
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import read_json, write_json, write_text
from tasks.core.errors import LunglineError

README = Path("README.md")
RECORDS = Path("reports/results")
COLUMNS = {
    "auroc": "test AUROC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
}


def record(name: str) -> None:
    """Keep the metrics of every model of params.yaml under `reports/results/NAME/`."""
    from tasks.core.params import load_params

    params = load_params(paths.PARAMS)
    for model in params.models:
        metrics = read_json(paths.metrics(model))
        summary = {
            "data": name,
            "model": model,
            "size_px": params.resize.size_px,
            "epochs": params.train_of(model).epochs,
            "n_seeds": params.train_of(model).n_seeds,
            "operating_point": metrics["operating_point"],
            "test": metrics["test"],
            "baselines": metrics["baselines"],
        }
        write_json(RECORDS / name / f"{model}.json", summary)


def results_table(records: list[dict[str, Any]]) -> str:
    """Markdown table: one row per record, and one per data set for its best trivial baseline.

    Args:
        records: As `record` keeps them.
    """
    head = ["data", "model", "test films (patients)", *COLUMNS.values()]
    rows = [head, ["---"] * len(head)]
    for entry in records:
        test = entry["test"]
        films = f"{test['n_images']} ({test['n_patients']})"
        model = f"{entry['model']}, {entry['size_px']} px, seeds: {entry['n_seeds']}"
        rows.append([entry["data"], model, films, *(_cell(test[name]) for name in COLUMNS)])
        best = max(entry["baselines"], key=lambda baseline: baseline["test"]["auroc"]["value"])
        scores = best["test"]
        cells = [_cell(scores[name]) if name in scores else "" for name in COLUMNS]
        rows.append([entry["data"], f"baseline: {best['name']}", films, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def read_records(folder: Path) -> list[dict[str, Any]]:
    """All records below a folder, in the order of their paths."""
    return [read_json(path) for path in sorted(folder.glob("*/*.json"))]


def with_table(readme: str, name: str, table: str) -> str:
    """The README with the text between the two marks of a name replaced.

    Raises:
        LunglineError: A mark is missing.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in readme or end not in readme:
        raise LunglineError(
            "the README marks where each of its tables stands",
            found="a mark is missing",
            where=f"{README}: {begin} ... {end}",
            next_step="put both marks back, each on a line of its own",
        )
    before, rest = readme.split(begin, 1)
    return f"{before}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}"


def _cell(score: dict[str, float | None]) -> str:
    if score["value"] is None:
        return "undefined"
    if score["low"] is None or score["high"] is None:
        return f"{score['value']:.3f}"
    return f"{score['value']:.3f} ({score['low']:.3f} to {score['high']:.3f})"


def main() -> None:
    """Record if asked to, then write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", metavar="NAME", help="name of the data, for instance phantom")
    arguments = parser.parse_args()
    try:
        if arguments.record:
            record(arguments.record)
        table = results_table(read_records(RECORDS))
        write_text(README, with_table(README.read_text(encoding="utf-8"), "results", table))
    except LunglineError as error:
        sys.exit(f"ERROR: {error}")


if __name__ == "__main__":
    main()
