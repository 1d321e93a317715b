"""Layouts of Kaggle folders: which class, split and patient a path stands for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Protocol

IMAGE_SUFFIXES = frozenset({".jpeg", ".jpg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
MASK_FOLDERS = frozenset({"mask", "masks"})
MOONEY_CLASSES = frozenset({"NORMAL", "PNEUMONIA"})

# The two grammars that parse all 5,840 names of the set as seen on Kaggle.
# Source: P. Mooney, "Chest X-Ray Images (Pneumonia)", Kaggle; from Kermany et al., Cell 172(5),
# 2018.
PNEUMONIA_NAME = re.compile(
    r"person(?P<number>\d+)_(?P<subtype>bacteria|virus)_(?P<film>\d+)(?:_(?P<part>\d+))?\.jpe?g"
)
NORMAL_NAME = re.compile(
    r"(?P<family>NORMAL2-)?IM-(?P<number>\d{4})-(?P<film>\d{4})(?:-(?P<part>\d{4}))?\.jpe?g"
)


@dataclass(frozen=True)
class Place:
    """What a path says of a film; None where it says nothing.

    rejected: reason code if the path alone rules the file out, else None.
    """

    label: str | None = None
    subtype: str | None = None
    given_split: str | None = None
    patient_id: str | None = None
    rejected: str | None = None


class Layout(Protocol):
    """A reader of one way to lay out a folder of films."""

    name: str

    def recognises(self, paths: Sequence[str]) -> bool:
        """Whether the image files of a source are laid out in this way."""
        ...

    def place(self, path: str) -> Place:
        """What one path says."""
        ...


class Mooney:
    """`chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/*.jpeg`, with or without outer folders."""

    name = "mooney"

    def __init__(self, paths: Sequence[str]) -> None:
        self._files = frozenset(PurePosixPath(path).parts for path in paths)

    def recognises(self, paths: Sequence[str]) -> bool:
        """The images of the split folders lie in NORMAL and PNEUMONIA folders, none elsewhere."""
        labels = {self.place(path).label for path in paths if _in_split_folder(path)}
        return labels == MOONEY_CLASSES

    def place(self, path: str) -> Place:
        """Label and split from the last two folders, subtype and patient from the file name."""
        parts = PurePosixPath(path).parts
        if len(parts) < 3 or parts[-2].upper() not in MOONEY_CLASSES:
            return Place()
        split = SPLIT_NAMES.get(parts[-3].lower())
        if split is None:
            return Place()
        subtype, patient_id = parse_kermany_name(parts[-1])
        # Kaggle's zip holds the whole set a second time in chest_xray/chest_xray
        nested = parts[-4:-3] == ("chest_xray",) and (*parts[:-4], *parts[-3:]) in self._files
        rejected = "nested_copy" if nested else None
        return Place(parts[-2].upper(), subtype, split, patient_id, rejected)


class ClassFolders:
    """`[.../][{train,val,test}/]CLASS/...`: one folder per class, with or without a split level."""

    name = "class_folders"

    def __init__(self, paths: Sequence[str]) -> None:
        folders = [PurePosixPath(path).parent.parts for path in paths]
        self._n_outer = _n_outer_folders([names for names in folders if names])

    def recognises(self, paths: Sequence[str]) -> bool:
        """At least two classes, as folders."""
        return len({self.place(path).label for path in paths} - {None}) > 1

    def place(self, path: str) -> Place:
        """Label from the first folder below the outer ones and the split."""
        folders = PurePosixPath(path).parent.parts[self._n_outer :]
        split = SPLIT_NAMES.get(folders[0].lower()) if folders else None
        inner = folders[1:] if split else folders
        if not inner:
            return Place(given_split=split)
        subtype, patient_id = parse_kermany_name(PurePosixPath(path).name)
        rejected = "mask" if MASK_FOLDERS & {folder.lower() for folder in inner} else None
        if inner[0].lower() in MASK_FOLDERS:
            return Place(given_split=split, rejected=rejected)
        return Place(canonical_label(inner[0]), subtype, split, patient_id, rejected)


LAYOUTS: tuple[type[Mooney] | type[ClassFolders], ...] = (Mooney, ClassFolders)


def detect_layout(paths: Sequence[str], wanted: str) -> Layout | None:
    """The first layout that recognises the image paths, or the one asked for.

    Args:
        paths: Image files of the source, without junk.
        wanted: Name of a layout, or `auto`.

    Returns:
        The reader, or None where none recognises the tree.
    """
    for layout in LAYOUTS:
        if wanted in ("auto", layout.name):
            reader = layout(paths)
            if reader.recognises(paths):
                return reader
    return None


def parse_kermany_name(name: str) -> tuple[str | None, str | None]:
    """Subtype and patient key from a file name of Kermany's set.

    The key joins family or subtype with the number: person 78 bacteria and person 78 virus are
    two children, so are IM-0078 and NORMAL2-IM-0078.

    Returns:
        (subtype, patient_id); both None for a name of another form.
    """
    if match := PNEUMONIA_NAME.fullmatch(name):
        return match["subtype"], f"{match['subtype']}:{int(match['number'])}"
    if match := NORMAL_NAME.fullmatch(name):
        return None, f"{match['family'] or ''}IM:{int(match['number'])}"
    return None, None


def canonical_label(folder: str) -> str:
    """Class name in one form: upper case, single spaces for underscores and runs of spaces."""
    return re.sub(r"[\s_]+", " ", folder).strip().upper()


def is_image(path: str) -> bool:
    """Whether the suffix is one of an image format."""
    return PurePosixPath(path).suffix.lower() in IMAGE_SUFFIXES


def is_junk(path: str) -> bool:
    """Whether an operating system or editor, not a person, put the file there."""
    parts = PurePosixPath(path).parts
    hidden = any(part.startswith(".") for part in parts)
    return hidden or "__MACOSX" in parts or parts[-1].lower() in ("thumbs.db", "desktop.ini")


def _in_split_folder(path: str) -> bool:
    return any(folder.lower() in SPLIT_NAMES for folder in PurePosixPath(path).parent.parts)


def _n_outer_folders(folders: Sequence[tuple[str, ...]]) -> int:
    """Folders above the split or class level: shared by all files, before any split name."""
    for depth, names in enumerate(zip(*folders, strict=False)):  # to the shallowest folder
        if len(set(names)) > 1 or names[0].lower() in SPLIT_NAMES:
            return depth
    return min((len(folder) for folder in folders), default=0)
