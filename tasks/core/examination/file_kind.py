"""Tell from the first bytes of a file what it is. The suffix of its name is only a hint."""

import re
import struct
from dataclasses import dataclass
from typing import Literal

from tasks.core.examination.file_names import is_image

Role = Literal["film", "picture", "container", "other"]
_PNG = "convert it to PNG"
_16_BITS = "export it as a PNG or TIFF of 16 bits"


@dataclass(frozen=True)
class Kind:
    """What the bytes of a file are.

    name: In words, with an article.
    role: `film`: a format that is read. `picture`: a picture that is not read. `container`: a file
        that may hold films, but need not. `other`: no picture.
    advice: What makes a film of it.
    """

    name: str
    role: Role
    advice: str = ""

    def refusal(self) -> str:
        """Why the file is not used, and what to do."""
        return f"{self.name}, which is not read; {self.advice}"


DICOM_FILE = Kind("a DICOM file", "film")
BARE_DICOM = Kind(
    "a DICOM data set without preamble", "picture", "write it again as a DICOM file (PS3.10)"
)
DICOM_WITHOUT_PICTURE = Kind("a DICOM file that holds no picture", "other")

# First bytes of a file, as a regular expression, and what the file is; the first match counts
_MAGIC: tuple[tuple[bytes, Kind], ...] = (
    (rb"\xff\xd8\xff", Kind("a JPEG", "film")),
    (rb"\x89PNG\r\n\x1a\n", Kind("a PNG", "film")),
    (rb"RIFF....WEBP", Kind("a WebP", "film")),
    (rb"(?:II[*+]\0|MM\0[*+])", Kind("a TIFF", "film")),
    # size of file, two zeros, offset of the pixels, size of one of the known headers
    (rb"BM.{4}\0{4}.{4}[\x0c\x28\x34\x38\x40\x6c\x7c]\0{3}", Kind("a BMP", "film")),
    (rb"GIF8[79]a", Kind("a GIF", "picture", _PNG)),
    (rb"....ftyp(?:avif|avis)", Kind("an AVIF", "picture", _PNG)),
    (rb"....ftyp(?:hei|hev|mif1|msf1)", Kind("a HEIC", "picture", _PNG)),
    (rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51", Kind("a JPEG 2000", "picture", _PNG)),
    (rb"\0\0\0\x0cJXL \r\n\x87\n|\xff\x0a", Kind("a JPEG XL", "picture", _PNG)),
    (rb"II\xbc\x01", Kind("a JPEG XR", "picture", _PNG)),
    (rb"8BPS", Kind("a Photoshop file", "picture", _PNG)),
    (rb"P[1-7]\s+[#\dW]", Kind("a Netpbm picture (PGM, PPM)", "picture", _PNG)),
    (rb"\x76\x2f\x31\x01", Kind("an OpenEXR", "picture", _16_BITS)),
    (rb"NRRD000", Kind("an NRRD volume", "picture", _16_BITS)),
    (rb"(?:ObjectType|NDims) *=", Kind("a MetaImage", "picture", _16_BITS)),
    (rb"SIMPLE  =", Kind("a FITS picture", "picture", _16_BITS)),
    (rb"(?s:.{344})n[i+]1\0", Kind("a NIfTI volume", "picture", _16_BITS)),
    (rb"%PDF-", Kind("a PDF document", "container", "export its films as PNG")),
    (rb"%!PS|\xc5\xd0\xd3\xc6", Kind("a PostScript document", "container", _PNG)),
    (rb"\x93NUMPY", Kind("a NumPy array", "container", _16_BITS)),
    (rb"\x89HDF\r\n\x1a\n", Kind("an HDF5 file", "container", _16_BITS)),
    (rb"MATLAB 5\.0", Kind("a MATLAB file", "container", _16_BITS)),
    (rb"7z\xbc\xaf\x27\x1c", Kind("a 7z archive", "container", "unpack it")),
    (rb"Rar!\x1a\x07", Kind("a RAR archive", "container", "unpack it")),
    (rb"\x1f\x8b", Kind("a gzip file", "container", "unpack it")),
    (rb"(?s:.{257})ustar", Kind("a tar archive", "container", "unpack it")),
    (rb"(?i:\s*(?:<!doctype html|<html))", Kind("a web page", "other")),
    (rb"version https://git-lfs", Kind("a Git LFS pointer in place of the file", "other")),
)
_COMPILED = tuple((re.compile(pattern, re.DOTALL), kind) for pattern, kind in _MAGIC)
_EMPTY = Kind("an empty file", "other")
_ZEROS = Kind("zero bytes only", "other")
_ZIP = Kind("a zip archive inside the folder", "container", "give it by itself, or unpack it")
# Storage classes without pixels (PS3.4, B.5): directories, reports, presentation states, documents
_NO_PICTURE_CLASS = re.compile(
    rb"1\.2\.840\.10008\.(?:1\.3\.10|5\.1\.4\.1\.1\.(?:88|11|9|104|66|481)(?:\.|\0|$))"
)
# Suffixes of pictures that the layouts do not know, of formats that are read and of others
_PICTURE_SUFFIXES = frozenset(
    {
        "jfif", "jpe", "jif", "pjpeg", "pjp", "dib", "ima", "dic", "dc3", "acr", "gif", "heic",
        "heif", "avif", "jp2", "j2k", "jpx", "jpf", "jxl", "jxr", "psd", "pgm", "ppm", "pnm", "nii",
        "nrrd", "mha", "mhd", "exr", "fits",
    }
)  # fmt: skip
_VRS = frozenset(
    b"AE AS AT CS DA DS DT FD FL IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR "
    b"US UT UV".split()
)


def kind_of_bytes(data: bytes, path: str) -> Kind | None:
    """What the bytes of a file are.

    Args:
        data: All bytes of the file.
        path: Its path; it tells a zip of films from a document that is a zip inside (.xlsx).

    Returns:
        The kind, or None if the bytes are of no known kind.

    Source:
        The signatures are those of the formats' specifications; DICOM: PS3.10, 7.1.

    Example:
        >>> kind_of_bytes(b"GIF89a...", "NORMAL/1.png").refusal()
        'a GIF, which is not read; convert it to PNG'
    """
    if not data:
        return _EMPTY
    if data[128:132] == b"DICM":
        return DICOM_WITHOUT_PICTURE if _holds_no_picture(data) else DICOM_FILE
    if _starts_a_data_set(data):
        return BARE_DICOM
    head = data[:512]
    for pattern, kind in _COMPILED:
        if pattern.match(head):
            return kind
    if head.startswith(b"PK\x03\x04") and path.lower().endswith(".zip"):
        return _ZIP
    return None if any(head) else _ZEROS


def promises_picture(path: str) -> bool:
    """Whether the suffix is that of a picture, read or not."""
    return is_image(path) or path.rpartition(".")[2].lower() in _PICTURE_SUFFIXES


def _holds_no_picture(data: bytes) -> bool:
    """Whether the meta group names a storage class without pixels."""
    place = data.find(b"\x02\0\x02\0UI", 132, 512)  # Media Storage SOP Class UID, (0002,0002)
    if place < 0:
        return False
    length = int.from_bytes(data[place + 6 : place + 8], "little")
    return bool(_NO_PICTURE_CLASS.match(data[place + 8 : place + 8 + length]))


def _starts_a_data_set(data: bytes) -> bool:
    """Whether byte 0 starts an element of group 0002 or 0008, as pydicom's forced reading wants."""
    if len(data) < 8:
        return False
    for order in ("<", ">"):
        group, element, length = struct.unpack(f"{order}HHL", data[:8])
        if group in (0x0002, 0x0008) and element <= 0x0120:
            return data[4:6] in _VRS or length <= min(len(data), 256)
    return False
