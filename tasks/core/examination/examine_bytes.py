"""Decide from the bytes of a file whether it is a film that can be used, and if not, why."""

import hashlib
from dataclasses import dataclass
from typing import Any

from PIL import Image

from tasks.core.examination.failure_text import safe_detail
from tasks.core.examination.file_facts import file_facts
from tasks.core.examination.file_kind import BARE_DICOM, Kind, kind_of_bytes, promises_picture
from tasks.core.examination.file_names import could_be_image, is_junk
from tasks.core.examination.patients import without_stand_in
from tasks.core.examination.two_levels import two_level_share
from tasks.core.film.decode import Film, colour_of, is_dicom, open_film, patient_key
from tasks.core.film.errors import FilmError
from tasks.core.film.grey import bit_depth
from tasks.core.film.strict import decode_strictly

_FEW_LEVELS = 8  # the poorest of 6,371 real films has 113 of 256 grey levels
_MASK_SHARE = 0.95  # of `two_level_share`; no real film exceeds 0.81

Facts = dict[str, Any]


@dataclass(frozen=True)
class ExaminationSettings:
    """Limits of the examination, as `ingest` has them in params.yaml.

    min_side_px: a film with a shorter side is `too_small`.
    max_colour: mean difference between the largest and the smallest colour channel, in grey
        levels; a picture above it is a `colour_photograph`.
    patient_salt: text that is hashed with the PatientID of a DICOM file; None: no key is made.
    """

    min_side_px: int
    max_colour: float
    patient_salt: str | None = None


@dataclass(frozen=True, eq=False)
class Examination:
    """What the bytes of one file say.

    facts: `image_id` (sha256, hex), `n_bytes`, `reason` (None for a film that can be used) and
        `detail`; `is_container` if the file may hold films, but need not; of a picture what its
        header and its metadata say (see `file_facts`), `colour` and `n_levels`.
    film: None unless the header of a film was read.
    grey: mode L, upright, in full size; None unless all pixels were decoded.
    """

    facts: Facts
    film: Film | None = None
    grey: Image.Image | None = None

    @property
    def reason(self) -> str | None:
        """Code of `tasks.core.reasons` if the file cannot be used; None for a film."""
        found: str | None = self.facts["reason"]
        return found

    @property
    def detail(self) -> str | None:
        """What is wrong, in one printable line; None if the reason says it all."""
        found: str | None = self.facts.get("detail")
        return found


def examine_bytes(data: bytes, path: str, settings: ExaminationSettings) -> Examination:
    """Examine one file. No damage of a file raises an exception.

    Args:
        data: All bytes of the file.
        path: Its path or name: it may show that the file is junk, and what it promises to be.
        settings: Limits.

    Example:
        >>> settings = ExaminationSettings(min_side_px=32, max_colour=10.0)
        >>> examine_bytes(b"<html>", "a.png", settings).facts["detail"]
        'no picture: a web page'
    """
    image_id = hashlib.sha256(data).hexdigest()
    facts: Facts = {"image_id": image_id, "n_bytes": len(data), "reason": None}
    if is_junk(path):
        return Examination({**facts, "reason": "junk"})
    film = None
    try:
        _add_kind(facts, data, path)
        opened = open_film(data)
        _add_header_facts(facts, opened, settings)
        film = opened
        _check_header(film, settings)
        facts["colour"] = colour_of(film)
        grey = decode_strictly(film)
        return Examination(facts | _level_facts(grey, facts["colour"], settings), film, grey)
    except FilmError as error:
        fault = {"reason": error.reason, "detail": safe_detail(error.detail)}
    except Exception as error:  # noqa: BLE001 - whatever a decoder raises, the other files go on
        detail = f"the decoder failed with {type(error).__name__}"
        fault = {"reason": "unreadable", "detail": detail}
    return Examination(facts | fault, film)


def _add_kind(facts: Facts, data: bytes, path: str) -> None:
    """Add whether the file is a container, whatever its name; raise the reason if it is no film."""
    kind = kind_of_bytes(data, path)
    if kind is None or kind.role == "other":
        if not promises_picture(path):
            raise FilmError("not_an_image", kind.name if kind else "")
        if kind is not None:
            raise FilmError("unreadable", f"no picture: {kind.name}")
    else:
        facts["is_container"] = kind.role == "container"
        _check_kind(kind, path, data)


def _check_kind(kind: Kind, path: str, data: bytes) -> None:
    """Refuse a picture that is not read, and one whose name promises something else."""
    if kind.role != "film" and not (kind is BARE_DICOM and is_dicom(data)):
        raise FilmError("unsupported", kind.refusal())
    if not could_be_image(path):
        suffix = path.rpartition("/")[2].rpartition(".")[2]
        raise FilmError("unsupported", f"{kind.name} whose name ends with {suffix}; rename it")


def _add_header_facts(facts: Facts, film: Film, settings: ExaminationSettings) -> None:
    """Add the facts of the header; a film that is refused later keeps them."""
    salt = settings.patient_salt
    key = patient_key(film, salt or "")  # read in any case, so that the same files are refused
    facts |= {
        "width": film.width,
        "height": film.height,
        "mode": film.mode,
        "bit_depth": bit_depth(film.mode),
        "format": film.format,
        "patient_id": None if salt is None else without_stand_in(key, salt),
    }
    facts |= file_facts(film.data, film)


def _check_header(film: Film, settings: ExaminationSettings) -> None:
    """Refuse a film for its size, bits or view before a pixel of it is decoded."""
    if min(film.width, film.height) < settings.min_side_px:
        raise FilmError("too_small", f"{film.width} x {film.height} px")
    if bit_depth(film.mode) == 1:
        raise FilmError("mask", "1 bit per pixel")
    if film.image is None:
        from tasks.core.film import dicom

        if view := dicom.lateral_view(film.data):
            raise FilmError("not_frontal", f"ViewPosition {view}")


def _level_facts(grey: Image.Image, colour: float, settings: ExaminationSettings) -> Facts:
    """Number of grey levels, and the reason and the detail if the pixels are those of no film."""
    histogram = grey.histogram()
    n_levels = sum(count > 0 for count in histogram)
    reason, detail = _fault_of_pixels(histogram, n_levels, colour, settings)
    return {"n_levels": n_levels, "reason": reason, "detail": detail}


def _fault_of_pixels(
    histogram: list[int], n_levels: int, colour: float, settings: ExaminationSettings
) -> tuple[str | None, str | None]:
    """Reason and detail; both None for a film."""
    if n_levels == 1:
        return "constant", f"grey level {histogram.index(max(histogram))} everywhere"
    share = two_level_share(histogram)
    if n_levels == 2:
        return "mask", "2 grey levels"
    if share > _MASK_SHARE:
        return "mask", f"{share:.0%} of the pixels near 2 grey levels"
    if colour > settings.max_colour:
        return "colour_photograph", f"channels {colour:.0f} grey levels apart"
    if n_levels <= _FEW_LEVELS:
        return "few_levels", f"{n_levels} grey levels"
    return None, None
