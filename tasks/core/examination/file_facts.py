"""Facts of the file that holds a film: its compression and its metadata.

No model may see them. They are listed because they often tell the class: in Kermany's set, the
colour profile alone does so perfectly. The shortcut audit of `validate` measures how well.
"""

import hashlib
from typing import Any

import numpy as np
from PIL import Image

from tasks.core.film.decode import DICOM, Film
from tasks.core.film.quantisation import jpeg_quality

EXIF_DIRECTORY = 0x8769  # the TIFF tag that points to EXIF


def file_facts(data: bytes, film: Film) -> dict[str, Any]:
    """Facts of an opened file. No pixel is decoded.

    Args:
        data: Bytes of the file.
        film: From `open_film`, not yet decoded. EXIF that a PNG stores behind its pixels is not
            found.

    Returns:
        jpeg_quality: 1 to 100 on libjpeg's scale, see `jpeg_quality`; None unless JPEG.
        quantisation: First 16 hex digits of the sha256 of the JPEG's quantisation tables; None
            unless JPEG.
        is_progressive: bool; None unless JPEG.
        has_icc_profile, has_exif: bool.
        burned_in: DICOM's BurnedInAnnotation; None where the file has no such field.

    Raises:
        FilmError: The header of a DICOM file cannot be read.
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
    # Do not ask getexif(): it returns all tags of a TIFF, not only those of the EXIF directory
    tags = getattr(image, "tag_v2", {})
    texts = ("exif", "Raw profile type exif")  # the second: older programs write it into a PNG
    return any(image.info.get(text) for text in texts) or EXIF_DIRECTORY in tags


def _quality_of(image: Image.Image, tables: dict[int, list[int]]) -> int | None:
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    table = tables.get(layers[0][3]) if layers else None  # the first component is the luminance
    return jpeg_quality(table) if table else None


def _hash_of(tables: dict[int, list[int]]) -> str | None:
    if not tables:
        return None
    state = hashlib.sha256()
    for number in sorted(tables):
        state.update(np.array(tables[number], dtype=">u2").tobytes())
    return state.hexdigest()[:16]
