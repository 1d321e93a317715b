"""Facts of the file around a film: how it was compressed and what else it carries.

None of them may reach a model. They are kept because they often tell the class (on Kermany's set
the colour profile does so perfectly), and the shortcut audit measures how well.
"""

import hashlib
from typing import Any

import numpy as np
from PIL import Image

from tasks.core.film.decode import DICOM, Film
from tasks.core.film.quantisation import jpeg_quality

EXIF_DIRECTORY = 0x8769  # the TIFF tag that points to EXIF


def container_facts(data: bytes, film: Film) -> dict[str, Any]:
    """Facts of an opened file; none of its pixels is decoded.

    Args:
        data: Bytes of the file.
        film: From `open_film`, not yet decoded (a PNG may carry EXIF behind its pixels, which
            is not looked for).

    Returns:
        jpeg_quality: 1 to 100 on libjpeg's scale, see `jpeg_quality`; None unless JPEG.
        quantisation: First 16 hex digits of the sha256 of the JPEG's quantisation tables; None
            unless JPEG.
        is_progressive: None unless JPEG.
        has_icc_profile, has_exif: bool.
        burned_in: DICOM's BurnedInAnnotation, None where it is not said.

    Raises:
        FilmError: A DICOM file's header cannot be read.
    """
    if film.format == DICOM or film.image is None:
        from tasks.core.film import dicom

        return _facts(has_icc_profile=dicom.has_icc_profile(data), burned_in=dicom.burned_in(data))
    info = film.image.info
    facts = _facts(has_icc_profile=bool(info.get("icc_profile")), has_exif=_has_exif(film.image))
    if film.format == "JPEG":
        tables: dict[int, list[int]] = getattr(film.image, "quantization", {})
        facts |= {
            "jpeg_quality": _quality_of(film.image, tables),
            "quantisation": _hash_of(tables),
            "is_progressive": bool(info.get("progressive", False)),
        }
    return facts


def _facts(**known: bool | None) -> dict[str, Any]:
    unknown = {"jpeg_quality": None, "quantisation": None, "is_progressive": None}
    return {**unknown, "has_icc_profile": False, "has_exif": False, "burned_in": None, **known}


def _has_exif(image: Image.Image) -> bool:
    # Pillow's getexif() holds every tag of a TIFF: of those only EXIF's own directory counts
    tags = getattr(image, "tag_v2", {})
    texts = ("exif", "Raw profile type exif")  # the second: how older programs put it into a PNG
    return any(image.info.get(text) for text in texts) or EXIF_DIRECTORY in tags


def _quality_of(image: Image.Image, tables: dict[int, list[int]]) -> int | None:
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    table = tables.get(layers[0][3]) if layers else None  # the first component is luminance
    return jpeg_quality(table) if table else None


def _hash_of(tables: dict[int, list[int]]) -> str | None:
    if not tables:
        return None
    state = hashlib.sha256()
    for number in sorted(tables):
        state.update(np.array(tables[number], dtype=">u2").tobytes())
    return state.hexdigest()[:16]
