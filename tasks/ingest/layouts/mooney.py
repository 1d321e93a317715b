"""Layout `mooney`: Mooney's `chest-xray-pneumonia`, Kermany's films by split and class.

Source: P. Mooney, "Chest X-Ray Images (Pneumonia)", Kaggle; from Kermany et al., Cell 172(5), 2018.
"""

import re
from collections.abc import Sequence

from tasks.core.examination.file_names import folders_of, name_of
from tasks.ingest.layouts.path_facts import (
    PathFacts,
    classes_in_splits,
    is_mask,
    is_one_split_tree,
    split_and_class,
)

_CLASSES = frozenset({"NORMAL", "PNEUMONIA"})

# PNEUMONIA_NAME and NORMAL_NAME match all 5,840 names of the set on Kaggle. The numbers have a
# largest length, because a name in a zip may have 65,535 digits. Any suffix or none is accepted, so
# that a converted set keeps its patients; whether the file is a picture is decided elsewhere.
SUFFIX = r"(?:\.[0-9A-Za-z]{1,9})?"
PNEUMONIA_NAME = re.compile(
    r"person(?P<number>[0-9]{1,9})_(?P<subtype>bacteria|virus)_"
    r"(?P<film>[0-9]{1,9})(?:_(?P<part>[0-9]{1,9}))?" + SUFFIX
)
NORMAL_NAME = re.compile(
    r"(?P<family>NORMAL2-)?IM-(?P<number>[0-9]{4})-(?P<film>[0-9]{4})"
    r"(?:-(?P<part>[0-9]{4}))?" + SUFFIX
)
# The same films under the names of T. Dincer's set on Kaggle; see dincer.py
DINCER_NAME = re.compile(
    r"(?P<family>NORMAL|BACTERIA|VIRUS)-(?P<number>[0-9]{1,9})-(?P<film>[0-9]{1,9})" + SUFFIX
)


class Mooney:
    """`chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg`, with or without outer folders."""

    name = "mooney"

    def __init__(self, paths: Sequence[str]) -> None:
        self._files = frozenset(paths)

    def recognises(self, paths: Sequence[str]) -> bool:
        """One set of split folders holds films of NORMAL and PNEUMONIA, and of no other class."""
        return classes_in_splits(paths) == _CLASSES and is_one_split_tree(paths)

    def path_facts(self, path: str) -> PathFacts:
        """Label and split from the last two folders, subtype and patient from the file name."""
        split, label = split_and_class(folders_of(path))
        if label not in _CLASSES:
            return PathFacts()
        subtype, patient_id = parse_kermany_name(name_of(path))
        return PathFacts(label, subtype, split, patient_id, self._rejected(path))

    def _rejected(self, path: str) -> str | None:
        if is_mask(path):
            return "mask"
        return "nested_copy" if self._is_nested_copy(path) else None

    def _is_nested_copy(self, path: str) -> bool:
        """Whether the film is a second copy: Kaggle's zip repeats all in chest_xray/chest_xray."""
        *above, split, label, name = path.split("/")
        return above[-1:] == ["chest_xray"] and (
            "/".join((*above[:-1], split, label, name)) in self._files
        )


def parse_kermany_name(name: str) -> tuple[str | None, str | None]:
    """Read subtype and patient key from a file name of Kermany's films, by Mooney or Dincer.

    The key joins family or subtype with the number: `person78_bacteria` and `person78_virus` are
    two children, and so are `IM-0078` and `NORMAL2-IM-0078`.

    Args:
        name: File name without folders.

    Returns:
        (subtype, patient_id); both None for a name of another form.

    Example:
        >>> parse_kermany_name("person78_virus_140.jpeg")
        ('virus', 'virus:78')
        >>> parse_kermany_name("NORMAL2-IM-0078-0001.jpeg")
        (None, 'NORMAL2-IM:78')
    """
    if match := PNEUMONIA_NAME.fullmatch(name):
        return match["subtype"], f"{match['subtype']}:{int(match['number'])}"
    if match := NORMAL_NAME.fullmatch(name):
        return None, f"{match['family'] or ''}IM:{int(match['number'])}"
    if match := DINCER_NAME.fullmatch(name):
        subtype = None if match["family"] == "NORMAL" else match["family"].lower()
        return subtype, f"{subtype or 'NORMAL'}:{int(match['number'])}"
    return None, None
