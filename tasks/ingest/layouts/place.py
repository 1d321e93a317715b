"""What every layout shares: what a path can say, and which files are images or junk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

IMAGE_SUFFIXES = frozenset(
    {"jpeg", "jpg", "png", "bmp", "tif", "tiff", "webp", "dcm", "dicom"}
)  # fmt: skip
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
# Finder names the file of a folder's own icon "Icon" and a carriage return
JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "icon\r"})


@dataclass(frozen=True, slots=True)
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
    """A reader of one way to lay out films."""

    @property
    def name(self) -> str:
        """Name in `ingest.layout` and in the manifest."""
        ...

    def place(self, path: str) -> Place:
        """What one path says."""
        ...


class FolderLayout(Layout, Protocol):
    """A layout that is known by its folder and file names alone."""

    name: str

    def __init__(self, paths: Sequence[str]) -> None:
        """Take the image files of a source, without junk."""
        ...

    def recognises(self, paths: Sequence[str]) -> bool:
        """Whether these image files are laid out in this way."""
        ...


def folders_of(path: str) -> tuple[str, ...]:
    """Names of the folders above a file, outermost first."""
    return _names(path.rpartition("/")[0])


@lru_cache(maxsize=4096)  # a million films lie in a few folders
def _names(folder: str) -> tuple[str, ...]:
    return tuple(name for name in folder.split("/") if name not in ("", "."))


def name_of(path: str) -> str:
    """File name without its folders."""
    return path.rpartition("/")[2]


def distinct_folders(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """`folders_of` for each folder that holds a file, sorted; far fewer than there are files."""
    return [_names(parent) for parent in sorted({path.rpartition("/")[0] for path in paths})]


@lru_cache(maxsize=4096)
def split_and_class(folders: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Read `.../<split>/<class>/` from the two innermost folders.

    Returns:
        (split, class name in canonical form); both None for other folders.
    """
    split = SPLIT_NAMES.get(folders[-2].lower()) if len(folders) > 1 else None
    return (split, canonical_label(folders[-1])) if split else (None, None)


def classes_in_splits(paths: Iterable[str]) -> set[str | None]:
    """Classes of the files below any split folder, None among them if one has no class."""
    return {
        split_and_class(folders)[1]
        for folders in distinct_folders(paths)
        if any(folder.lower() in SPLIT_NAMES for folder in folders)
    }


def canonical_label(folder: str) -> str:
    """Class name in one form: upper case, single spaces for underscores and runs of spaces."""
    return " ".join(folder.replace("_", " ").split()).upper()


def is_image(path: str) -> bool:
    """Whether the suffix is one of an image format."""
    stem, _, suffix = name_of(path).rpartition(".")
    return bool(stem) and suffix.lower() in IMAGE_SUFFIXES


def is_junk(path: str) -> bool:
    """Whether an operating system or editor, not a person, put the file there."""
    name = name_of(path)
    return name.startswith(".") or name.lower() in JUNK_NAMES or _is_junk_folder(folders_of(path))


@lru_cache(maxsize=4096)
def _is_junk_folder(folders: tuple[str, ...]) -> bool:
    return any(folder.startswith(".") or folder == "__MACOSX" for folder in folders)
