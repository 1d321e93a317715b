"""Layout `covid19`: Raikote's `covid19-image-dataset`.

`Covid19-dataset/{train,test}/{Covid,Normal,Viral Pneumonia}/*`. Names such as `01.jpeg` occur in
every class and split, so a name tells no patient.

Source: P. Raikote, "Covid-19 Image Dataset", Kaggle.
"""

from collections.abc import Sequence

from tasks.core.examination.file_names import folders_of
from tasks.ingest.layouts.path_facts import (
    PathFacts,
    classes_in_splits,
    is_mask,
    is_one_split_tree,
    split_and_class,
)

_CLASSES = frozenset({"COVID", "NORMAL", "VIRAL PNEUMONIA"})


class Covid19:
    """`Covid19-dataset/{train,val,test}/{Covid,Normal,Viral Pneumonia}/*`."""

    name = "covid19"

    def __init__(self, paths: Sequence[str]) -> None:
        del paths  # each path of this layout is read without the others

    def recognises(self, paths: Sequence[str]) -> bool:
        """One set of split folders holds films of exactly the three classes."""
        return classes_in_splits(paths) == _CLASSES and is_one_split_tree(paths)

    def path_facts(self, path: str) -> PathFacts:
        """Label and split from the last two folders."""
        split, label = split_and_class(folders_of(path))
        rejected = "mask" if is_mask(path) else None
        return PathFacts(label if label in _CLASSES else None, given_split=split, rejected=rejected)
