"""Why a file cannot be used as a film, and the limit that every decoder keeps."""

import struct

MAX_PIXELS = 100_000_000  # 10,000 x 10,000: four times the largest radiography detector
# What decoders raise on damaged bytes; a bug of ours that raises one of them still fails a test
DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
    struct.error,
)


class FilmError(Exception):
    """A file cannot be used as a film.

    Args:
        reason: Reason code of the manifest: `unreadable`, `truncated`, `bomb` or `bit_depth`.
        detail: What the decoder said; of DICOM files never a text that the file holds.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        super().__init__(reason, detail)


def film_error(error: Exception) -> FilmError:
    """Reason and words of what a decoder raised."""
    said = str(error) or type(error).__name__
    return FilmError("truncated" if "truncated" in said.lower() else "unreadable", said)
