"""Layout `class_folders`: one folder per class, as Keras and torchvision read it."""

from collections.abc import Sequence

from tasks.ingest.layouts.mooney import parse_kermany_name
from tasks.ingest.layouts.path_facts import (
    MASK_FOLDERS,
    SPLIT_FOLDERS,
    PathFacts,
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
        """At least two class folders."""
        one_each = ("/".join((*folders, "film")) for folders in distinct_folders(paths))
        return len({self.path_facts(path).label for path in one_each} - {None}) > 1

    def path_facts(self, path: str) -> PathFacts:
        """Label from the first folder below the outer folders and the split."""
        folders = folders_of(path)[self._n_outer :]
        split = SPLIT_FOLDERS.get(folders[0].lower()) if folders else None
        inner = folders[1:] if split else folders
        if not inner:
            return PathFacts(given_split=split)
        rejected = "mask" if any(folder.lower() in MASK_FOLDERS for folder in inner) else None
        if inner[0].lower() in MASK_FOLDERS:
            return PathFacts(given_split=split, rejected=rejected)
        subtype, patient_id = parse_kermany_name(name_of(path))
        return PathFacts(
            label=canonical_label(inner[0]) or None,
            subtype=subtype,
            given_split=split,
            patient_id=patient_id,
            rejected=rejected,
        )


def _n_outer_folders(folders: Sequence[tuple[str, ...]]) -> int:
    """Number of folders above the split or class level: all files share them."""
    for depth, names in enumerate(zip(*folders, strict=False)):  # stops at the shallowest folder
        if len(set(names)) > 1 or names[0].lower() in SPLIT_FOLDERS:
            return depth
    return min((len(folder) for folder in folders), default=0)
