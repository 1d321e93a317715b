"""The README's table of defects, written from the record and from nothing else."""

from pathlib import Path
from typing import Any

RECORD = Path("reports/results/defects.json")
WORDS = {
    "ingest:refused": "`ingest` refuses the source",
    "resample:refused": "`resample` refuses the cohort",
}
KINDS = {
    "ingest": "rejected as `{}`",
    "validate": "expectation `{}` fails",
    "resample": "left out as `{}`",
}


def defects_table(record: dict[str, Any]) -> str:
    """Score in one sentence, then a Markdown table of the defects that the README shows.

    Args:
        record: As from `score.record`.
    """
    shown = [defect for defect in record["defects"] if defect["in_readme"]]
    head = ["planted", "found", "caught by", "false alarms"]
    rows = [head, ["---"] * len(head), *map(_row, shown)]
    return "\n".join([_score(record), "", *(f"| {' | '.join(row)} |" for row in rows)])


def _score(record: dict[str, Any]) -> str:
    n_defects, clean = len(record["defects"]), record["gates_on_clean_films"]
    alarms = ", ".join(map(_words, clean)) or "none"
    return (
        f"{record['n_passed']} of {n_defects} kinds of defect, each planted alone into "
        f"{record['n_films']} synthetic films, are caught by their own gates and by no other; "
        f"alarms on the clean films: {alarms}."
    )


def _row(defect: dict[str, Any]) -> list[str]:
    found = min(gate["n_found"] for gate in defect["gates"])
    n_alarms = sum(gate["n_false_alarms"] for gate in defect["gates"])
    others = [f"{_words(gate)}" for gate in defect["other_gates"]]
    return [
        f"{defect['name']}: {defect['words'][0].lower()}{defect['words'][1:]}",
        f"{found} of {defect['n_planted']}",
        "; ".join(_words(gate["gate"]) for gate in defect["gates"]),
        "; ".join([str(n_alarms), *others]),
    ]


def _words(gate: str) -> str:
    stage, _, reason = gate.partition(":")
    return WORDS.get(gate) or KINDS[stage].format(reason)
