"""Record the results of the models, and write the README's table of results from the records.

Run: python -m tasks.report.readme_results                  writes the table
     python -m tasks.report.readme_results --record NAME    records the present results first
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import read_json, write_json, write_text
from tasks.core.errors import LunglineError

_TABLE_METRICS = {
    "auroc": "test AUROC",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "accuracy": "accuracy",
}


def record_results(name: str) -> None:
    """Copy the results of every model of params.yaml to `reports/results/NAME/`.

    Args:
        name: Name of the data, such as `phantom`.
    """
    from tasks.core.params import load_params

    params = load_params(paths.PARAMS)
    baselines = read_json(paths.BASELINES)
    for model in params.models:
        evaluation = read_json(paths.evaluation(model))
        description = read_json(paths.contract_file(paths.model_dir(model)))
        record = {
            "data": name,
            "model": model,
            "size_px": params.resize.size_px,
            "epochs": description["epochs_run"],
            "n_seeds": description["n_seeds"],
            "operating_point": evaluation["operating_point"],
            "test": evaluation["test"],
            "baselines": baselines,
        }
        write_json(paths.RECORDS / name / f"{model}.json", record)


def results_table(records: list[dict[str, Any]]) -> str:
    """Results as a Markdown table: a row per record, and a row for its best baseline.

    Args:
        records: Records, as `record_results` writes them.
    """
    head = ["data", "model", "test films (patients)", *_TABLE_METRICS.values()]
    rows = [head, ["---"] * len(head)]
    for record in records:
        test = record["test"]
        films = f"{test['n_images']} ({test['n_patients']})"
        model = f"{record['model']}, {record['size_px']} px, seeds: {record['n_seeds']}"
        cells = [_cell(test[name]) for name in _TABLE_METRICS]
        rows.append([record["data"], model, films, *cells])
        best = max(record["baselines"], key=_auroc_of)
        scores = best["test"]
        cells = [_cell(scores[name]) if name in scores else "" for name in _TABLE_METRICS]
        rows.append([record["data"], f"baseline: {best['name']}", films, *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def read_records(folder: Path) -> list[dict[str, Any]]:
    """Read all records below a folder, sorted by path."""
    return [read_json(path) for path in sorted(folder.glob("*/*.json"))]


def with_table(readme: str, name: str, table: str) -> str:
    r"""Replace the text between the two marks of a table in the README.

    Args:
        readme: Text of the README.
        name: Name in the marks.
        table: New text.

    Raises:
        LunglineError: A mark is missing.

    Example:
        >>> text = "<!-- results: begin -->\nold\n<!-- results: end -->"
        >>> with_table(text, "results", "new")
        '<!-- results: begin -->\nnew\n<!-- results: end -->'
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if begin not in readme or end not in readme:
        raise LunglineError(
            "the README must mark the place of each generated table",
            found="a mark is missing",
            where=f"{paths.README}: {begin} ... {end}",
            next_step="add both marks, each on a line of its own",
        )
    before, rest = readme.split(begin, 1)
    return f"{before}{begin}\n{table}\n{end}{rest.split(end, 1)[1]}"


def _auroc_of(baseline: dict[str, Any]) -> float:
    """AUROC of a baseline; 0 where undefined, as without a negative class."""
    return baseline["test"]["auroc"]["value"] or 0.0


def _cell(estimate: dict[str, float | None]) -> str:
    if estimate["value"] is None:
        return "undefined"
    if estimate["low"] is None or estimate["high"] is None:
        return f"{estimate['value']:.3f}"
    return f"{estimate['value']:.3f} ({estimate['low']:.3f} to {estimate['high']:.3f})"


def main() -> None:
    """Record the results if the command asks for it. Then write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--record", metavar="NAME", help="name of the data, such as phantom")
    arguments = parser.parse_args()
    try:
        if arguments.record:
            record_results(arguments.record)
        table = results_table(read_records(paths.RECORDS))
        readme = paths.README.read_text(encoding="utf-8")
        write_text(paths.README, with_table(readme, "results", table))
    except LunglineError as error:
        sys.exit(f"ERROR: {error}")


if __name__ == "__main__":
    main()
