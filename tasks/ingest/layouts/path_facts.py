"""What all layouts share: the facts that a path tells."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Protocol

from tasks.core.examination.file_names import folders_in, folders_of, name_of
from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.folder_names import name_kind, names_masks, split_of, words_of
from tasks.ingest.person import NOBODY, Person

_MASK_FILE = re.compile("mask|segm|annot|ground", re.IGNORECASE)  # a quick first look


@dataclass(frozen=True, slots=True)
class PathFacts:
    """Facts of a film that its path tells; None where the path does not tell it.

    Attributes:
        label: Class, in canonical form.
        subtype: `bacteria` or `virus`.
        given_split: `train`, `val` or `test`.
        patient_id: Key of the patient, as the layout defines it.
        rejected: Reason code if the file is rejected by its path alone.
        site: Hospital or other origin of the film.
        is_folder_patient: Whether `patient_id` is the name of a folder. A DICOM file knows better:
            its folder may be a study, or a number of the same name in two classes.
        person: Age and sex of the patient.
    """

    label: str | None = None
    subtype: str | None = None
    given_split: str | None = None
    patient_id: str | None = None
    rejected: str | None = None
    site: str | None = None
    is_folder_patient: bool = False
    person: Person = NOBODY


class Layout(Protocol):
    """Reader of one layout."""

    @property
    def name(self) -> str:
        """Name in `ingest.layout` and in the manifest."""
        ...

    def path_facts(self, path: str) -> PathFacts:
        """Facts that one path tells."""
        ...


class FolderLayout(Layout, Protocol):
    """Reader of a layout that its folder and file names alone define."""

    name: str

    def __init__(self, paths: Sequence[str]) -> None:
        """Take the image files of a source, without junk."""
        ...

    def recognises(self, paths: Sequence[str]) -> bool:
        """Whether these image files have this layout."""
        ...


def film_folders(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """`distinct_folders` without those of masks."""
    return [names for names in distinct_folders(paths) if not _in_masks(names)]


def distinct_folders(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """`folders_of` for each folder that holds a file, sorted: far fewer items than files."""
    return [folders_in(parent) for parent in sorted({path.rpartition("/")[0] for path in paths})]


def without_masks(folders: tuple[str, ...]) -> tuple[str, ...]:
    """The same folders without those of masks: `COVID/masks` lies in `COVID`."""
    return tuple(name for name in folders if not names_masks(name))


def is_mask(path: str) -> bool:
    """Whether a folder of a file, or the file itself, is named as a mask or annotation."""
    return _in_masks(folders_of(path)) or (
        _MASK_FILE.search(path) is not None and names_masks(name_of(path).partition(".")[0])
    )


def is_lateral(path: str) -> bool:
    """Whether a folder of a file, or the file itself, is named as a lateral view."""
    return "lateral" in path.lower() and any(
        "lateral" in words_of(name) for name in path.partition(".")[0].split("/")
    )


@lru_cache(maxsize=4096)
def _in_masks(folders: tuple[str, ...]) -> bool:
    return any(map(names_masks, folders))


@lru_cache(maxsize=4096)
def split_and_class(folders: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Read `.../<split>/<class>/` from the two innermost folders that hold no masks.

    Returns:
        (split, class name in canonical form); both None for other folders.
    """
    folders = without_masks(folders)
    split = split_of(folders[-2]) if len(folders) > 1 else None
    return (split, canonical_label(folders[-1])) if split else (None, None)


def classes_in_splits(paths: Iterable[str]) -> set[str | None]:
    """Classes of all films below a split folder; None stands for a film without a class."""
    return {
        split_and_class(folders)[1]
        for folders in film_folders(paths)
        if any(map(split_of, folders))
    }


def is_one_split_tree(paths: Iterable[str]) -> bool:
    """Whether all split folders lie in one folder, which tells no site, and no others beside them.

    A folder inside a folder of its own name, as in Kaggle's zip, is one folder. Pictures beside the
    splits, and folders such as `images`, are left to the layout.
    """
    folders = film_folders(paths)
    roots = {names[:-2] for names in folders if split_and_class(names)[0]}
    others = [names for names in folders if not split_and_class(names)[0]]
    beside = {
        names[len(root)]
        for root in roots
        for names in others
        if len(names) > len(root) and names[: len(root)] == root and names not in roots
    }
    return len(set(map(_without_repeats, roots))) == 1 and all(
        split_of(name) or name_kind(name) in ("container", "blank") for name in beside
    )


def _without_repeats(root: tuple[str, ...]) -> tuple[str, ...]:
    names = tuple(name for name, _ in groupby(root))
    return names[:-1] if names[-1:] == ("chest_xray",) else names
