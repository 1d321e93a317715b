"""Make DICOM files with pydicom; the patient is invented."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.filewriter import dcmwrite
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

PATIENT = "NOBODY^NEMO"
NUMBER = "PAT-000417"


def dataset(pixels: NDArray[Any], **elements: Any) -> Dataset:
    """Make a data set from grey (H, W), colour (H, W, 3) uint8 or frames (F, H, W) uint16."""
    made = Dataset()
    made.SOPClassUID = ComputedRadiographyImageStorage
    made.SOPInstanceUID = UID("2.25.1")
    made.PatientName = PATIENT
    made.PatientID = NUMBER
    is_colour = pixels.ndim == 3 and pixels.shape[-1] == 3
    height, width = pixels.shape[:2] if is_colour else pixels.shape[-2:]
    made.SamplesPerPixel = 3 if is_colour else 1
    if is_colour:
        made.PlanarConfiguration = 0
    elif pixels.ndim == 3:
        made.NumberOfFrames = len(pixels)
    made.PhotometricInterpretation = "RGB" if is_colour else "MONOCHROME2"
    made.Rows, made.Columns = height, width
    n_bits = 8 * pixels.dtype.itemsize
    made.BitsAllocated, made.BitsStored, made.HighBit = n_bits, n_bits, n_bits - 1
    made.PixelRepresentation = int(np.issubdtype(pixels.dtype, np.signedinteger))
    data = pixels.tobytes()
    made.PixelData = data + bytes(len(data) % 2)
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    if "BitsStored" in elements:
        made.HighBit = made.BitsStored - 1
    return made


def dicom(pixels: NDArray[Any], syntax: str = ExplicitVRLittleEndian, **elements: Any) -> bytes:
    """Make an uncompressed DICOM file."""
    return written(dataset(pixels, **elements), syntax)


def compressed(pixels: NDArray[Any], frame: bytes, syntax: str, **elements: Any) -> bytes:
    """Make a DICOM file with a frame that is already compressed."""
    made = dataset(pixels, **elements)
    made.PixelData = encapsulate([frame])
    made["PixelData"].VR = "OB"
    made["PixelData"].is_undefined_length = True
    return written(made, syntax)


def run_length(pixels: NDArray[Any], **elements: Any) -> bytes:
    """Make a DICOM file that pydicom compresses with run-length encoding."""
    made = dataset(pixels, **elements)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    made.compress(UID("1.2.840.10008.1.2.5"), generate_instance_uid=False)
    return written(made, "1.2.840.10008.1.2.5")


def lookup_table(entries: list[int], first: int, n_bits: int) -> Sequence:
    """Make a modality or VOI lookup table."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(entries), first, n_bits])
    item.add_new("LUTData", "US", entries)
    return Sequence([item])


def written(made: Dataset, syntax: str) -> bytes:
    """Write a data set in a transfer syntax; return the bytes."""
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = UID(syntax)
    buffer = io.BytesIO()
    dcmwrite(
        buffer,
        made,
        implicit_vr=syntax == ImplicitVRLittleEndian,
        little_endian=syntax != "1.2.840.10008.1.2.2",
        enforce_file_format=True,
    )
    return buffer.getvalue()
