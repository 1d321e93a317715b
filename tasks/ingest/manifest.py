"""Build the manifest of a source: one row per file, accepted or rejected with a reason."""

import logging
from collections.abc import Callable, Sequence

import pandas as pd

from tasks.core.compute.parallel import ALL_CORES, map_in_order
from tasks.core.errors import SourceError
from tasks.core.image_store.store import Pixels
from tasks.core.params import ComputeParams, IngestParams
from tasks.core.source.source import Source, open_source
from tasks.core.source.synthetic import is_synthetic
from tasks.core.tables import MANIFEST_SCHEMA
from tasks.ingest.examine import Facts, examine, open_worker
from tasks.ingest.layouts import (
    Layout,
    PathFacts,
    detect_layout,
    is_image,
    is_junk,
    unread_tables,
)

logger = logging.getLogger(__name__)


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
    _check_usable(manifest, params)
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
        SourceError: There is no file, no layout fits, or the index breaks a rule.
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
        raise SourceError(
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
    reason = facts["reason"] or of_path.rejected
    if reason is None and of_path.label is None:
        reason = "unknown_label"
    return {
        **facts,
        "path": path,
        "label": of_path.label,
        "subtype": of_path.subtype,
        "given_split": of_path.given_split,
        "patient_id": of_path.patient_id or facts.get("patient_id"),
        "layout": layout.name,
        "status": "rejected" if reason else "ok",
        "reason": reason,
        "detail": facts.get("detail"),
        "site": of_path.site,
    }


def _check_usable(manifest: pd.DataFrame, params: IngestParams) -> None:
    if (manifest["status"] == "ok").any():
        return
    counts = manifest["reason"].value_counts()
    raise SourceError(
        "a source must hold at least one usable film",
        found=", ".join(f"{count} {reason}" for reason, count in counts.items()),
        where=params.source,
        next_step="check that the download is complete and that the files are X-ray images",
    )
