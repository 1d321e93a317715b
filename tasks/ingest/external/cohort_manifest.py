"""Read an external cohort. What is wrong with its source is a fault that later stages state."""

from collections.abc import Callable, Collection

import pandas as pd

from tasks.core.errors import SourceError
from tasks.core.image_store.store import Pixels
from tasks.core.params import ComputeParams, IngestParams
from tasks.core.source.source import Source, open_source
from tasks.core.tables import MANIFEST_SCHEMA
from tasks.ingest.external.known_folders import KnownFolders
from tasks.ingest.layouts import Layout
from tasks.ingest.manifest import UnknownLayoutError, check_usable, find_layout, read_films

KeepThumbnail = Callable[[str, Pixels], None]


def params_of_cohort(params: IngestParams, source: str) -> IngestParams:
    """Section `ingest` for a cohort: its own source, any layout, no table of the source at home.

    Args:
        params: Section `ingest`.
        source: Source of the cohort.
    """
    return params.model_copy(update={"source": source, "layout": "auto", "table": None})


def layout_of_cohort(
    source: Source, params: IngestParams, negative_class: str, classes: Collection[str]
) -> tuple[list[str], Layout, SourceError | None]:
    """Files of a cohort, and how their paths tell the class.

    Args:
        source: Open.
        params: From `params_of_cohort`.
        negative_class: `evaluate.negative_class`, or an empty text.
        classes: Classes of the source at home.

    Returns:
        The files, the layout, and why no path tells a class, if none does.

    Raises:
        SourceError: There is no file, an index breaks a rule, or folder names contradict another.
    """
    files = source.paths()
    try:
        return files, find_layout(files, params, source, negative_class), None
    except UnknownLayoutError as error:
        layout = KnownFolders(classes)
        has_class = any(layout.path_facts(path).label for path in files)
        return files, layout, None if has_class else _no_label(error)


def read_cohort(
    params: IngestParams,
    keep_thumbnail: KeepThumbnail,
    compute: ComputeParams,
    negative_class: str,
    classes: Collection[str],
) -> tuple[pd.DataFrame, SourceError | None]:
    """Read every file of a cohort once, with the code that reads the source at home.

    The splits that its folders give are cleared: a cohort is one set. If no path tells a class, the
    films are usable without a label: a model has scores for them, but no metric.

    Args:
        params: From `params_of_cohort`.
        keep_thumbnail: As in `build_manifest`.
        compute: Section `compute`.
        negative_class: `evaluate.negative_class`, or an empty text.
        classes: Classes of the source at home.

    Returns:
        The manifest, and what is wrong with the source; the manifest has no row if it cannot be
        read at all.
    """
    try:
        with open_source(params.source) as source:
            files, layout, fault = layout_of_cohort(source, params, negative_class, classes)
        manifest = read_films(files, layout, params, keep_thumbnail, compute)
    except SourceError as error:
        return pd.DataFrame(columns=MANIFEST_SCHEMA.names), error
    manifest["given_split"] = None
    if fault is not None:
        manifest = without_labels(manifest)
    try:
        check_usable(manifest, params.source)
    except SourceError as error:
        fault = error
    return manifest, fault


def _no_label(error: UnknownLayoutError) -> SourceError:
    return SourceError(
        "sensitivity, specificity and AUROC need films whose class is known",
        found=f"no label: {error.found}",
        where=error.where,
        next_step="put the films into folders named by their class, or list them in an index.csv "
        "with the columns path and label",
    )


def without_labels(manifest: pd.DataFrame) -> pd.DataFrame:
    """The same rows, with the films that lack only a class as usable ones."""
    unlabelled = manifest["reason"] == "unknown_label"
    return manifest.assign(
        status=manifest["status"].mask(unlabelled, "ok"),
        reason=manifest["reason"].mask(unlabelled, None),
    )
