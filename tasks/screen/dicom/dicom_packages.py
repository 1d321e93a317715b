"""The packages of the DICOM extra: whether they are there, and quiet."""

import logging
import warnings
from importlib.util import find_spec

from tasks.core.errors import ScreeningError

PACKAGES = ("pydicom", "pynetdicom", "highdicom")
_INSTALL = "'pydicom>=3,<4' 'pynetdicom>=3.0,<4' 'highdicom>=0.28,<0.29'"


def require_packages() -> None:
    """Check that the packages of the DICOM extra are installed, and silence them.

    Their warnings and logs quote the elements of a file, the name of the patient among them.

    Raises:
        ScreeningError: A package is missing; the message says what to install.
    """
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise ScreeningError(
            "DICOM in and out needs the packages of the extra `dicom`",
            found=f"not installed: {', '.join(missing)}",
            where="this Python environment",
            next_step=f"run pip install {_INSTALL}",
        )
    for name in PACKAGES:
        log = logging.getLogger(name)
        if log.propagate:
            log.addHandler(logging.NullHandler())  # without one, Python prints warnings itself
            log.propagate = False
    warnings.simplefilter("ignore", UserWarning)
