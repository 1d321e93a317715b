"""The verdict: outcomes and counts in the form of reports/validation.json."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from tasks.core.errors import ValidationFailed
from tasks.core.tables import SPLITS
from tasks.validate.gate import MAX_ROWS, Outcome, plain_rows
from tasks.validate.pairs import conflicts_first

MAX_NAMED = 3  # rows that the failure message names per expectation; the page has more
KINDS = ("exact", "near", "patient")
PAIR_COLUMNS = (
    "kind",
    "path",
    "other_path",
    "label",
    "other_label",
    "given_split",
    "other_given_split",
    "patient_id",
    "other_patient_id",
    "n_bits",
    "correlation",
)
NONE = "none"  # stands where a film has no class or no given split


def build_verdict(
    films: pd.DataFrame,
    outcomes: Sequence[Outcome],
    *,
    synthetic: bool,
    shortcuts: Mapping[str, Any],
    pairs: pd.DataFrame,
) -> dict[str, Any]:
    """Put outcomes and counts together.

    Args:
        films: Table `films` of `frames.build_frames`.
        outcomes: From `gate.judge`.
        synthetic: Whether the films are those of the built-in phantom set.
        shortcuts: From `shortcuts.audit`.
        pairs: Rows as from `pairs.join_pairs` and `pairs.same_patient`.

    Returns:
        What reports/validation.json holds: `passed` (no `error` failed), `source`, `n_rows`,
        `n_usable`, `n_rejected`, `rejected` (files per reason), `rejected_rows` (up to MAX_ROWS
        per reason), `counts` (files per class, given split and status), `expectations`,
        `shortcuts`, `n_pairs` (all, across classes, across given splits, by kind) and `pairs`
        (the first `pairs.MAX_PAIRS` of each kind, conflicts first).
    """
    rejected = films.loc[films["status"] == "rejected", ["path", "label", "given_split", "reason"]]
    reasons = rejected["reason"].fillna(NONE).value_counts()
    reasons = reasons.sort_index().sort_values(ascending=False, kind="stable")
    return {
        "passed": not failed(outcomes, "error"),
        "source": {
            "synthetic": synthetic,
            "layouts": sorted(films["layout"].dropna().unique()),
            "given_splits": _counts(films["given_split"], [*SPLITS, NONE]),
        },
        "n_rows": len(films),
        "n_usable": int((films["status"] == "ok").sum()),
        "n_rejected": len(rejected),
        "rejected": {str(reason): int(n) for reason, n in reasons.items()},
        "rejected_rows": {str(reason): _rows(rejected, str(reason)) for reason in reasons.index},
        "counts": _cross_table(films),
        "expectations": [asdict(outcome) for outcome in outcomes],
        "shortcuts": dict(shortcuts),
        "n_pairs": {kind: _n_pairs(pairs[pairs["kind"] == kind]) for kind in KINDS},
        "pairs": [row for kind in KINDS for row in _pair_rows(pairs[pairs["kind"] == kind])],
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
    named = ", ".join(str(next(iter(row.values()))) for row in outcome.rows[:MAX_NAMED])
    more = ", ..." if outcome.n_failing > MAX_NAMED else ""
    return f"{text}; {outcome.n_failing} row(s): {named}{more}"


def _rows(rejected: pd.DataFrame, reason: str) -> list[dict[str, Any]]:
    chosen = rejected[rejected["reason"].fillna(NONE) == reason].head(MAX_ROWS)
    return plain_rows(chosen[["path", "label", "given_split"]])


def _pair_rows(pairs: pd.DataFrame) -> list[dict[str, Any]]:
    return plain_rows(conflicts_first(pairs)[list(PAIR_COLUMNS)])


def _n_pairs(pairs: pd.DataFrame) -> dict[str, int]:
    return {
        "all": len(pairs),
        "across_classes": int((pairs["n_labels"] > 1).sum()),
        "across_splits": int((pairs["n_splits"] > 1).sum()),
    }


def _counts(values: pd.Series, order: Sequence[str]) -> dict[str, int]:
    found = values.fillna(NONE).value_counts()
    names = [*order, *sorted(set(found.index) - set(order))]
    return {name: int(found[name]) for name in names if name in found.index}


def _cross_table(films: pd.DataFrame) -> list[dict[str, Any]]:
    keyed = films[["label", "given_split"]].fillna(NONE).assign(status=films["status"])
    sizes = keyed.groupby(["label", "given_split", "status"]).size()
    keys = sizes.index.to_frame().astype(str).itertuples(index=False, name=None)
    n_files = dict(zip(keys, sizes.astype(int).tolist(), strict=True))
    splits = [*SPLITS, NONE]
    cells = sorted(
        {(label, split) for label, split, _ in n_files},
        key=lambda cell: (cell[0] == NONE, cell[0], _place(cell[1], splits), cell[1]),
    )
    return [
        {
            "label": label,
            "given_split": split,
            "ok": n_files.get((label, split, "ok"), 0),
            "rejected": n_files.get((label, split, "rejected"), 0),
        }
        for label, split in cells
    ]


def _place(name: str, order: Sequence[str]) -> int:
    return order.index(name) if name in order else len(order)
