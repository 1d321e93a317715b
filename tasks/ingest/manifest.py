"""Build the manifest of a source: one row per file, accepted or rejected with a reason."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict

import pandas as pd

from tasks.core.compute.parallel import ALL_CORES, map_in_order
from tasks.core.errors import SourceError
from tasks.core.examination.examine_bytes import Facts
from tasks.core.examination.file_names import is_image, is_junk
from tasks.core.examination.patients import without_stand_in
from tasks.core.image_store.store import Pixels
from tasks.core.params import ComputeParams, IngestParams
from tasks.core.source.source import Source, open_source
from tasks.core.source.synthetic import is_synthetic
from tasks.core.tables import MANIFEST_SCHEMA
from tasks.ingest.causes import cause_in_words, count_causes
from tasks.ingest.examine import examine, open_worker
from tasks.ingest.layouts import Layout, PathFacts, detect_layout, unread_tables

logger = logging.getLogger(__name__)


class UnknownLayoutError(SourceError):
    """No layout fits the names of a source."""


def build_manifest(
    params: IngestParams,
    keep_thumbnail: Callable[[str, Pixels], None] | None = None,
    compute: ComputeParams = ALL_CORES,
    negative_class: str = "",
) -> pd.DataFrame:
    """Read every file of the source once.

    Args:
        params: Section `ingest`.
        keep_thumbnail: Called with image id and thumbnail of every file that is a picture.
        compute: Section `compute`. The rows do not depend on it.
        negative_class: `evaluate.negative_class`.

    Returns:
        One row per file, sorted by path, with the columns of `tables.MANIFEST_SCHEMA`.

    Raises:
        SourceError: The source is missing, damaged or empty, has no known layout, or holds no
            usable film.
    """
    with open_source(params.source) as source:
        files = source.paths()
        layout = find_layout(files, params, source, negative_class)
    manifest = read_films(files, layout, params, keep_thumbnail, compute)
    check_usable(manifest, params.source)
    return manifest


def read_films(
    files: Sequence[str],
    layout: Layout,
    params: IngestParams,
    keep_thumbnail: Callable[[str, Pixels], None] | None = None,
    compute: ComputeParams = ALL_CORES,
) -> pd.DataFrame:
    """Read every file of a source whose layout is known.

    Args:
        files: All paths of the source.
        layout: Its layout.
        params: Section `ingest`.
        keep_thumbnail: As in `build_manifest`.
        compute: Section `compute`.

    Returns:
        As `build_manifest`; perhaps no film is usable.
    """
    logger.info("%d files in %s, layout %s", len(files), params.source, layout.name)
    if unread := unread_tables(files, layout):
        logger.info("tables in the source that are not read: %s", ", ".join(unread[:5]))
    examined = map_in_order(
        examine, files, unit="files", setup=open_worker, setup_args=(params,), compute=compute
    )
    rows = []
    for path, (facts, thumbnail) in zip(files, examined, strict=True):
        rows.append(_row(path, layout, facts))
        if keep_thumbnail and thumbnail is not None:
            keep_thumbnail(facts["image_id"], thumbnail)
    manifest = pd.DataFrame(rows, columns=MANIFEST_SCHEMA.names)
    manifest["is_synthetic"] = is_synthetic(files)
    return manifest


def find_layout(
    files: Sequence[str], params: IngestParams, source: Source, negative_class: str
) -> Layout:
    """Find the layout of a source from its file names, or from its index.

    Args:
        files: All paths of the source.
        params: Section `ingest`.
        source: Open, for the bytes of the index.
        negative_class: `evaluate.negative_class`: a folder of this name is a class.

    Raises:
        UnknownLayoutError: No layout fits.
        SourceError: There is no file, or the index breaks a rule.
    """
    if not files:
        raise SourceError(
            "ingest.source must hold films",
            found="no file at all",
            where=params.source,
            next_step="unpack the download there, or point ingest.source at the right folder",
        )
    layout = detect_layout(files, params.layout, source.read, params.table, negative_class)
    if layout is None:
        n_images = sum(is_image(path) and not is_junk(path) for path in files)
        tables = ", ".join(unread_tables(files, layout)[:5])
        raise UnknownLayoutError(
            "films must lie in one folder per class (at least two classes), such as "
            "chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/ or {NORMAL,PNEUMONIA}/, or beside "
            "an index.csv or index.parquet with the columns path and label",
            found=f"{n_images} images among {len(files)} files, for instance {files[0]}"
            + (f"; tables that no layout knows: {tables}" if tables else ""),
            where=f"{params.source} (ingest.layout: {params.layout})",
            next_step="point ingest.source at the folder that holds the class folders or the "
            "index; `ingest.layout: auto` tries every layout; or state the columns of another "
            "table under `ingest.table` in params.yaml",
        )
    return layout


def _row(path: str, layout: Layout, facts: Facts) -> Facts:
    of_path = PathFacts() if is_junk(path) else layout.path_facts(path)
    reason = _reason(facts, of_path)
    return {
        **facts,
        "path": path,
        "label": of_path.label,
        "subtype": of_path.subtype,
        "given_split": of_path.given_split,
        "patient_id": _patient(facts, of_path),
        "layout": layout.name,
        "status": "rejected" if reason else "ok",
        "reason": reason,
        "detail": None if reason == of_path.rejected else facts.get("detail"),
        "site": of_path.site,
        **_person(facts, of_path),
    }


def _patient(facts: Facts, of_path: PathFacts) -> str | None:
    of_file: str | None = facts.get("patient_id")
    named = without_stand_in(of_path.patient_id)
    return of_file or named if of_path.is_folder_patient else named or of_file


def _person(facts: Facts, of_path: PathFacts) -> Facts:
    """Age and sex: a table of the films goes before their headers."""
    told = asdict(of_path.person)
    return {key: facts.get(key) if value is None else value for key, value in told.items()}


def _reason(facts: Facts, of_path: PathFacts) -> str | None:
    """The reason of a row: what the path says of a film goes before the faults of its content.

    So a damaged mask is a mask. A document outside the class folders is no lost film.
    """
    found: str | None = facts["reason"]
    if found in ("junk", "not_an_image"):
        return found
    if facts.get("is_container") and of_path.label is None:
        return "not_an_image"
    if of_path.rejected or found:
        return of_path.rejected or found
    return "unknown_label" if of_path.label is None else None


def check_usable(manifest: pd.DataFrame, source: str) -> None:
    """Check that a manifest has a usable film.

    Raises:
        SourceError: It has none; the message counts the reasons.
    """
    if (manifest["status"] == "ok").any():
        return
    causes = list(count_causes(manifest))
    raise SourceError(
        "a source must hold at least one usable film",
        found="; ".join(cause_in_words(*cause) for cause in causes),
        where=source,
        next_step=causes[0][2].next_step,
    )
