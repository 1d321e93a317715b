"""What each attribute of a picture file that concerns grey values means here.

An attribute is used, or ignored for a reason, or the film is refused with its name. Facts of the
container must not change a pixel: in Kaggle's set they reveal the label. So profiles, gamma and
resolution are ignored on purpose.
"""

from collections.abc import Mapping
from typing import Any

from PIL import Image

from tasks.core.film.errors import FilmError

# Source: PNG specification, third edition (W3C, 2025), section 11; TIFF 6.0; ITU-T T.872 (Adobe
# marker of JPEG); the BMP headers of Windows; RFC 9649 (WebP)
FILE_ATTRIBUTES: dict[str, dict[str, str]] = {
    "PNG": {
        "IHDR bit depth": "used: 2, 4 and 8 keep their levels, 16 see grey_of_values; 1 is a mask",
        "IHDR colour type": "used: all",
        "PLTE": "used; refused: palette colours without it",
        "tRNS": "used: transparent pixels are black and no part of the range",
        "sBIT": "ignored: the range of the values shows how many bits are used",
        "gAMA, cHRM, sRGB, iCCP, cICP": "ignored: facts of the container",
        "mDCV, cLLI": "ignored: they describe a display",
        "bKGD": "ignored: transparent pixels are black in every format",
        "pHYs": "ignored: a converter's default more often than the size of a pixel",
        "hIST, sPLT": "ignored: they suggest colours for other displays",
        "eXIf": "used: the orientation only",
        "acTL, fcTL, fdAT": "ignored: the first picture is the film",
    },
    "TIFF": {
        "PhotometricInterpretation": "used: 0, 1, 2, 3, 5, 6; refused: others, and if it is absent",
        "BitsPerSample": "used: 2, 4, 8, 12 and 16; refused: others; 1 is a mask",
        "SampleFormat": "used: 1; refused: signed values and floats, whose range is not stated",
        "ExtraSamples": "used: alpha is put on black; other samples are ignored",
        "FillOrder, PlanarConfiguration": "used; refused: separate planes of 16 bits",
        "ColorMap": "used",
        "Orientation": "used",
        "NewSubfileType": "refused: a transparency mask as the first picture",
        "GrayResponseCurve, TransferFunction": "ignored: calibration, as a profile is",
        "MinSampleValue, MaxSampleValue, SMinSampleValue, SMaxSampleValue":
            "ignored: for statistics only, says TIFF 6.0",
        "XResolution, YResolution": "ignored: as pHYs in PNG",
        "ICCProfile": "ignored: a fact of the container",
    },
    "JPEG": {
        "Adobe marker": "used: RGB, YCbCr, inverted CMYK and YCCK; refused: CMYK without it",
        "sample precision": "used: 8; refused: 12 and 16",
        "JFIF density, ICC profile": "ignored: facts of the container",
        "EXIF": "used: the orientation only",
    },
    "BMP": {
        "bit count": "used: 4, 8, 16, 24, 32; 1 is a mask",
        "alpha mask": "used: transparent pixels are black",
        "gamma, end points, profile": "ignored: facts of the container",
    },
    "WEBP": {
        "ALPH": "used: transparent pixels are black",
        "ANIM background": "ignored: the first picture is the film",
        "ICCP": "ignored: a fact of the container",
        "EXIF": "used: the orientation only",
    },
}  # fmt: skip

_TAGS = {
    262: "PhotometricInterpretation", 258: "BitsPerSample", 339: "SampleFormat",
    338: "ExtraSamples", 266: "FillOrder", 259: "Compression",
}  # fmt: skip
_PHOTOMETRIC, _PLANES, _SUBFILE = 262, 284, 254
_LAB = 8


def check_picture(image: Image.Image) -> None:
    """Refuse a picture whose grey values would be read wrongly.

    Raises:
        FilmError: `unreadable`, with the name of the attribute.
    """
    if image.format == "TIFF":
        _check_tiff(image.tag_v2, image.mode)  # type: ignore[attr-defined]
    elif image.format in ("JPEG", "MPO") and image.mode == "CMYK" and "adobe" not in image.info:
        raise FilmError("unreadable", "CMYK without an Adobe marker: it may or may not be inverted")


def values_in_words(image: Image.Image | None, mode: str) -> str:
    """Name what defines the values of a picture: the tags of a TIFF, or Pillow's mode."""
    tags = getattr(image, "tag_v2", None)
    return f"mode {mode}" if tags is None else tiff_words(tags)


def tiff_words(tags: Mapping[int, Any]) -> str:
    """Name the tags that define the values of a TIFF: numbers only, no text of the file."""
    named = []
    for tag, name in _TAGS.items():
        value = tags.get(tag)
        if isinstance(value, int):
            named.append(f"{name} {value}")
        elif isinstance(value, tuple) and all(isinstance(part, int) for part in value):
            named.append(f"{name} {', '.join(str(part) for part in value[:8])}")
    return "; ".join(named) or "no readable tags"


def _check_tiff(tags: Mapping[int, Any], mode: str) -> None:
    photometric = tags.get(_PHOTOMETRIC)
    if photometric is None:
        raise FilmError("unreadable", "TIFF without PhotometricInterpretation: white may be 0")
    if photometric == _LAB:
        raise FilmError("unreadable", f"TIFF with PhotometricInterpretation {_LAB} (CIELab)")
    if int(tags.get(_SUBFILE, 0)) & 4:
        raise FilmError("unreadable", "TIFF with NewSubfileType 4: a transparency mask")
    wide = max(tags.get(258, (1,))) > 8
    if wide and (mode == "CMYK" or (tags.get(_PLANES, 1) == 2 and mode in ("RGB", "RGBA"))):
        raise FilmError(
            "unreadable", f"TIFF with PlanarConfiguration 2 or inks; {tiff_words(tags)}"
        )
