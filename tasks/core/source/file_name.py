r"""File names that are not UTF-8, written so that tables and pages can hold them.

Linux allows any bytes in a name. Python reads a byte that is no UTF-8 as a lone surrogate, which
cannot be written to a file. It is shown as `\xff` instead, as in many programs.
"""

import os
import re

_SHOWN_BYTE = re.compile(rb"\\x([89a-f][0-9a-f])")


def shown_name(path: str) -> str:
    r"""Path with each byte that is no UTF-8 as `\xff`; other paths stay as they are.

    Args:
        path: As the operating system gives it.

    Example:
        >>> print(shown_name(os.fsdecode(b"films/b\xff.jpeg")), shown_name("films/é.jpeg"))
        films/b\xff.jpeg films/é.jpeg
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def name_on_disk(shown: str) -> str:
    r"""The path whose `shown_name` it is, if one of its bytes was no UTF-8.

    Args:
        shown: From `shown_name`.
    """
    data = _SHOWN_BYTE.sub(lambda byte: bytes.fromhex(byte[1].decode()), os.fsencode(shown))
    return os.fsdecode(data)
