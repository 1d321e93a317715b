"""What a clinic can do about a file that the network cannot be given, for each reason.

No step but that of a file of the operating system says that nothing is to be done: the file may be
the film of a sick child.
"""

from collections.abc import Mapping

from tasks.core.network.screened_film import NO_FILM

_LOOK = "open the file: if it shows a chest, read it, and export it again from the X-ray machine"
_AGAIN = "send or copy the file again; if it stays damaged, take the film again"

NEXT_STEPS: Mapping[str, str] = {
    "unreadable": _AGAIN,
    "truncated": _AGAIN,
    "unsupported": "open the file, read it, and export it as DICOM, PNG or JPEG",
    "bomb": "open the file: if it is a film, export it with less than 10,000 px on a side",
    "bit_depth": "read the film, and export it with 8 or 16 bits",
    "too_small": "read the film on the X-ray machine, and export it in full size",
    "constant": "look at the film on the X-ray machine; if it is blank there, take it again",
    "few_levels": "read the film, and export it with its full range of grey levels",
    "colour_photograph": "open the file: if it is a photograph of a film, read that film",
    "mask": "open the file: if it is a film, read it, and export it with its full range of grey"
    " levels",
    "not_frontal": "read this lateral view with its frontal film: the network knows frontal films"
    " only",
    "not_an_image": "open the file: if it holds films, export them as DICOM, PNG or JPEG",
    "junk": NO_FILM,
}
# Words of a detail, and the step that fits them better than that of the reason; the first counts
_OF_DETAIL = (
    ("by its content", _LOOK),
    ("password", "unpack the archive with its password, and name the folder"),
    ("encrypted", "unpack the archive with its password, and name the folder"),
    ("permission", "give yourself the right to read the file, then run the command again"),
    ("link", "put the file itself in place of the link"),
    ("rename it", "rename the file after what it is, then run the command again"),
    ("give it by itself", "give the zip by itself, or unpack it and name the folder"),
    ("unpack it", "unpack the archive, and name the folder"),
    ("transfer syntax", "read the film, and send it without compression"),
    (
        "modulenotfounderror",
        "read the film; for DICOM, `pip install pydicom imagecodecs`",
    ),
    ("larger than", "read the film, and export it smaller"),
)


def clinic_step(reason: str, detail: str | None) -> str:
    """What a clinic can do about a rejected file.

    Args:
        reason: Code of `tasks.core.reasons`.
        detail: What is wrong; None if the reason says it all.

    Example:
        >>> clinic_step("unsupported", "a 7z archive, which is not read; unpack it")
        'unpack the archive, and name the folder'
    """
    words = (detail or "").lower()
    for word, step in _OF_DETAIL:
        if word in words:
            return step
    return NEXT_STEPS.get(reason, _LOOK)
