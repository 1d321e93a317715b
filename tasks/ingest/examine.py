"""Read one file of the source in a worker process: its facts, and a reason if it is rejected."""

import hashlib
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import imagehash
import numpy as np
from PIL import Image

from tasks.core.film.decode import Film, colour_of, is_dicom, open_film, patient_key
from tasks.core.film.errors import FilmError
from tasks.core.film.grey import bit_depth
from tasks.core.film.strict import decode_strictly
from tasks.core.image_store.store import Pixels
from tasks.core.params import IngestParams
from tasks.core.source.source import Source, open_source
from tasks.ingest.causes import read_failure, safe_detail
from tasks.ingest.file_facts import file_facts
from tasks.ingest.file_kind import BARE_DICOM, Kind, kind_of_bytes, promises_picture
from tasks.ingest.layouts import could_be_image, is_junk
from tasks.ingest.patients import without_stand_in
from tasks.ingest.person import read_person
from tasks.ingest.pixel_statistics import pixel_statistics, two_level_share

HASH_SIDE = 16  # 16 x 16 = 256 bits; 64-bit hashes gave 408 false pairs in Kermany's set
THUMBNAIL_PX = 64
_FEW_LEVELS = 8  # the poorest of 6,371 real films has 113 of 256 grey levels
_MASK_SHARE = 0.95  # of `two_level_share`; no real film exceeds 0.81

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
    facts: Facts = {
        "image_id": hashlib.sha256(data).hexdigest(),
        "n_bytes": len(data),
        "reason": None,
    }
    if is_junk(path):
        return {**facts, "reason": "junk"}, None
    try:
        return facts, _add_content(facts, path, data)
    except FilmError as error:
        return {**facts, "reason": error.reason, "detail": safe_detail(error.detail)}, None
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises, the other files go on
        detail = f"the decoder failed with {type(error).__name__}"
        return {**facts, "reason": "unreadable", "detail": detail}, None


def _add_content(facts: Facts, path: str, data: bytes) -> Pixels | None:
    """Add what the bytes say, whatever the name of the file; raise the reason if it is no film."""
    kind = kind_of_bytes(data, path)
    if kind is None or kind.role == "other":
        if not promises_picture(path):
            raise FilmError("not_an_image", kind.name if kind else "")
        if kind is not None:
            raise FilmError("unreadable", f"no picture: {kind.name}")
    else:
        facts["is_container"] = kind.role == "container"
        _check_kind(kind, path, data)
    grey = _add_film_facts(facts, data)
    facts |= _pixel_facts(grey, facts["colour"])
    return np.asarray(grey.resize((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BOX))


def _check_kind(kind: Kind, path: str, data: bytes) -> None:
    """Refuse a picture that is not read, and one whose name promises something else."""
    if kind.role != "film" and not (kind is BARE_DICOM and is_dicom(data)):
        raise FilmError("unsupported", kind.refusal())
    if not could_be_image(path):
        suffix = path.rpartition("/")[2].rpartition(".")[2]
        raise FilmError("unsupported", f"{kind.name} whose name ends with {suffix}; rename it")


def _add_film_facts(facts: Facts, data: bytes) -> Image.Image:
    """Add the facts of the header, then decode; a film that cannot be decoded keeps the facts."""
    film = open_film(data)
    facts |= {
        "width": film.width,
        "height": film.height,
        "mode": film.mode,
        "bit_depth": bit_depth(film.mode),
        "format": film.format,
        "patient_id": without_stand_in(
            patient_key(film, _params.patient_salt), _params.patient_salt
        ),
    }
    facts |= file_facts(data, film) | _person_facts(film)
    _check_header(film)
    _check_view(film)
    facts["colour"] = colour_of(film)
    return decode_strictly(film)


def _person_facts(film: Film) -> Facts:
    """Age and sex of the patient, which only a DICOM film states."""
    if film.image is not None:
        return {}
    from tasks.core.film import dicom

    return asdict(read_person(*dicom.age_and_sex(film.data)))


def _check_header(film: Film) -> None:
    """Refuse a film for its size or its bits before a pixel of it is decoded."""
    if min(film.width, film.height) < _params.min_side_px:
        raise FilmError("too_small", f"{film.width} x {film.height} px")
    if bit_depth(film.mode) == 1:
        raise FilmError("mask", "1 bit per pixel")


def _check_view(film: Film) -> None:
    """Refuse a DICOM film that states a lateral view."""
    if film.image is None:
        from tasks.core.film import dicom

        if view := dicom.lateral_view(film.data):
            raise FilmError("not_frontal", f"ViewPosition {view}")


def _pixel_facts(grey: Image.Image, colour: float) -> Facts:
    histogram = grey.histogram()
    n_levels = sum(count > 0 for count in histogram)
    reason, detail = _fault_of_pixels(histogram, n_levels, colour)
    size = f"{grey.width}x{grey.height}:".encode()
    return {
        "pixel_hash": hashlib.sha256(size + grey.tobytes()).hexdigest(),
        "perceptual_hash": _difference_hash(grey),
        "reason": reason,
        "detail": detail,
        "n_levels": n_levels,
        **pixel_statistics(grey),
    }


def _fault_of_pixels(
    histogram: list[int], n_levels: int, colour: float
) -> tuple[str | None, str | None]:
    """Reason and detail; both None for a film."""
    if n_levels == 1:
        return "constant", f"grey level {histogram.index(max(histogram))} everywhere"
    share = two_level_share(histogram)
    if n_levels == 2:
        return "mask", "2 grey levels"
    if share > _MASK_SHARE:
        return "mask", f"{share:.0%} of the pixels near 2 grey levels"
    if colour > _params.max_colour:
        return "colour_photograph", f"channels {colour:.0f} grey levels apart"
    if n_levels <= _FEW_LEVELS:
        return "few_levels", f"{n_levels} grey levels"
    return None, None


def _difference_hash(grey: Image.Image) -> str:
    bits = imagehash.dhash(grey, hash_size=HASH_SIDE).hash
    return np.packbits(bits).tobytes().hex()
