"""Read one file of the source in a worker process: its facts, and a reason if it is rejected."""

import hashlib
from contextlib import ExitStack
from dataclasses import asdict

import numpy as np
from PIL import Image

from tasks.core.examination.examine_bytes import ExaminationSettings, Facts, examine_bytes
from tasks.core.examination.failure_text import read_failure
from tasks.core.film.decode import Film
from tasks.core.film.errors import FilmError
from tasks.core.film.pixel_statistics import pixel_statistics
from tasks.core.image_store.store import Pixels
from tasks.core.params import IngestParams
from tasks.core.source.source import Source, open_source
from tasks.ingest.person import NOBODY, read_person

HASH_SIDE = 16  # 16 x 16 = 256 bits; 64-bit hashes gave 408 false pairs in Kermany's set
THUMBNAIL_PX = 64

Examined = tuple[Facts, Pixels | None]

_source: Source
_settings: ExaminationSettings
_stay_open = ExitStack()


def open_worker(params: IngestParams) -> None:
    """Open the source in this worker process, for `examine`."""
    global _source, _settings  # noqa: PLW0603 - a worker process reads one source at a time
    _stay_open.close()
    _source = _stay_open.enter_context(open_source(params.source))
    _settings = ExaminationSettings(params.min_side_px, params.max_colour, params.patient_salt)


def examine(path: str) -> Examined:
    """Read one file of the source. No damage of one file raises an exception.

    Returns:
        facts: Columns of the manifest that follow from the bytes, with `reason` and `detail` if
            the file is rejected; `is_container` if it may hold films, but need not.
        thumbnail: (64, 64) uint8, or None if the file is not a picture or was not decoded.
    """
    try:
        data = _source.read(path)
    except OSError as error:
        return {"reason": "unreadable", "detail": read_failure(error, path)}, None
    found = examine_bytes(data, path, _settings)
    facts = found.facts
    if found.film is not None:
        facts |= _person_facts(found.film)
    if found.grey is None:
        return facts, None
    small = found.grey.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX)
    return facts | _pixel_facts(found.grey), np.asarray(small)


def _person_facts(film: Film) -> Facts:
    """Age and sex of the patient, which only a DICOM film states; they never cost a film."""
    if film.image is not None:
        return {}
    from tasks.core.film import dicom

    try:
        return asdict(read_person(*dicom.age_and_sex(film.data)))
    except FilmError:
        return asdict(NOBODY)


def _pixel_facts(grey: Image.Image) -> Facts:
    """Hashes and statistics of the pixels."""
    size = f"{grey.width}x{grey.height}:".encode()
    return {
        "pixel_hash": hashlib.sha256(size + grey.tobytes()).hexdigest(),
        "perceptual_hash": _difference_hash(grey),
        **pixel_statistics(grey),
    }


def _difference_hash(grey: Image.Image) -> str:
    import imagehash

    bits = imagehash.dhash(grey, hash_size=HASH_SIDE).hash
    return np.packbits(bits).tobytes().hex()
