"""Codes of the report: of SNOMED CT and DICOM where there is one, else of a scheme of our own."""

from typing import TYPE_CHECKING

from tasks.screen.dicom.answer_words import as_ascii

if TYPE_CHECKING:
    from highdicom.sr import CodedConcept

OUR_SCHEME = "99LUNGLINE"  # PS3.16, 8.2: private schemes begin with 99
SCHEME_NAME = "Lungline, research software"
_MOST_MEANING = 64  # characters of a code's meaning (LO, PS3.5, 6.2)
# Classes with a SNOMED CT concept. Source: SNOMED CT International Edition
_CLASSES = {
    "NORMAL": ("17621005", "Normal"),
    "PNEUMONIA": ("233604007", "Pneumonia"),
    "VIRAL PNEUMONIA": ("75570004", "Viral pneumonia"),
    "BACTERIAL PNEUMONIA": ("53084003", "Bacterial pneumonia"),
    "COVID": ("840539006", "COVID-19"),
}


def our_code(value: str, meaning: str) -> "CodedConcept":
    """A code of our own scheme.

    Args:
        value: Up to 16 characters are a code value, more are a long one.
        meaning: The words; cut at 64 characters.
    """
    from highdicom.sr import CodedConcept

    return CodedConcept(as_ascii(value), OUR_SCHEME, as_ascii(meaning)[:_MOST_MEANING])


def class_code(name: str) -> "CodedConcept":
    """Code of a class of the network."""
    from highdicom.sr import CodedConcept

    if name in _CLASSES:
        value, meaning = _CLASSES[name]
        return CodedConcept(value, "SCT", meaning)
    return our_code(name, name)


def yes_or_no(answer: bool) -> "CodedConcept":
    """Source: DICOM PS3.16, CID 230 (yes, no)."""
    from highdicom.sr import CodedConcept

    value, meaning = ("373066001", "Yes") if answer else ("373067005", "No")
    return CodedConcept(value, "SCT", meaning)
