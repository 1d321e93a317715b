"""Raikote's `covid19-image-dataset`: `Covid19-dataset/{train,test}/{Covid,Normal,...}`.

Names such as `01.jpeg` come back in every class and split: they tell no patient.

Source: P. Raikote, "Covid-19 Image Dataset", Kaggle.
"""

from collections.abc import Sequence

from tasks.ingest.layouts.place import Place, classes_in_splits, folders_of, split_and_class

CLASSES = frozenset({"COVID", "NORMAL", "VIRAL PNEUMONIA"})


class Covid19:
    """`Covid19-dataset/{train,val,test}/{Covid,Normal,Viral Pneumonia}/*`."""

    name = "covid19"

    def __init__(self, paths: Sequence[str]) -> None:
        del paths  # a path of this layout speaks for itself

    def recognises(self, paths: Sequence[str]) -> bool:
        """The images of the split folders lie in folders of the three classes, none elsewhere."""
        return classes_in_splits(paths) == CLASSES

    def place(self, path: str) -> Place:
        """Label and split from the last two folders."""
        split, label = split_and_class(folders_of(path))
        return Place(label, given_split=split) if label in CLASSES else Place()
