"""The verdict: outcomes and counts in the form of reports/validation.json."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from tasks.errors import ValidationFailed
from tasks.tables import MANIFEST, SPLITS
from tasks.validate.gate import MAX_ROWS, Outcome

MAX_NAMED = 3  # rows that the failure message names per expectation; the page has more
NONE = "none"  # stands where a film has no class or no given split


def build_verdict(
    manifest: pd.DataFrame, outcomes: Sequence[Outcome], *, synthetic: bool
) -> dict[str, Any]:
    """Put outcomes and counts together.

    Args:
        manifest: The table that was judged.
        outcomes: From `gate.judge`.
        synthetic: Whether the films are those of the built-in phantom set.

    Returns:
        What reports/validation.json holds: `passed` (no `error` failed), `source`, `n_rows`,
        `n_usable`, `n_rejected`, `rejected` (files per reason), `rejected_rows` (up to MAX_ROWS
        per reason), `counts` (files per class, given split and status) and `expectations`.
    """
    files = manifest.reindex(columns=MANIFEST.names).sort_values("path", kind="stable")
    files = files.astype(object).where(files.notna(), None)
    is_usable = files["status"] == "ok"
    rejected = files[files["status"] == "rejected"]
    reasons = rejected["reason"].fillna(NONE).value_counts()
    reasons = reasons.sort_index().sort_values(ascending=False, kind="stable")
    return {
        "passed": not failed(outcomes, "error"),
        "source": {
            "synthetic": synthetic,
            "layouts": sorted(files["layout"].dropna().unique()),
            "given_splits": _counts(files["given_split"], [*SPLITS, NONE]),
        },
        "n_rows": len(files),
        "n_usable": int(is_usable.sum()),
        "n_rejected": len(rejected),
        "rejected": {str(reason): int(n) for reason, n in reasons.items()},
        "rejected_rows": {str(reason): _rows(rejected, str(reason)) for reason in reasons.index},
        "counts": _cross_table(files),
        "expectations": [asdict(outcome) for outcome in outcomes],
    }


def failed(outcomes: Sequence[Outcome], severity: str) -> list[Outcome]:
    """Outcomes of one severity that did not pass, in suite order."""
    return [found for found in outcomes if found.severity == severity and not found.passed]


def failure(outcomes: Sequence[Outcome], *, table: str, page: str) -> ValidationFailed:
    """The error that closes the gate.

    Args:
        outcomes: From `gate.judge`; at least one `error` failed.
        table: Path of the manifest.
        page: Path of the page that names all failing rows.

    Returns:
        An error that names each failed expectation, how many rows broke it, and the first.
    """
    return ValidationFailed(
        "every expectation of severity `error` must hold before the films may go on",
        found="\n         ".join(_sentence(outcome) for outcome in failed(outcomes, "error")),
        where=f"{table}; {page} names the rows",
        next_step="mend or remove those files in ingest.source, or, if your set is meant to be "
        "so, change the threshold in section `validate` of params.yaml",
    )


def _sentence(outcome: Outcome) -> str:
    text = f"{outcome.name}: {outcome.observed}, accepted is {outcome.threshold}"
    if not outcome.rows:
        return text
    named = ", ".join(str(row["path"]) for row in outcome.rows[:MAX_NAMED])
    more = ", ..." if outcome.n_failing > MAX_NAMED else ""
    return f"{text}; {outcome.n_failing} row(s): {named}{more}"


def _rows(rejected: pd.DataFrame, reason: str) -> list[dict[str, Any]]:
    chosen = rejected[rejected["reason"].fillna(NONE) == reason].head(MAX_ROWS)
    columns = ["path", "label", "given_split"]
    return [dict(zip(columns, row, strict=True)) for row in chosen[columns].to_numpy().tolist()]


def _counts(values: pd.Series, order: Sequence[str]) -> dict[str, int]:
    found = values.fillna(NONE).value_counts()
    names = [*order, *sorted(set(found.index) - set(order))]
    return {name: int(found[name]) for name in names if name in found.index}


def _cross_table(files: pd.DataFrame) -> list[dict[str, Any]]:
    keyed = files.assign(
        label=files["label"].fillna(NONE), given_split=files["given_split"].fillna(NONE)
    )
    table = []
    for label in sorted(set(keyed["label"]), key=lambda name: (name == NONE, name)):
        mine = keyed[keyed["label"] == label]
        for split in _counts(mine["given_split"], [*SPLITS, NONE]):
            status = mine.loc[mine["given_split"] == split, "status"]
            n_ok, n_rejected = int((status == "ok").sum()), int((status == "rejected").sum())
            table.append({"label": label, "given_split": split, "ok": n_ok, "rejected": n_rejected})
    return table
