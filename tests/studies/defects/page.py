"""Write the page of defects from its record."""

from typing import Any

from tasks.core import paths

RECORD = paths.RECORDS / "defects.json"
PAGE = paths.RECORDS / "defects.md"
PAGE_TEXT = """\
# Defects and gates

<!-- `python -m tests.studies.defects` writes this page from defects.json. -->

A gate is a check that rejects a film, stops the pipeline or leaves a film out. This study plants
each known defect alone into synthetic films. Its own gates must report it, and no other gate may.

{score}

{table}

## Sound films in unusual forms

No gate may report these sets, and every film must keep its class, subtype, split and patient.

{harmless}

## Repeat the study

```sh
python -m tests.studies.defects
```

`make test` repeats the common defects, and `make test-all` repeats all of them.
"""
REFUSALS = {
    "ingest:refused": "`ingest` refuses the source",
    "resample:refused": "`resample` refuses the cohort",
}
KINDS = {
    "ingest": "rejected as `{}`",
    "validate": "expectation `{}` fails",
    "resample": "left out as `{}`",
}


def defects_page(record: dict[str, Any]) -> str:
    """Return the page.

    Args:
        record: Content of reports/results/defects.json.
    """
    return PAGE_TEXT.format(score=_score(record), table=_table(record), harmless=_harmless(record))


def _score(record: dict[str, Any]) -> str:
    alarms = ", ".join(map(_gate, record["gates_on_clean_films"])) or "none"
    return (
        f"{record['n_passed']} of {len(record['defects'])} kinds of defect, each planted alone into"
        f" {record['n_films']} synthetic films, are reported by their own gates and by no other.\n"
        f"Alarms on the clean films: {alarms}."
    )


def _table(record: dict[str, Any]) -> str:
    head = ["defect", "found", "reported by", "false alarms"]
    return _joined([head, ["---"] * len(head), *map(_row, record["defects"])])


def _harmless(record: dict[str, Any]) -> str:
    rows = [["set", "films kept", "alarms"], ["---"] * 3]
    for made in record["harmless"]:
        alarms = "; ".join(map(_gate, made["other_gates"])) or "none"
        rows.append([_title(made), f"{made['n_kept']} of {record['n_films']}", alarms])
    return _joined(rows)


def _joined(rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _title(entry: dict[str, Any]) -> str:
    """Name and words; an abbreviation at the start, such as DICOM, keeps its capitals."""
    words = entry["words"]
    first = words[0] if words[1:2].isupper() else words[0].lower()
    return f"{entry['name']}: {first}{words[1:]}"


def _row(defect: dict[str, Any]) -> list[str]:
    found = min(gate["n_found"] for gate in defect["gates"])
    n_alarms = sum(gate["n_false_alarms"] for gate in defect["gates"])
    others = [f"{_gate(gate)}" for gate in defect["other_gates"]]
    return [
        _title(defect),
        f"{found} of {defect['n_planted']}",
        "; ".join(_gate(gate["gate"]) for gate in defect["gates"]),
        "; ".join([str(n_alarms), *others]),
    ]


def _gate(gate: str) -> str:
    stage, _, reason = gate.partition(":")
    return REFUSALS.get(gate) or KINDS[stage].format(reason)
