"""Check the source in seconds: what its names tell, and what later stages will ask of it.

It prints the layout, the classes, the rules for splits and patients, the sites, and the files by
suffix and fate, then one line for each external cohort. No film is decoded: a file counts as a
film by its name.

Fails when  the source, or that of an external cohort, is missing, damaged or empty; the source has
            no known layout; a reviewer's mark breaks a rule; `evaluate.negative_class` is none of
            the classes; `evaluate.external_classes` names a class that the model or the cohort
            lacks; or a network is not in the zoo, or its initial weights are missing
Run         python -m tasks.ingest.check
"""

import argparse
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:  # imported where they are used, so that `--help` answers at once
    import pandas as pd

    from tasks.core.params import Params, ResampleParams
    from tasks.ingest.layouts import Layout, PathFacts

FILM = "film"
N_SUFFIXES = 8  # most suffixes that are listed

_Row = tuple[str, str]


def main(_: argparse.Namespace) -> None:
    """Open the source, find its layout, and print what the names tell."""
    from tasks.core.marks_files import read_marks
    from tasks.core.params import load_params
    from tasks.core.preflight import require_networks, require_source
    from tasks.core.queued_copy import missing_in_queue
    from tasks.core.source.location import shown_location
    from tasks.core.source.source import open_source
    from tasks.ingest.external.cohort_check import check_cohorts
    from tasks.ingest.manifest import find_layout

    params = load_params(paths.PARAMS)
    require_source("ingest.source", params.ingest.source, Path())  # cohorts: see below
    require_networks(params, Path())
    marks = read_marks(params.ingest.corrections)
    with open_source(params.ingest.source) as source:
        files = source.paths()
        layout = find_layout(files, params.ingest, source, params.evaluate.negative_class or "")
    names = read_names(files, layout)
    films = names[names["fate"] == FILM]
    logger = logging.getLogger(__name__)
    place = shown_location(params.ingest.source)
    logger.info("%s: %d files, layout %s", place, len(files), layout.name)
    rows = [*summary_rows(names, params)]
    if len(marks):
        rows.append(("corrections", f"{_counts(marks['verdict'])} (marks by reviewers)"))
    for key, text in rows:
        logger.info("  %-12s %s", key, text)
    check_cohorts(params, check_classes(films, params))
    if note := missing_in_queue(params.ingest.source):
        logger.warning("%s", note)


def read_names(files: Sequence[str], layout: "Layout") -> "pd.DataFrame":
    """What the path of each file tells.

    Returns:
        Columns `path`, `suffix`, `fate` (`film`, or why a file is none), `label`, `subtype`,
        `given_split`, `patient_id`, `site`; one row per file.
    """
    import pandas as pd

    from tasks.core.examination.file_names import is_junk
    from tasks.ingest.layouts import PathFacts, tables_in, unread_tables

    nothing = PathFacts()
    tables = dict.fromkeys(tables_in(files), "table, read")
    tables |= dict.fromkeys(unread_tables(files, layout), "table, not read")
    rows = []
    for path in files:
        facts = nothing if is_junk(path) else layout.path_facts(path)
        fate = tables.get(path) or _fate(path, facts)
        rows.append(
            (path, _suffix(path), fate, facts.label, facts.subtype,
             facts.given_split, facts.patient_id, facts.site)
        )  # fmt: skip
    columns = ["path", "suffix", "fate", "label", "subtype", "given_split", "patient_id", "site"]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def _suffix(path: str) -> str:
    stem, dot, suffix = path.rpartition("/")[2].lower().rpartition(".")
    if not dot or not stem:
        return "no suffix"
    return "number" if suffix.isdigit() else f".{suffix[:10]}"


def _fate(path: str, facts: "PathFacts") -> str:
    from tasks.core.examination.file_names import could_be_image, is_junk

    if is_junk(path):
        return "junk"
    if not could_be_image(path):
        return "no image by its name"
    if facts.rejected:
        return {"nested_copy": "second copy"}.get(facts.rejected, facts.rejected)
    return FILM if facts.label else "no class"


def summary_rows(names: "pd.DataFrame", params: "Params") -> Iterator[_Row]:
    """Rows of two texts: what is counted, and the counts or the rule in force.

    Args:
        names: From `read_names`.
        params: All sections.
    """
    films = names[names["fate"] == FILM]
    yield "classes", f"{_counts(films['label'])} (films by name)"
    yield "splits", _split_rule(films["given_split"].dropna(), params.resample)
    yield "patients", _patient_rule(films["patient_id"])
    if films["site"].notna().any():
        yield "sites", _counts(films["site"].fillna("unknown"))
    by_suffix = names.groupby("suffix")["fate"].agg(_counts)
    common = list(names["suffix"].value_counts().index)
    for suffix in common[:N_SUFFIXES]:
        yield suffix, by_suffix[suffix]
    if rest := common[N_SUFFIXES:]:
        yield "others", _counts(names.loc[names["suffix"].isin(rest), "fate"])
    if len(unread := names.loc[names["fate"] == "table, not read", "path"]):
        yield "not read", ", ".join(unread[:3]) + (", ..." if len(unread) > 3 else "")


def _counts(values: Iterable[str]) -> str:
    """Each value and how often it occurs, in the order of the alphabet."""
    return ", ".join(f"{value} {n:,}" for value, n in sorted(Counter(values).items())) or "none"


def _split_rule(given: "pd.Series", params: "ResampleParams") -> str:
    validation = (
        f"fold {params.fold} of {params.n_folds} validates"
        if params.n_folds
        else f"val_share {params.val_share}"
    )
    if (given == "test").any() and params.keep_given_test:
        rule = f"test is kept, the other films are drawn by patient ({validation})"
    else:
        rule = f"drawn by patient (test_share {params.test_share}, {validation})"
        rule += "; the given ones are joined" if len(given) else ""
    order = ("train", "val", "test")
    counts = ", ".join(
        f"{split} {(given == split).sum():,}" for split in order if any(given == split)
    )
    return f"given: {counts or 'none'}; {rule}"


def _patient_rule(patients: "pd.Series") -> str:
    known = patients.dropna()
    if known.empty:
        return (
            "none known by name: each film counts as its own patient, unless DICOM files tell them"
        )
    without = (
        f"; {len(patients) - len(known):,} films have none" if len(known) < len(patients) else ""
    )
    n_patients = f"{known.nunique():,} in {len(known):,} films"
    return f"{n_patients}, such as {min(known)}{without}"


def check_classes(films: "pd.DataFrame", params: "Params") -> list[str]:
    """Ask what `resample` and `evaluate` will ask of the classes.

    Args:
        films: Columns `label`, `subtype`.
        params: All sections. If `evaluate.negative_class` is null, no class must be it.

    Returns:
        The classes, sorted.

    Raises:
        ParamsError: `resample.labels` has no class for a film, or `evaluate.negative_class` is none
            of the classes; the message lists them.
    """
    from tasks.core.errors import CohortError, ParamsError
    from tasks.core.labels import map_labels

    try:
        classes = sorted(set(map_labels(films, params.resample.labels)))
    except CohortError as error:
        raise ParamsError(
            error.rule, found=error.found, where="resample.labels", next_step=error.next_step
        ) from error
    negative = params.evaluate.negative_class
    if negative is not None and negative not in classes:
        raise ParamsError(
            "evaluate.negative_class must be one of the classes",
            found=f"{negative}; the classes are {', '.join(classes)} "
            f"(resample.labels: {params.resample.labels})",
            where="params.yaml: evaluate.negative_class",
            next_step="set evaluate.negative_class to one of these classes; if none of them means "
            "'no finding', write `evaluate.negative_class: null`, without quotes",
        )
    return classes


if __name__ == "__main__":
    stage.run("ingest.check", __doc__, main)
