"""Read one file of the source in a worker process: its facts, and a reason if it is rejected."""

import hashlib
import logging
from contextlib import ExitStack
from typing import Any

import imagehash
import numpy as np
from PIL import Image

from tasks.core.film.decode import colour_of, open_film, patient_key
from tasks.core.film.errors import FilmError
from tasks.core.film.grey import bit_depth
from tasks.core.film.strict import decode_strictly
from tasks.core.image_store.store import Pixels
from tasks.core.params import IngestParams
from tasks.core.source.source import Source, open_source
from tasks.ingest.file_facts import file_facts
from tasks.ingest.layouts import is_image, is_junk
from tasks.ingest.pixel_statistics import pixel_statistics

HASH_SIDE = 16  # 16 x 16 = 256 bits; 64-bit hashes gave 408 false pairs in Kermany's set
THUMBNAIL_PX = 64

logger = logging.getLogger(__name__)

Facts = dict[str, Any]
Examined = tuple[Facts, Pixels | None]

_source: Source
_params: IngestParams
_stay_open = ExitStack()


def open_worker(params: IngestParams) -> None:
    """Open the source in this worker process, for `examine`."""
    global _source, _params  # noqa: PLW0603 - a worker process reads one source at a time
    _stay_open.close()
    _source = _stay_open.enter_context(open_source(params.source))
    _params = params


def examine(path: str) -> Examined:
    """Read one file of the source.

    Returns:
        facts: Columns of the manifest that follow from the bytes, with `reason` if the file is
            rejected.
        thumbnail: (64, 64) uint8, or None if the file is not a picture.
    """
    try:
        data = _source.read(path)
    except OSError as error:
        logger.debug("%s: %s", path, error)
        return {"reason": "unreadable"}, None
    facts: Facts = {
        "image_id": hashlib.sha256(data).hexdigest(),
        "n_bytes": len(data),
        "reason": None,
    }
    if is_junk(path):
        return {**facts, "reason": "junk"}, None
    if not is_image(path):
        return {**facts, "reason": "not_an_image"}, None
    try:
        grey = _add_film_facts(facts, data)
    except FilmError as error:
        return {**facts, "reason": error.reason, "detail": error.detail}, None
    facts |= _pixel_facts(grey, facts["colour"])
    return facts, np.asarray(grey.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX))


def _add_film_facts(facts: Facts, data: bytes) -> Image.Image:
    """Add the facts of the header, then decode; a film that cannot be decoded keeps the facts."""
    film = open_film(data)
    facts |= {
        "width": film.width,
        "height": film.height,
        "mode": film.mode,
        "bit_depth": bit_depth(film.mode),
        "format": film.format,
        "patient_id": patient_key(film, _params.patient_salt),
    }
    facts |= file_facts(data, film)
    if min(film.width, film.height) < _params.min_side_px:  # no statistics of a line of pixels
        raise FilmError("too_small", f"{film.width} x {film.height} px")
    facts["colour"] = colour_of(film)
    return decode_strictly(film)


def _pixel_facts(grey: Image.Image, colour: float) -> Facts:
    low, high = grey.getextrema()
    reason = None
    if low == high:
        reason = "constant"
    elif colour > _params.max_colour:
        reason = "colour_photograph"
    size = f"{grey.width}x{grey.height}:".encode()
    return {
        "pixel_hash": hashlib.sha256(size + grey.tobytes()).hexdigest(),
        "perceptual_hash": _difference_hash(grey),
        "reason": reason,
        "n_levels": sum(count > 0 for count in grey.histogram()),
        **pixel_statistics(grey),
    }


def _difference_hash(grey: Image.Image) -> str:
    bits = imagehash.dhash(grey, hash_size=HASH_SIDE).hash
    return np.packbits(bits).tobytes().hex()
