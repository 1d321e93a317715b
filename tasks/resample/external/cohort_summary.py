"""Whether an external cohort can be judged, and the counts of its films: `cohort.json`."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from tasks.core.external_cohort import Fault, fault_in_words
from tasks.resample.external.external_films import ChosenFilms

# With one of these broken, the rows are not what they seem, or so many films are lost that the rest
# is a selection. Every other broken expectation (few films, one class, a shortcut, a repeat) is a
# note: it makes the numbers weaker, not wrong.
UNJUDGEABLE = frozenset(
    {"columns_present", "path_unique", "path_named", "image_id_is_sha256", "image_id_named",
     "facts_complete", "status_known", "rejection_has_reason", "usable_has_no_reason",
     "few_rejected", "class_keeps_films"}
)  # fmt: skip
SMALLEST_CLASS = 30  # films; below it a 95 % interval of a share is up to 0.36 wide (Wilson)


def summarise_cohort(
    name: str,
    manifest: pd.DataFrame,
    chosen: ChosenFilms,
    table: Mapping[str, str | None],
    validation: Mapping[str, Any],
    fault: Fault | None,
) -> dict[str, Any]:
    """Content of `cohort.json`.

    Args:
        name: Key of `evaluate.external`.
        manifest: Manifest of the cohort.
        chosen: From `choose_films`.
        table: Class of the model for each class of the cohort.
        validation: Result of the data gate on the cohort.
        fault: What is wrong with the source, if anything.

    Returns:
        `name`; `status`, `judged` or `gap`; `gap`, why the cohort has no metrics, or None;
        `classes`; `counts` of files, whose parts add up; `broken`, names of the broken expectations
        of severity `error`; `notes`, sentences that weaken the numbers.
    """
    broken = [one for one in validation["expectations"] if _is_broken(one)]
    gap = _gap(chosen, table, broken, fault)
    return {
        "name": name,
        "status": "gap" if gap else "judged",
        "gap": gap,
        "classes": dict(table),
        "counts": _counts(manifest, chosen),
        "broken": [one["name"] for one in broken],
        "notes": [] if fault and manifest.empty else _notes(chosen, table, broken),
    }


def _is_broken(expectation: Mapping[str, Any]) -> bool:
    return expectation["severity"] == "error" and not expectation["passed"]


def _gap(
    chosen: ChosenFilms,
    table: Mapping[str, str | None],
    broken: list[Mapping[str, Any]],
    fault: Fault | None,
) -> str | None:
    """Why the cohort has no metrics; None if it has."""
    if fault is not None:
        return fault_in_words(fault)
    if unusable := [one for one in broken if one["name"] in UNJUDGEABLE]:
        return "the data gate finds faults that no metric survives: " + "; ".join(
            map(_in_words, unusable)
        )
    if not any(table.values()):
        return (
            f"the model has none of the classes {', '.join(table)}; next: map them to its classes "
            "under evaluate.external_classes"
        )
    if chosen.samples.empty:
        reasons = chosen.excluded["reason"].value_counts().sort_index()
        lost = ", ".join(f"{reason} {n}" for reason, n in reasons.items())
        return f"no film is left to judge: {lost}"
    return None


def _in_words(expectation: Mapping[str, Any]) -> str:
    found, accepted = expectation["observed"], expectation["threshold"]
    return f"{expectation['name']}: {found}, accepted: {accepted}"


def _counts(manifest: pd.DataFrame, chosen: ChosenFilms) -> dict[str, Any]:
    """Files by fate; `rejected`, `left_out` and `chosen` add up to `files`."""
    rejected = manifest.loc[manifest["status"] == "rejected", "reason"]
    return {
        "files": len(manifest),
        "rejected": _by_value(rejected),
        "left_out": _by_value(chosen.excluded["reason"]),
        "chosen": len(chosen.samples),
        "chosen_by_class": _by_value(chosen.samples["label"].fillna("no label")),
        "patients": int(chosen.samples["group_id"].nunique()),
        "also_in_test": chosen.n_in_test,
    }


def _by_value(values: pd.Series) -> dict[str, int]:
    return {str(value): int(n) for value, n in values.value_counts().sort_index().items()}


def _notes(
    chosen: ChosenFilms, table: Mapping[str, str | None], broken: list[Mapping[str, Any]]
) -> list[str]:
    notes = [f"Not met: {one['title']} (found {_in_words(one)})" for one in broken]
    if lost := [theirs for theirs, ours in table.items() if ours is None]:
        notes.append(f"The model has no class for {', '.join(lost)}: these films are left out.")
    sizes = chosen.samples["label"].value_counts().sort_index()
    if len(sizes) == 1:
        notes.append(f"All films are {sizes.index[0]}: there is no AUROC, and one side only.")
    if few := [f"{label} {n}" for label, n in sizes.items() if n < SMALLEST_CLASS]:
        notes.append(f"Fewer than {SMALLEST_CLASS} films: {', '.join(few)}. Intervals are wide.")
    if chosen.n_in_test:
        notes.append(
            f"{chosen.n_in_test} films are in the test split at home too: the two results are not "
            "independent."
        )
    return notes
