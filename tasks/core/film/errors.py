"""FilmError, the reasons for it, and the size limit of every decoder."""

import struct

MAX_PIXELS = 100_000_000  # 10,000 x 10,000: four times the largest radiography detector
# Exceptions that decoders raise on damaged bytes. A bug of ours that raises one still fails a test.
DECODER_ERRORS = (
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
        detail: Message of the decoder. For DICOM it never contains text from the file.
    """

    def __init__(self, reason: str, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(reason, detail)


def film_error(error: Exception) -> FilmError:
    """Turn an exception of a decoder into a FilmError."""
    message = str(error) or type(error).__name__
    return FilmError("truncated" if "truncated" in message.lower() else "unreadable", message)
