"""One expectation of the data gate, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]
RULE_GROUPS = (
    "schema",
    "identity",
    "ranges",
    "classes",
    "balance",
    "rejects",
    "duplicates",
    "leakage",
    "shortcuts",
    "drift",
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One expectation.

    group: One of RULE_GROUPS.
    name: Short name, unique in the suite; the failure message and the tests use it.
    title: The requirement in plain words.
    severity: `error` stops the run, `warning` is only reported.
    threshold: The accepted values in plain words.
    expectation: Name of a class of `great_expectations.expectations`.
    arguments: Arguments of that class; numbers come from params.yaml.
    frame: Name of the table to check, a key of the result of `frames.build_frames`.
    status: Status of the rows to check (`films` only); None means all rows.
    shows: Columns of a failing row that the report shows beside `key`.
    key: Column that identifies a row; for most rules the path of a film.
    unit: Unit of the checked values.
    next_step: What the reader can do if the rule fails, where that is not plain.
    """

    group: str
    name: str
    title: str
    severity: Severity
    threshold: str
    expectation: str
    arguments: Mapping[str, Any]
    frame: str = "films"
    status: Literal["ok", "rejected"] | None = None
    shows: tuple[str, ...] = ()
    unit: str = ""
    key: str = "path"
    next_step: str = ""


def percent_limit(share: float) -> str:
    """An upper limit in words: 0.05 becomes `at most 5.0 %`."""
    return f"at most {100 * share:.1f} %"
