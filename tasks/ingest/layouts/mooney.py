"""Mooney's `chest-xray-pneumonia`: Kermany's films in folders of split and class.

Source: P. Mooney, "Chest X-Ray Images (Pneumonia)", Kaggle; from Kermany et al., Cell 172(5), 2018.
"""

import re
from collections.abc import Sequence

from tasks.ingest.layouts.place import (
    Place,
    classes_in_splits,
    folders_of,
    name_of,
    split_and_class,
)

CLASSES = frozenset({"NORMAL", "PNEUMONIA"})

# These two parse all 5,840 names of the set as seen on Kaggle. Numbers are bounded because a
# member of a zip may have a name of 65,535 digits. A set converted to another format keeps its
# patients.
SUFFIX = r"\.(?i:jpe?g|png|bmp|tiff?|webp|dcm|dicom)"
PNEUMONIA_NAME = re.compile(
    r"person(?P<number>[0-9]{1,9})_(?P<subtype>bacteria|virus)_"
    r"(?P<film>[0-9]{1,9})(?:_(?P<part>[0-9]{1,9}))?" + SUFFIX
)
NORMAL_NAME = re.compile(
    r"(?P<family>NORMAL2-)?IM-(?P<number>[0-9]{4})-(?P<film>[0-9]{4})"
    r"(?:-(?P<part>[0-9]{4}))?" + SUFFIX
)
# The same films under other names, in T. Dincer's set on Kaggle; see dincer.py
RENAMED = re.compile(
    r"(?P<family>NORMAL|BACTERIA|VIRUS)-(?P<number>[0-9]{1,9})-(?P<film>[0-9]{1,9})" + SUFFIX
)


class Mooney:
    """`chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg`, with or without outer folders."""

    name = "mooney"

    def __init__(self, paths: Sequence[str]) -> None:
        self._files = frozenset(paths)

    def recognises(self, paths: Sequence[str]) -> bool:
        """The images of the split folders lie in NORMAL and PNEUMONIA folders, none elsewhere."""
        return classes_in_splits(paths) == CLASSES

    def place(self, path: str) -> Place:
        """Label and split from the last two folders, subtype and patient from the file name."""
        split, label = split_and_class(folders_of(path))
        if label not in CLASSES:
            return Place()
        subtype, patient_id = parse_kermany_name(name_of(path))
        rejected = "nested_copy" if self._is_nested_copy(path) else None
        return Place(label, subtype, split, patient_id, rejected)

    def _is_nested_copy(self, path: str) -> bool:
        """Kaggle's zip holds the whole set a second time in chest_xray/chest_xray."""
        *above, split, label, name = path.split("/")
        return above[-1:] == ["chest_xray"] and (
            "/".join((*above[:-1], split, label, name)) in self._files
        )


def parse_kermany_name(name: str) -> tuple[str | None, str | None]:
    """Subtype and patient key from a file name of Kermany's films, as first named or renamed.

    The key joins family or subtype with the number: person 78 bacteria and person 78 virus are
    two children, so are IM-0078 and NORMAL2-IM-0078.

    Returns:
        (subtype, patient_id); both None for a name of another form.
    """
    if match := PNEUMONIA_NAME.fullmatch(name):
        return match["subtype"], f"{match['subtype']}:{int(match['number'])}"
    if match := NORMAL_NAME.fullmatch(name):
        return None, f"{match['family'] or ''}IM:{int(match['number'])}"
    if match := RENAMED.fullmatch(name):
        subtype = None if match["family"] == "NORMAL" else match["family"].lower()
        return subtype, f"{subtype or 'NORMAL'}:{int(match['number'])}"
    return None, None
