"""The content of reports/validation.json, and the error that stops the run."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from tasks.core import paths
from tasks.core.errors import ValidationFailed
from tasks.core.html.number_format import count_of
from tasks.core.reasons import commonest_causes
from tasks.core.tables import SPLITS
from tasks.validate.film_pairs import conflicts_first
from tasks.validate.rule_runner import MAX_ROWS, JsonRow, RuleResult, plain_rows

_LAST_STEP = (
    "repair or remove those files in ingest.source; if they are correct, change the threshold in "
    "section `validate` of params.yaml, or let the run go on with `validate.severity: "
    "{NAME: warning}`"
)
_MAX_NAMED = 3  # rows per expectation in the failure message; the page lists more
_PAIR_KINDS = ("exact", "near", "patient")
_PAIR_COLUMNS = (
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
_NO_VALUE = "none"  # label of films without a class or a given split


def build_validation_result(
    films: pd.DataFrame,
    results: Sequence[RuleResult],
    *,
    is_synthetic: bool,
    shortcuts: Mapping[str, Any],
    pairs: pd.DataFrame,
) -> dict[str, Any]:
    """Combine the results of the rules with counts of the films.

    Args:
        films: Table `films` of `build_frames`.
        results: Result of `run_rules`.
        is_synthetic: Whether the films are synthetic.
        shortcuts: Result of `audit_shortcuts`.
        pairs: Rows of `join_pairs` and `same_patient`.

    Returns:
        `passed` (no `error` failed), `headline` (that in words), `source`, `n_rows`, `n_usable`,
        `n_rejected`, `n_patients` (a film of an unknown patient counts as one),
        `n_unknown_patients` (such films), `rejected`
        (files per reason), `rejected_rows` (up to MAX_ROWS per reason), `rejected_causes`
        (the most frequent details per reason), `counts` (files per class, given split and
        status), `sites` (files per site, class and status; empty for one site), `expectations`,
        `shortcuts`, `n_pairs` (per kind: all, across classes, across given splits) and
        `pairs` (the first MAX_PAIRS of each kind, conflicts first).
    """
    columns = ["path", "label", "given_split", "reason", "detail"]
    rejected = films.loc[films["status"] == "rejected", columns]
    reasons = rejected["reason"].fillna(_NO_VALUE).value_counts()
    reasons = reasons.sort_index().sort_values(ascending=False, kind="stable")
    return {
        "passed": not failed_rules(results, "error"),
        "headline": _headline(results),
        "source": {
            "synthetic": is_synthetic,
            "layouts": sorted(films["layout"].dropna().unique()),
            "given_splits": _counts(films["given_split"], [*SPLITS, _NO_VALUE]),
        },
        "n_rows": len(films),
        "n_usable": int((films["status"] == "ok").sum()),
        "n_rejected": len(rejected),
        **_patients(films[films["status"] == "ok"]),
        "rejected": {str(reason): int(n) for reason, n in reasons.items()},
        "rejected_rows": {str(reason): _rows(rejected, str(reason)) for reason in reasons.index},
        "rejected_causes": {
            str(reason): [asdict(cause) for cause in commonest_causes(rejected, str(reason))]
            for reason in reasons.index
        },
        "counts": _cross_table(films),
        "sites": _site_counts(films),
        "expectations": [asdict(result) for result in results],
        "shortcuts": dict(shortcuts),
        "n_pairs": {kind: _n_pairs(pairs[pairs["kind"] == kind]) for kind in _PAIR_KINDS},
        "pairs": [row for kind in _PAIR_KINDS for row in _pair_rows(pairs[pairs["kind"] == kind])],
    }


def _headline(results: Sequence[RuleResult]) -> str:
    n_errors, n_warnings = (len(failed_rules(results, kind)) for kind in ("error", "warning"))
    if n_errors:
        return f"Stopped: {count_of(n_errors, 'error')}"
    return f"May go on, {count_of(n_warnings, 'warning')}" if n_warnings else "May go on"


def _patients(usable: pd.DataFrame) -> dict[str, int]:
    known, n_unknown = usable["patient_id"].dropna(), int(usable["patient_id"].isna().sum())
    return {"n_patients": known.nunique() + n_unknown, "n_unknown_patients": n_unknown}


def failed_rules(results: Sequence[RuleResult], severity: str) -> list[RuleResult]:
    """Results of one severity that did not pass, in the order of the suite."""
    return [found for found in results if found.severity == severity and not found.passed]


def validation_error(results: Sequence[RuleResult]) -> ValidationFailed:
    """The error that stops the run.

    Args:
        results: Result of `run_rules`; at least one `error` failed.

    Returns:
        An error that names each failed expectation, the number of its failing rows and the first
        of them.
    """
    failed = failed_rules(results, "error")
    steps = [f"{found.name}: {found.next_step}" for found in failed if found.next_step]
    return ValidationFailed(
        "every expectation of severity `error` must pass before training",
        found="\n         ".join(_sentence(result) for result in failed),
        where=f"{paths.MANIFEST}; {paths.VALIDATION_HTML} lists the rows",
        next_step="; ".join([*steps, _LAST_STEP]),
    )


def _sentence(result: RuleResult) -> str:
    text = f"{result.name}: {result.observed}, accepted: {result.threshold}"
    if not result.rows:
        return text
    named = ", ".join(str(next(iter(row.values()))) for row in result.rows[:_MAX_NAMED])
    more = ", ..." if result.n_failing > _MAX_NAMED else ""
    return f"{text}; {result.n_failing} row(s): {named}{more}"


def _rows(rejected: pd.DataFrame, reason: str) -> list[JsonRow]:
    chosen = rejected[rejected["reason"].fillna(_NO_VALUE) == reason].head(MAX_ROWS)
    return plain_rows(chosen[["path", "label", "given_split"]])


def _pair_rows(pairs: pd.DataFrame) -> list[JsonRow]:
    return plain_rows(conflicts_first(pairs)[list(_PAIR_COLUMNS)])


def _n_pairs(pairs: pd.DataFrame) -> dict[str, int]:
    return {
        "all": len(pairs),
        "across_classes": int((pairs["n_labels"] > 1).sum()),
        "across_splits": int((pairs["n_splits"] > 1).sum()),
    }


def _counts(values: pd.Series, order: Sequence[str]) -> dict[str, int]:
    found = values.fillna(_NO_VALUE).value_counts()
    names = [*order, *sorted(set(found.index) - set(order))]
    return {name: int(found[name]) for name in names if name in found.index}


def _cross_table(films: pd.DataFrame) -> list[JsonRow]:
    keyed = films[["label", "given_split"]].fillna(_NO_VALUE).assign(status=films["status"])
    sizes = keyed.groupby(["label", "given_split", "status"]).size()
    keys = sizes.index.to_frame().astype(str).itertuples(index=False, name=None)
    n_files = dict(zip(keys, sizes.astype(int).tolist(), strict=True))
    splits = [*SPLITS, _NO_VALUE]
    cells = sorted(
        {(label, split) for label, split, _ in n_files},
        key=lambda cell: (cell[0] == _NO_VALUE, cell[0], _place(cell[1], splits), cell[1]),
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


def _site_counts(films: pd.DataFrame) -> list[JsonRow]:
    """Files per site, class and status; no row if there is one site or none."""
    if films["site"].nunique() < 2:
        return []
    keyed = films[["site", "label"]].fillna(_NO_VALUE).astype(str).assign(status=films["status"])
    sizes = keyed.groupby(["site", "label", "status"]).size().unstack(fill_value=0)
    sizes = sizes.reindex(columns=["ok", "rejected"], fill_value=0).astype("int64").reset_index()
    return plain_rows(sizes)


def _place(name: str, order: Sequence[str]) -> int:
    return order.index(name) if name in order else len(order)
