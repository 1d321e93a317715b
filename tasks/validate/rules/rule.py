"""One expectation of the data gate, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning"]
GROUPS = (
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


@dataclass(frozen=True)
class Rule:
    """One expectation.

    group: One of GROUPS.
    name: Short name, unique in the suite; the failure message and the tests use it.
    title: What must hold, in plain words.
    severity: `error` stops the run, `warning` is reported only.
    threshold: What is accepted, in plain words.
    expectation: Class of `great_expectations.expectations`.
    arguments: Its arguments; numbers come from params.yaml.
    frame: Table that it judges, a key of the result of `frames.build_frames`.
    status: Rows of that table it judges (`films` only); None means all.
    shows: Columns that a failing row is shown with, beside its name.
    key: Column that names a row; for most the path of a film.
    unit: Unit of the values judged.
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
