"""The capture as a DICOM Secondary Capture image in the study of the film."""

from datetime import datetime
from typing import TYPE_CHECKING

from tasks.screen.dicom.answer_words import RESEARCH_USE, as_ascii
from tasks.screen.dicom.capture_picture import CAPTURE_PX, Capture
from tasks.screen.dicom.film_header import FilmHeader, add_elements
from tasks.screen.dicom.report_content import AnsweredFilm
from tasks.screen.dicom.structured_report import add_equipment, add_times

if TYPE_CHECKING:
    from pydicom import Dataset

_SERIES = 9902
# Transfer syntaxes that lose detail, and the method's name. Source: DICOM PS3.3, C.7.6.1.1.5.1
_LOSSY = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
}


def secondary_capture(film: AnsweredFilm, capture: Capture, scored_at: datetime) -> "Dataset":
    """Make the image that shows the film with the heat and the words.

    BurnedInAnnotation is what the film states: the words that we burn in name no patient, but the
    film's own pixels may (PS3.3, C.7.6.1.1: the attribute is about the identity of the patient).

    Args:
        film: A screened film.
        capture: Its picture.
        scored_at: When the network answered.

    Returns:
        Secondary Capture image, RGB, not compressed, with its file meta information.
    """
    from pydicom import Dataset
    from pydicom.uid import SecondaryCaptureImageStorage

    image = Dataset()
    image.SOPClassUID, image.SOPInstanceUID = SecondaryCaptureImageStorage, film.uid("capture")
    image.SeriesInstanceUID = film.uid("capture series")
    image.SeriesNumber, image.InstanceNumber = _SERIES, 1
    image.SeriesDescription = f"{RESEARCH_USE}: film with heat"
    image.Modality, image.ConversionType = "OT", "WSD"  # a workstation made it
    image.ImageType = ["DERIVED", "SECONDARY"]
    image.PatientOrientation = None  # unknown, unless the film states it
    add_equipment(image, film)
    add_elements(image, film.header.identity)
    add_elements(image, film.header.picture)
    if "BodyPartExamined" not in image and "Laterality" not in image:
        image.Laterality = None  # type 2C: a body part that is not known may be a paired one
    add_times(image, film.header, scored_at)
    image.ContentDate = image.DateOfSecondaryCapture = image.SeriesDate
    image.ContentTime = image.TimeOfSecondaryCapture = image.SeriesTime
    _add_source(image, film)
    image.DerivationDescription = _derivation(film, capture)
    _add_losses(image, film.header, capture)
    _add_pixels(image, capture)
    return image


def _derivation(film: AnsweredFilm, capture: Capture) -> str:
    width, height = capture.film_px
    return as_ascii(
        f"Film of {width} x {height} px, 8 bits, scaled to {CAPTURE_PX} px on its longer side;"
        f" heat map of the network {film.screened.model} in colour; words burned in. {RESEARCH_USE}"
    )


def _add_source(image: "Dataset", film: AnsweredFilm) -> None:
    """Refer to the film. Source: DICOM PS3.3, C.7.6.1.1.4; PS3.16, CID 7202."""
    from pydicom import Dataset

    purpose = Dataset()
    purpose.CodeValue, purpose.CodingSchemeDesignator = "121322", "DCM"
    purpose.CodeMeaning = "Source image for image processing operation"
    source = Dataset()
    source.ReferencedSOPClassUID = film.header.sop_class_uid
    source.ReferencedSOPInstanceUID = film.header.sop_instance_uid
    source.PurposeOfReferenceCodeSequence = [purpose]
    image.SourceImageSequence = [source]


def _add_losses(image: "Dataset", header: FilmHeader, capture: Capture) -> None:
    """Once lossy, always lossy, also in a derived image (PS3.3, C.7.6.1.1.5)."""
    method = _LOSSY.get(header.transfer_syntax)
    if method is None:
        return
    image.LossyImageCompression = "01"
    if "LossyImageCompressionMethod" not in image or "LossyImageCompressionRatio" not in image:
        width, height = capture.film_px
        ratio = width * height * max(header.n_bits, 8) / 8 / header.n_bytes
        image.LossyImageCompressionMethod = method
        image.LossyImageCompressionRatio = f"{ratio:.2f}"


def _add_pixels(image: "Dataset", capture: Capture) -> None:
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRLittleEndian

    image.Rows, image.Columns = capture.pixels.shape[:2]
    image.SamplesPerPixel, image.PhotometricInterpretation = 3, "RGB"
    image.PlanarConfiguration, image.PixelRepresentation = 0, 0
    image.BitsAllocated, image.BitsStored, image.HighBit = 8, 8, 7
    pixels = capture.pixels.tobytes()
    image.add_new("PixelData", "OB", pixels + bytes(len(pixels) % 2))
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
