"""From a source to the manifest: one row per file, accepted or rejected with a reason."""

import hashlib
import logging
from contextlib import ExitStack
from typing import Any

import imagehash
import numpy as np
import pandas as pd
from PIL import Image

from tasks.errors import SourceError
from tasks.film import FilmError, bit_depth, decode_grey, open_film
from tasks.ingest.layouts import Layout, Place, detect_layout, is_image, is_junk
from tasks.parallel import map_in_order
from tasks.params import IngestParams
from tasks.source import Source, open_source
from tasks.tables import MANIFEST

HASH_SIDE = 16  # 16 x 16 = 256 bits: 64-bit hashes gave 408 false pairs on Kermany's set

logger = logging.getLogger(__name__)

Facts = dict[str, Any]


def build_manifest(params: IngestParams, n_workers: int | None = None) -> pd.DataFrame:
    """Read every file of the source once.

    Args:
        params: Section `ingest`.
        n_workers: Processes; all cores when None. The rows do not depend on it.

    Returns:
        One row per file, sorted by path, with the columns of `tables.MANIFEST`.

    Raises:
        SourceError: The source is missing, damaged, empty, of no known layout, or holds no
            usable film.
    """
    with open_source(params.source) as source:
        files = source.paths()
    layout = recognise(files, params)
    logger.info("%d files in %s, layout %s", len(files), params.source, layout.name)
    facts = map_in_order(
        _examine, files, unit="files", setup=_open, setup_args=(params,), n_workers=n_workers
    )
    rows = [_row(path, layout, fact) for path, fact in zip(files, facts, strict=True)]
    manifest = pd.DataFrame(rows, columns=MANIFEST.names)
    if not (manifest["status"] == "ok").any():
        raise SourceError(
            "a source must hold at least one usable film",
            found=", ".join(
                f"{count} {reason}" for reason, count in manifest["reason"].value_counts().items()
            ),
            where=params.source,
            next_step="check that the download is whole and that the files are X-ray images",
        )
    return manifest


def recognise(files: list[str], params: IngestParams) -> Layout:
    """Find the layout of a source from its file names.

    Raises:
        SourceError: There is no file, or no layout fits.
    """
    if not files:
        raise SourceError(
            "ingest.source must hold films",
            found="no file at all",
            where=params.source,
            next_step="unpack the download there, or point ingest.source at the right folder",
        )
    images = [path for path in files if is_image(path) and not is_junk(path)]
    layout = detect_layout(images, params.layout)
    if layout is None:
        raise SourceError(
            "films must lie in one folder per class (at least two), such as "
            "chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/ or {NORMAL,PNEUMONIA}/",
            found=f"{len(images)} images among {len(files)} files, for instance {files[0]}",
            where=f"{params.source} (ingest.layout: {params.layout})",
            next_step="point ingest.source at the folder that holds the class folders",
        )
    return layout


_source: Source
_min_side_px: int
_stay_open = ExitStack()


def _open(params: IngestParams) -> None:
    """Give this worker process the source for `_examine`."""
    global _source, _min_side_px  # noqa: PLW0603 - a worker process holds one source for life
    _source = _stay_open.enter_context(open_source(params.source))
    _min_side_px = params.min_side_px


def _examine(path: str) -> Facts:
    """Facts of one file, and a reason code if its bytes rule it out."""
    try:
        data = _source.read(path)
    except OSError as error:
        logger.debug("%s: %s", path, error)
        return {"reason": "unreadable"}
    facts: Facts = {
        "image_id": hashlib.sha256(data).hexdigest(),
        "n_bytes": len(data),
        "reason": None,
    }
    if is_junk(path):
        return {**facts, "reason": "junk"}
    if not is_image(path):
        return {**facts, "reason": "not_an_image"}
    try:
        image = open_film(data)
        facts |= {
            "width": image.width,
            "height": image.height,
            "mode": image.mode,
            "bit_depth": bit_depth(image.mode),
            "format": image.format,
        }
        return facts | _pixel_facts(decode_grey(image))
    except FilmError as error:
        return {**facts, "reason": error.reason}


def _pixel_facts(grey: Image.Image) -> Facts:
    low, high = grey.getextrema()
    reason = None
    if min(grey.size) < _min_side_px:
        reason = "too_small"
    elif low == high:
        reason = "constant"
    size = f"{grey.width}x{grey.height}:".encode()
    return {
        "pixel_hash": hashlib.sha256(size + grey.tobytes()).hexdigest(),
        "perceptual_hash": _difference_hash(grey),
        "reason": reason,
    }


def _difference_hash(grey: Image.Image) -> str:
    bits = imagehash.dhash(grey, hash_size=HASH_SIDE).hash
    return np.packbits(bits).tobytes().hex()


def _row(path: str, layout: Layout, facts: Facts) -> Facts:
    place = Place() if is_junk(path) else layout.place(path)
    reason = facts["reason"] or place.rejected
    if reason is None and place.label is None:
        reason = "unknown_label"
    return {
        **facts,
        "path": path,
        "label": place.label,
        "subtype": place.subtype,
        "given_split": place.given_split,
        "patient_id": place.patient_id,
        "layout": layout.name,
        "status": "rejected" if reason else "ok",
        "reason": reason,
    }
