"""Where every film went, from the source to the splits, with the proof that none was lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tasks.core.errors import TableError
from tasks.core.tables import SPLITS

AGAIN = "run `dvc repro`: the tables come from different runs"


@dataclass(frozen=True)
class Count:
    """Films, and the patients they are of: one per `group_id`, as the metrics count them."""

    films: int
    patients: int


@dataclass(frozen=True)
class FilmFlow:
    """Counts of films at each step.

    n_found: rows of the manifest. rejected: unusable files by reason. n_usable: the rest.
    excluded: usable films left out of the cohort by reason. n_cohort: rows of the samples.
    cells: by class, then by split or `total`. totals: by split or `total`, over all classes.
    layouts: readers that recognised the source.
    """

    n_found: int
    rejected: Mapping[str, int]
    n_usable: int
    excluded: Mapping[str, int]
    n_cohort: int
    cells: Mapping[str, Mapping[str, Count]]
    totals: Mapping[str, Count]
    layouts: tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """One row of the flow: `start` and `length` of its bar in [0, 1] of the films found.

    kind: `stay` for films that go on, `gone` for films that leave, `split` for a split.
    """

    label: str
    n_films: int
    kind: str
    start: float
    length: float


def follow_films(manifest: pd.DataFrame, samples: pd.DataFrame, excluded: pd.DataFrame) -> FilmFlow:
    """Count the films and check that the tables account for each of them.

    Args:
        manifest: One row per file found.
        samples: One row per film of the cohort.
        excluded: One row per usable film left out.

    Raises:
        TableError: A usable film is neither in the cohort nor excluded, or is in both; a film is
            in no known split; a patient or a group stands in two splits.
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
        cells={label: _by_split(samples[samples["label"] == label]) for label in labels},
        totals=_by_split(samples),
        layouts=tuple(sorted(manifest["layout"].dropna().unique())),
    )


def check_gate(flow: FilmFlow, gate: Mapping[str, Any]) -> None:
    """Check that the data gate judged the films that are counted here.

    Raises:
        TableError: `reports/validation.json` counts other films.
    """
    counted = (flow.n_found, flow.n_usable, dict(flow.rejected))
    judged = (gate["n_rows"], gate["n_usable"], dict(gate["rejected"]))
    if counted != judged:
        raise TableError(
            "the data gate must have judged the films of the manifest",
            found=f"manifest {counted}, gate {judged} (found, usable, rejected by reason)",
            where="reports/validation.json",
            next_step=AGAIN,
        )


def check_resized(flow: FilmFlow, resized: Mapping[str, Any]) -> None:
    """Check that the films of the cohort, all of them, were made into images.

    Raises:
        TableError: `reports/resize.json` counts other films.
    """
    counted = {label: counts["total"].films for label, counts in flow.cells.items()}
    shown = {row["class"]: row["n_films"] for row in resized["regions"]}
    if counted != shown:
        raise TableError(
            "every film of the cohort becomes one image",
            found=f"cohort {counted}, images {shown} (films by class)",
            where="reports/resize.json",
            next_step=AGAIN,
        )


def check_models(flow: FilmFlow, summaries: Sequence[Mapping[str, Any]]) -> None:
    """Check that each model was judged on the validation and test films of the cohort, all of them.

    Raises:
        TableError: A model counts other films or patients.
    """
    for summary in summaries:
        for split, key in (("val", "validation"), ("test", "test")):
            metrics = summary["metrics"][key]
            judged = Count(metrics["n_images"], metrics["n_patients"])
            outcomes = sum(metrics["confusion"].values())
            if judged != flow.totals[split] or outcomes != judged.films:
                raise TableError(
                    "each model is judged on every film of a split, once",
                    found=f"cohort {flow.totals[split]}, model {judged}, outcomes {outcomes}",
                    where=f"{key} metrics of {summary['model']}",
                    next_step=AGAIN,
                )


def flow_steps(flow: FilmFlow) -> list[Step]:
    """The flow as rows with bars: what goes on starts at the left, what leaves hangs at its end."""
    steps = [_stay("Found in the source", flow.n_found, flow)]
    steps += _leave("rejected", flow.rejected, flow.n_found, flow)
    steps.append(_stay("Usable", flow.n_usable, flow))
    steps += _leave("set aside", flow.excluded, flow.n_usable, flow)
    steps.append(_stay("In the cohort", flow.n_cohort, flow))
    start = 0
    names = {"train": "training", "val": "validation", "test": "test"}
    for split in SPLITS:
        n_films = flow.totals[split].films
        steps.append(_step(names[split], n_films, "split", start, flow))
        start += n_films
    return steps


def _stay(label: str, n_films: int, flow: FilmFlow) -> Step:
    return _step(label, n_films, "stay", 0, flow)


def _leave(verb: str, by_reason: Mapping[str, int], n_before: int, flow: FilmFlow) -> list[Step]:
    steps = []
    for reason, n_films in by_reason.items():
        n_before -= n_films
        label = f"{verb}: {reason.replace('_', ' ')}"
        steps.append(_step(label, n_films, "gone", n_before, flow))
    return steps


def _step(label: str, n_films: int, kind: str, start: int, flow: FilmFlow) -> Step:
    return Step(label, n_films, kind, start / flow.n_found, n_films / flow.n_found)


def _by_reason(films: pd.DataFrame) -> dict[str, int]:
    """Counts by reason, the most frequent first, then by name."""
    counts = films["reason"].fillna("no reason given").value_counts()
    ranked = sorted((-int(n), str(reason)) for reason, n in counts.items())
    return {reason: -minus_n for minus_n, reason in ranked}


def _by_split(samples: pd.DataFrame) -> dict[str, Count]:
    counts = {split: _count(samples[samples["split"] == split]) for split in SPLITS}
    return counts | {"total": _count(samples)}


def _count(films: pd.DataFrame) -> Count:
    return Count(len(films), int(films["group_id"].nunique()))


def _check_paths(usable: pd.DataFrame, samples: pd.DataFrame, excluded: pd.DataFrame) -> None:
    """Every usable film is in the cohort or excluded, never in both, never twice."""
    placed = sorted([*samples["path"], *excluded["path"]])
    if placed == sorted(usable["path"]):
        return
    lost = sorted(set(usable["path"]) - set(placed))
    extra = sorted(set(placed) - set(usable["path"]))
    first = f"; first: {(lost + extra)[0]}" if lost or extra else "; some film is placed twice"
    raise TableError(
        "counts add up: each usable film is either in the cohort or excluded with a reason",
        found=f"{len(usable)} usable, {len(samples)} in the cohort, {len(excluded)} excluded; "
        f"{len(lost)} lost, {len(extra)} from nowhere{first}",
        where="data/manifest.parquet, data/samples.parquet, data/excluded.parquet",
        next_step=AGAIN,
    )


def _check_splits(samples: pd.DataFrame) -> None:
    unknown = sorted(set(samples["split"]) - set(SPLITS))
    straddling = [
        key
        for column in ("patient_id", "group_id")
        for key, n_splits in samples.groupby(column)["split"].nunique().items()
        if n_splits > 1
    ]
    if unknown or straddling:
        raise TableError(
            f"each film is in one of {', '.join(SPLITS)}, and no patient or group is in two",
            found=f"unknown splits {unknown}; in two splits: {straddling[:5]}",
            where="data/samples.parquet",
            next_step="run `dvc repro --force resample`",
        )
