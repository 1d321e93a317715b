"""Remove files that a killed DVC left empty in a cache, or in a remote that is a folder.

DVC makes a file under its final name before it tries to clone the content (`reflink`); where the
file system cannot, it removes the file and copies. A kill in between leaves it empty, and DVC takes
it for whole ever after. Source: dvc-objects 5, fs/system.py `reflink`, fs/generic.py `_link`.
"""

import os
from pathlib import Path

_N_FIRST = 2  # digits of the hash that name the folder
_MD5_OF_NOTHING = "d41d8cd98f00b204e9800998ecf8427e"


def remove_empty_objects(store: Path) -> None:
    """Remove each empty file whose name is the hash of something.

    Args:
        store: Folder `files/md5` of a cache or remote; it need not exist.
    """
    for folder, _, names in os.walk(store):
        for name in names:
            place = Path(folder, name)
            if _is_hash(place) and place.stat().st_size == 0:
                place.unlink()


def _is_hash(place: Path) -> bool:
    """Whether a file is named `ab/cdef...` for the hash of something, and is no temporary one."""
    return len(place.parent.name) == _N_FIRST and place.parent.name + place.name != _MD5_OF_NOTHING
