"""Read the files of a search, so that a damaged one is named and no traceback is shown."""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import ParamsError, TableError
from tasks.core.json_form import Form, read_form

_UNREADABLE = (
    *(OSError, ValueError, TypeError, EOFError, KeyError),
    *(zipfile.BadZipFile, zlib.error),
)


def read_checked(path: Path, form: Form, next_step: str) -> Any:
    """Read a JSON file whose content has a form, as in `tasks.core.json_form.read_form`.

    Args:
        path: The file.
        form: Its form.
        next_step: What to do about a damaged file.

    Raises:
        ParamsError: The file cannot be read, or has another form.
    """
    try:
        return read_form(path, form)
    except TableError as error:
        raise damaged(path, error.found, next_step) from error
    except OSError as error:
        raise damaged(path, error.strerror or str(error), next_step) from error


def read_logits(
    path: Path, shapes: Mapping[str, tuple[int, int]], next_step: str
) -> dict[str, NDArray[np.float32]]:
    """Read arrays of logits by their names.

    Args:
        path: File that `np.savez` wrote.
        shapes: Films and classes of each array; further arrays of the file are not read.
        next_step: What to do about a damaged file.

    Raises:
        ParamsError: The file cannot be read, or an array is missing or has another shape.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in shapes}
    except _UNREADABLE as error:
        raise damaged(path, " ".join(str(error).split()), next_step) from error
    for name, shape in shapes.items():
        if found[name].shape != shape:
            text = f"logits of shape {found[name].shape} for {name}, and not of {shape}"
            raise damaged(path, text, next_step)
    return found


def read_text_of(path: Path, name: str, next_step: str) -> str | None:
    """Read a text that lies in a file of arrays; None if the file has none of this name.

    Raises:
        ParamsError: The file cannot be read.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return str(arrays[name]) if name in arrays.files else None
    except _UNREADABLE as error:
        raise damaged(path, " ".join(str(error).split()), next_step) from error


def damaged(path: Path, found: str, next_step: str) -> ParamsError:
    """Make the error of a file that is not as the program wrote it."""
    return ParamsError(
        "a file of a search must be as the program wrote it",
        found=found,
        where=str(path),
        next_step=next_step,
    )
