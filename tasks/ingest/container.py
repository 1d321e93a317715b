"""Facts of the file around a film: how it was compressed and what else it carries.

None of them may reach a model. They are kept because they often tell the class (on Kermany's set
the colour profile does so perfectly), and the shortcut audit measures how well.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tasks.film import DICOM, Film

EXIF_DIRECTORY = 0x8769  # the TIFF tag that points to EXIF

# Source: ITU-T T.81 (1992), Table K.1, luminance, row by row
_LUMINANCE = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ]
).ravel()


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
        from tasks import dicom

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


def jpeg_quality(table: list[int]) -> int:
    """Quality at which libjpeg would have written a luminance table.

    The mean ratio to Table K.1 differs by 0.0036 and more between any two qualities, which makes
    the answer exact for libjpeg's tables; others (Photoshop's and cameras' own) get the quality
    of the nearest mean ratio.

    Args:
        table: 64 divisors, row by row.

    Returns:
        1 to 100.

    Source:
        Scaling: Independent JPEG Group, libjpeg 6b, `jpeg_quality_scaling` in jcparam.c.
    """
    distances = np.abs(_RATIOS - (np.asarray(table) / _LUMINANCE).mean())
    return 1 + int(np.argmin(distances))


def libjpeg_table(quality: int) -> NDArray[np.int64]:
    """Luminance table of libjpeg: (64,) int64 in [1, 255], row by row, quality 1 to 100."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    table: NDArray[np.int64] = np.clip((_LUMINANCE * percent + 50) // 100, 1, 255)
    return table


_RATIOS = np.array([(libjpeg_table(quality) / _LUMINANCE).mean() for quality in range(1, 101)])


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
