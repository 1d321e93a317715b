"""The detail of a rejection as one line of text, for tables and pages.

The text is the same on every machine, and it shows no path of this machine.
"""

import os
import re

_MAX_CHARACTERS = 200
_OBJECT = re.compile(r" ?<[^<>]* at 0x[0-9a-fA-F]+>")  # how Python shows a file in memory
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_PLACE = re.compile(r"\w+://\S+|(?<![\w./\\])(?:~|[A-Za-z]:)?[/\\][^\s'\",;)]+")


def safe_detail(text: str) -> str | None:
    """Make a message of a decoder fit for tables and pages.

    Memory addresses and absolute paths are taken out, characters that cannot be printed become
    spaces, and 200 characters are kept. Call it with text that quotes no patient: of DICOM files
    `tasks.core.film.dicom` lets no such text out.

    Returns:
        The text, or None if nothing is left.

    Example:
        >>> safe_detail("cannot identify image file <_io.BytesIO object at 0x7f2a>")
        'cannot identify image file'
    """
    text = _PLACE.sub("(a path)", _ADDRESS.sub("", _OBJECT.sub("", text)))
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = " ".join(text.split())
    if len(text) > _MAX_CHARACTERS:
        text = f"{text[: _MAX_CHARACTERS - 3].rstrip()}..."
    return text or None


def read_failure(error: OSError, path: str) -> str | None:
    """Why a file of the source could not be read.

    Args:
        error: Raised by `Source.read`.
        path: Path of the file; the manifest has it in another column.
    """
    if error.errno is not None:
        return safe_detail(os.strerror(error.errno).lower())
    return safe_detail(str(error).replace(path, "the file"))
