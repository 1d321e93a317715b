"""What each DICOM attribute that concerns grey values means here.

An attribute is used, or ignored for a reason, or the film is refused with its name. Messages hold
names of attributes and values of the standard only, never text of the file.
"""

from typing import TYPE_CHECKING

from tasks.core.film.errors import FilmError

if TYPE_CHECKING:
    from pydicom import Dataset

# Source: DICOM PS3.3, C.7.6.3 (image pixel), C.7.6.1 (general image), C.7.5.1 (padding), C.11.1
# (modality), C.11.2 (VOI), C.11.6 (presentation LUT), C.8.11.3 (DX image), C.7.6.16 (functional
# groups)
DICOM_ATTRIBUTES = {
    "SamplesPerPixel": "used: 1 or 3",
    "PhotometricInterpretation": "used: GREY and COLOUR; refused: palette and others",
    "Rows": "used", "Columns": "used", "NumberOfFrames": "used: the first frame is the film",
    "BitsAllocated": "used: 8 and 16 in grey, 8 in colour; others are refused as bit_depth",
    "BitsStored": "used", "HighBit": "used: bits outside those stored, such as overlays, are cut",
    "PixelRepresentation": "used: 0 and 1",
    "PlanarConfiguration": "used",
    "PixelAspectRatio": "refused unless square", "PixelSpacing": "refused unless square",
    "ImagerPixelSpacing": "refused unless square",
    "NominalScannedPixelSpacing": "refused unless square",
    "PixelPaddingValue": "used: black in either polarity, and no part of the range",
    "PixelPaddingRangeLimit": "used with PixelPaddingValue",
    "SmallestImagePixelValue": "ignored: the pixels are counted; programs forget to update it",
    "LargestImagePixelValue": "ignored: as SmallestImagePixelValue",
    "RescaleSlope": "used, a negative one too; refused: 0", "RescaleIntercept": "used",
    "RescaleType": "ignored: a unit", "ModalityLUTSequence": "used instead of the rescale",
    "VOILUTSequence": "used: the first table, before any window",
    "WindowCenter": "used: the first window; without one, value_range.shown_range",
    "WindowWidth": "used with WindowCenter; a window without width is ignored",
    "VOILUTFunction": "used: LINEAR, LINEAR_EXACT, SIGMOID; refused: others",
    "WindowCenterWidthExplanation": "ignored: text",
    "PresentationLUTShape": "refused if it contradicts PhotometricInterpretation: viewers differ",
    "PresentationLUTSequence": "refused: it belongs to a presentation state, not to a film",
    "PresentationIntentType": "refused: FOR PROCESSING, whose values are not made to be seen",
    "PixelIntensityRelationship": "ignored: PhotometricInterpretation states the polarity",
    "PixelIntensityRelationshipSign": "ignored: as PixelIntensityRelationship",
    "RedPaletteColorLookupTableDescriptor": "refused: colours on a grey film",
    "SegmentedRedPaletteColorLookupTableData": "refused: colours on a grey film",
    "FloatPixelData": "refused: floats state no range",
    "DoubleFloatPixelData": "refused: floats state no range",
    "PixelDataProviderURL": "refused: the pixels are elsewhere",
    "PixelData": "used",
    "SharedFunctionalGroupsSequence": "refused: windows and rescale for each frame",
    "MaskSubtractionSequence": "refused: the film is a difference of frames",
    "RealWorldValueMappingSequence": "ignored: quantities, not grey levels",
    "LossyImageCompression": "ignored: a fact of the container",
    "ICCProfile": "ignored: a fact of the container", "ColorSpace": "ignored: as ICCProfile",
    "OverlayData": "ignored: graphics beside the pixels",
    "ShutterShape": "ignored: a viewer hides pixels with it and does not change them",
}  # fmt: skip

GREY = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
_NAMED = (
    "PALETTE COLOR", "HSV", "ARGB", "CMYK", "YBR_PARTIAL_420", "YBR_PARTIAL_422", "XYB",
)  # fmt: skip
_REQUIRED = (
    "SamplesPerPixel", "PhotometricInterpretation", "Rows", "Columns", "BitsAllocated",
    "BitsStored", "PixelRepresentation",
)  # fmt: skip
_ABSENT = (
    "PresentationLUTSequence", "RedPaletteColorLookupTableDescriptor",
    "SegmentedRedPaletteColorLookupTableData", "FloatPixelData", "DoubleFloatPixelData",
    "PixelDataProviderURL", "SharedFunctionalGroupsSequence", "MaskSubtractionSequence",
)  # fmt: skip
_SPACINGS = ("PixelAspectRatio", "PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")
_SQUARE = 0.01  # share by which the sides of a pixel may differ
_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
_SHAPES = {"MONOCHROME1": "INVERSE", "MONOCHROME2": "IDENTITY"}

CHECKED = (
    *_REQUIRED, *_ABSENT, *_SPACINGS, "VOILUTFunction", "PresentationLUTShape",
    "PresentationIntentType",
)  # fmt: skip


def check_kind(film: "Dataset") -> None:
    """Refuse a file whose pixels are not those of one grey or RGB film.

    Raises:
        FilmError: `unreadable`, with the name of the attribute.
    """
    for keyword in _ABSENT:
        if film.get(keyword) not in (None, ""):
            _refuse(keyword, DICOM_ATTRIBUTES[keyword].removeprefix("refused: "))


def check_attributes(film: "Dataset") -> None:
    """Refuse a film whose grey values would be shown wrongly.

    Args:
        film: The elements CHECKED of a DICOM file.

    Raises:
        FilmError: `unreadable`, with the name of the attribute.
    """
    for keyword in _REQUIRED:
        if film.get(keyword) in (None, ""):
            _refuse(keyword, "missing")
    if not 1 < film.BitsStored <= film.BitsAllocated:
        _refuse("BitsStored", f"{film.BitsStored:d} of {film.BitsAllocated:d} allocated")
    if film.PixelRepresentation not in (0, 1):
        _refuse("PixelRepresentation", "neither 0 nor 1")
    if film.get("PresentationIntentType") == "FOR PROCESSING":
        _refuse("PresentationIntentType", "FOR PROCESSING: the values are not made to be seen")
    if film.get("VOILUTFunction") not in (None, "", *_FUNCTIONS):
        _refuse("VOILUTFunction", f"not {', '.join(_FUNCTIONS)}")
    _check_interpretation(film)
    for keyword in _SPACINGS:
        _check_square(film, keyword)


def _check_interpretation(film: "Dataset") -> None:
    stated = film.PhotometricInterpretation
    if stated not in (GREY if film.SamplesPerPixel == 1 else COLOUR):
        known = stated if stated in (*_NAMED, *GREY, *COLOUR) else "(unknown)"
        _refuse("PhotometricInterpretation", f"{known}; films are {', '.join(GREY + COLOUR)}")
    shape = film.get("PresentationLUTShape")
    if stated in _SHAPES and shape not in (None, "", _SHAPES[stated]):
        _refuse("PresentationLUTShape", f"not {_SHAPES[stated]}, as {stated} asks for")


def _check_square(film: "Dataset", keyword: str) -> None:
    sides = film.get(keyword)
    if sides is None or isinstance(sides, str | float | int) or len(sides) != 2:
        return
    along, across = float(sides[0]), float(sides[1])
    if min(along, across) > 0 and abs(along / across - 1) > _SQUARE:
        _refuse(keyword, f"pixels of {along:g} x {across:g} are not square")


def _refuse(keyword: str, found: str) -> None:
    raise FilmError("unreadable", f"DICOM {keyword}: {found}")
