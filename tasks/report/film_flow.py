"""Count the films at every step, from the source to the splits, and check that none is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tasks.core import paths
from tasks.core.errors import TableError
from tasks.core.tables import SPLITS

_UNKNOWN_PATIENT = "film:"  # begins the key that `core.statistics.groups.patients` makes
_NEXT_STEP = "run `dvc repro`: the files come from different runs"


@dataclass(frozen=True)
class FilmCount:
    """Number of films, and number of their patients (values of `group_id`)."""

    films: int
    patients: int


@dataclass(frozen=True)
class FilmFlow:
    """Counts of films at each step.

    n_found: rows of the manifest. rejected: unusable files by reason. n_usable: usable films.
    excluded: usable films outside the cohort, by reason. n_cohort: films of the cohort.
    by_class: by class, then by split or `total`. totals: by split or `total`, all classes.
    layouts: readers that recognised the source. is_synthetic: whether a program drew the films.
    has_patients: whether the source names the patient of a film; else each film counts as one.
    """

    n_found: int
    rejected: Mapping[str, int]
    n_usable: int
    excluded: Mapping[str, int]
    n_cohort: int
    by_class: Mapping[str, Mapping[str, FilmCount]]
    totals: Mapping[str, FilmCount]
    layouts: tuple[str, ...]
    is_synthetic: bool
    has_patients: bool


@dataclass(frozen=True)
class FlowStep:
    """One row of the film flow.

    kind: `stay` for films that remain, `gone` for films that are removed, `split` for a split.
    start, length: of the bar, as shares of the films found, in [0, 1].
    """

    label: str
    n_films: int
    kind: str
    start: float
    length: float


def follow_films(manifest: pd.DataFrame, samples: pd.DataFrame, excluded: pd.DataFrame) -> FilmFlow:
    """Count the films, and check that the tables account for each film.

    Args:
        manifest: One row per file found.
        samples: One row per film of the cohort.
        excluded: One row per usable film outside the cohort.

    Raises:
        TableError: A usable film is in neither or both of cohort and exclusions; a film has an
            unknown split; a patient or a group is in two splits.
    """
    rejected = manifest[manifest["status"] != "ok"]
    usable = manifest[manifest["status"] == "ok"]
    _check_paths(usable, samples, excluded)
    _check_splits(samples)
    labels = sorted(samples["label"].unique())
    return FilmFlow(
        n_found=len(manifest),
        rejected=_by_reason(rejected),
        n_usable=len(usable),
        excluded=_by_reason(excluded),
        n_cohort=len(samples),
        by_class={label: _by_split(samples[samples["label"] == label]) for label in labels},
        totals=_by_split(samples),
        layouts=tuple(sorted(manifest["layout"].dropna().unique())),
        is_synthetic=bool(manifest["is_synthetic"].any()),
        has_patients=not samples["patient_id"].str.startswith(_UNKNOWN_PATIENT).all(),
    )


def check_gate(flow: FilmFlow, gate: Mapping[str, Any]) -> None:
    """Check that the data gate counts the same films as the manifest.

    Raises:
        TableError: `reports/validation.json` counts other films.
    """
    counted = (flow.n_found, flow.n_usable, dict(flow.rejected))
    at_gate = (gate["n_rows"], gate["n_usable"], dict(gate["rejected"]))
    if counted != at_gate:
        raise TableError(
            "the data gate and the manifest must count the same films",
            found=f"manifest {counted}, gate {at_gate} (found, usable, rejected by reason)",
            where=str(paths.VALIDATION_JSON),
            next_step=_NEXT_STEP,
        )


def check_resized(flow: FilmFlow, resized: Mapping[str, Any]) -> None:
    """Check that every film of the cohort became an image.

    Raises:
        TableError: `reports/resize.json` counts other films.
    """
    counted = {label: counts["total"].films for label, counts in flow.by_class.items()}
    images = {row["class"]: row["n_films"] for row in resized["regions"]}
    if counted != images:
        raise TableError(
            "every film of the cohort must become one image",
            found=f"cohort {counted}, images {images} (films by class)",
            where=str(paths.RESIZE_JSON),
            next_step=_NEXT_STEP,
        )


def check_models(flow: FilmFlow, summaries: Sequence[Mapping[str, Any]]) -> None:
    """Check that each model was evaluated on all validation and test films of the cohort.

    Raises:
        TableError: A model counts other films or patients.
    """
    for summary in summaries:
        for split, key in (("val", "validation"), ("test", "test")):
            scores = summary["evaluation"][key]
            evaluated = FilmCount(scores["n_images"], scores["n_patients"])
            n_outcomes = _count_calls(summary["evaluation"], key)
            if evaluated != flow.totals[split] or n_outcomes != evaluated.films:
                raise TableError(
                    "each model must be evaluated on every film of a split, once",
                    found=f"cohort {flow.totals[split]}, model {evaluated}, outcomes {n_outcomes}",
                    where=f"{key} films of {summary['model']}",
                    next_step=_NEXT_STEP,
                )


def _count_calls(evaluation: Mapping[str, Any], split: str) -> int:
    """Films of the confusion matrix; of that of all classes without a negative class."""
    if evaluation["negative_class"] is None:
        return sum(sum(row) for row in evaluation["classes_view"][split]["matrix"])
    return sum(evaluation[split]["confusion"].values())


def flow_steps(flow: FilmFlow) -> list[FlowStep]:
    """The film flow as rows with bars. Removed films are the end of the bar before them."""
    steps = [_stay("Found in the source", flow.n_found, flow)]
    steps += _gone("rejected", flow.rejected, flow.n_found, flow)
    steps.append(_stay("Usable", flow.n_usable, flow))
    steps += _gone("excluded", flow.excluded, flow.n_usable, flow)
    steps.append(_stay("In the cohort", flow.n_cohort, flow))
    start = 0
    names = {"train": "training", "val": "validation", "test": "test"}
    for split in SPLITS:
        n_films = flow.totals[split].films
        steps.append(_step(names[split], n_films, "split", start, flow))
        start += n_films
    return steps


def _stay(label: str, n_films: int, flow: FilmFlow) -> FlowStep:
    return _step(label, n_films, "stay", 0, flow)


def _gone(verb: str, by_reason: Mapping[str, int], n_before: int, flow: FilmFlow) -> list[FlowStep]:
    steps = []
    for reason, n_films in by_reason.items():
        n_before -= n_films
        label = f"{verb}: {reason.replace('_', ' ')}"
        steps.append(_step(label, n_films, "gone", n_before, flow))
    return steps


def _step(label: str, n_films: int, kind: str, start: int, flow: FilmFlow) -> FlowStep:
    return FlowStep(label, n_films, kind, start / flow.n_found, n_films / flow.n_found)


def _by_reason(films: pd.DataFrame) -> dict[str, int]:
    """Counts by reason, the most frequent first. Equal counts are sorted by name."""
    counts = films["reason"].fillna("no reason given").value_counts()
    ranked = sorted((-int(n), str(reason)) for reason, n in counts.items())
    return {reason: -minus_n for minus_n, reason in ranked}


def _by_split(samples: pd.DataFrame) -> dict[str, FilmCount]:
    counts = {split: _count(samples[samples["split"] == split]) for split in SPLITS}
    return counts | {"total": _count(samples)}


def _count(films: pd.DataFrame) -> FilmCount:
    return FilmCount(len(films), int(films["group_id"].nunique()))


def _check_paths(usable: pd.DataFrame, samples: pd.DataFrame, excluded: pd.DataFrame) -> None:
    """Check that every usable film is once in the cohort or once in the exclusions."""
    listed = sorted([*samples["path"], *excluded["path"]])
    if listed == sorted(usable["path"]):
        return
    lost = sorted(set(usable["path"]) - set(listed))
    extra = sorted(set(listed) - set(usable["path"]))
    first = f"; first: {(lost + extra)[0]}" if lost or extra else "; a film is listed twice"
    raise TableError(
        "each usable film must be in the cohort or excluded with a reason",
        found=f"{len(usable)} usable, {len(samples)} in the cohort, {len(excluded)} excluded; "
        f"{len(lost)} lost, {len(extra)} not in the manifest{first}",
        where=f"{paths.MANIFEST}, {paths.SAMPLES}, {paths.EXCLUDED}",
        next_step=_NEXT_STEP,
    )


def _check_splits(samples: pd.DataFrame) -> None:
    unknown = sorted(set(samples["split"]) - set(SPLITS))
    in_two_splits = [
        key
        for column in ("patient_id", "group_id")
        for key, n_splits in samples.groupby(column)["split"].nunique().items()
        if n_splits > 1
    ]
    if unknown or in_two_splits:
        raise TableError(
            f"each film must be in one of {', '.join(SPLITS)}, and no patient or group in two",
            found=f"unknown splits {unknown}; in two splits: {in_two_splits[:5]}",
            where=str(paths.SAMPLES),
            next_step="run `dvc repro --force resample`",
        )
