"""Any tree with one folder per class, as Keras and torchvision read it."""

from collections.abc import Sequence

from tasks.ingest.layouts.mooney import parse_kermany_name
from tasks.ingest.layouts.place import (
    MASK_FOLDERS,
    SPLIT_NAMES,
    Place,
    canonical_label,
    distinct_folders,
    folders_of,
    name_of,
)


class ClassFolders:
    """`[.../][{train,val,test}/]CLASS/...`: one folder per class, with or without a split level."""

    name = "class_folders"

    def __init__(self, paths: Sequence[str]) -> None:
        self._n_outer = _n_outer_folders([names for names in distinct_folders(paths) if names])

    def recognises(self, paths: Sequence[str]) -> bool:
        """At least two classes, as folders."""
        one_each = ("/".join((*folders, "film")) for folders in distinct_folders(paths))
        return len({self.place(path).label for path in one_each} - {None}) > 1

    def place(self, path: str) -> Place:
        """Label from the first folder below the outer ones and the split."""
        folders = folders_of(path)[self._n_outer :]
        split = SPLIT_NAMES.get(folders[0].lower()) if folders else None
        inner = folders[1:] if split else folders
        if not inner:
            return Place(given_split=split)
        rejected = "mask" if any(folder.lower() in MASK_FOLDERS for folder in inner) else None
        if inner[0].lower() in MASK_FOLDERS:
            return Place(given_split=split, rejected=rejected)
        subtype, patient_id = parse_kermany_name(name_of(path))
        return Place(canonical_label(inner[0]) or None, subtype, split, patient_id, rejected)


def _n_outer_folders(folders: Sequence[tuple[str, ...]]) -> int:
    """Folders above the split or class level: shared by all files, before any split name."""
    for depth, names in enumerate(zip(*folders, strict=False)):  # to the shallowest folder
        if len(set(names)) > 1 or names[0].lower() in SPLIT_NAMES:
            return depth
    return min((len(folder) for folder in folders), default=0)
