"""What all layouts share: the facts that a path tells, and which files are images or junk."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

IMAGE_SUFFIXES = frozenset(
    {"jpeg", "jpg", "png", "bmp", "tif", "tiff", "webp", "dcm", "dicom"}
)  # fmt: skip
# Suffixes of files that are no pictures. Any other suffix may belong to one: the content decides.
OTHER_SUFFIXES = frozenset(
    {
        "txt", "csv", "tsv", "tab", "parquet", "feather", "arrow", "xls", "xlsx", "ods", "odt",
        "doc", "docx", "ppt", "pptx", "pdf", "rtf", "md", "rst", "htm", "html", "css", "js", "json",
        "jsonl", "ndjson", "yaml", "yml", "xml", "toml", "ini", "cfg", "log", "bib", "tex", "py",
        "pyc", "ipynb", "r", "m", "c", "h", "cpp", "sh", "bat", "ps1", "zip", "gz", "tgz", "bz2",
        "xz", "7z", "rar", "tar", "npy", "npz", "mat", "pkl", "pickle", "h5", "hdf5", "keras", "pt",
        "pth", "onnx", "pb", "safetensors", "joblib", "db", "sqlite", "sql", "sas7bdat", "sav",
        "dta", "dvc", "lock", "gitignore", "svg", "url", "lnk", "exe", "dll", "mp4", "avi", "mov",
        "mp3", "wav", "nii",
    }
)  # fmt: skip
OTHER_NAMES = frozenset(
    {
        "readme", "license", "licence", "copying", "authors", "notice", "changelog", "makefile",
        "dockerfile", "dicomdir", "version", "sha256sums", "md5sums", "checksums",
    }
)  # fmt: skip
SPLIT_FOLDERS = {  # names of folders, and the split that each stands for
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
MASK_FOLDERS = frozenset({"mask", "masks"})
# macOS stores the icon of a folder in a file named "Icon" and a carriage return
JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "icon\r"})


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
    """

    label: str | None = None
    subtype: str | None = None
    given_split: str | None = None
    patient_id: str | None = None
    rejected: str | None = None
    site: str | None = None


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


def folders_of(path: str) -> tuple[str, ...]:
    """Names of the folders above a file, outermost first."""
    return _names(path.rpartition("/")[0])


@lru_cache(maxsize=4096)  # a million films lie in few folders
def _names(folder: str) -> tuple[str, ...]:
    return tuple(name for name in folder.split("/") if name not in ("", "."))


def name_of(path: str) -> str:
    """File name without its folders."""
    return path.rpartition("/")[2]


def distinct_folders(paths: Iterable[str]) -> list[tuple[str, ...]]:
    """`folders_of` for each folder that holds a file, sorted: far fewer items than files."""
    return [_names(parent) for parent in sorted({path.rpartition("/")[0] for path in paths})]


@lru_cache(maxsize=4096)
def split_and_class(folders: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Read `.../<split>/<class>/` from the two innermost folders.

    Returns:
        (split, class name in canonical form); both None for other folders.
    """
    split = SPLIT_FOLDERS.get(folders[-2].lower()) if len(folders) > 1 else None
    return (split, canonical_label(folders[-1])) if split else (None, None)


def classes_in_splits(paths: Iterable[str]) -> set[str | None]:
    """Classes of all files below a split folder; None stands for a file without a class."""
    return {
        split_and_class(folders)[1]
        for folders in distinct_folders(paths)
        if any(folder.lower() in SPLIT_FOLDERS for folder in folders)
    }


def canonical_label(folder: str) -> str:
    """Class name in one form: upper case, single spaces for underscores and runs of spaces.

    Example:
        >>> canonical_label("Viral_Pneumonia")
        'VIRAL PNEUMONIA'
    """
    return " ".join(folder.replace("_", " ").split()).upper()


def is_image(path: str) -> bool:
    """Whether the suffix is that of an image format."""
    stem, _, suffix = name_of(path).rpartition(".")
    return bool(stem) and suffix.lower() in IMAGE_SUFFIXES


def could_be_image(path: str) -> bool:
    """Whether a file may be a picture, by its name: any but those of another known kind.

    DICOM files often have no suffix, or a number in its place (`1.2.840.113`).
    """
    stem, dot, suffix = name_of(path).lower().rpartition(".")
    if not dot or not stem:
        return suffix not in OTHER_NAMES
    return suffix not in OTHER_SUFFIXES


def is_junk(path: str) -> bool:
    """Whether an operating system or an editor put the file there, not a person."""
    name = name_of(path)
    return name.startswith(".") or name.lower() in JUNK_NAMES or _is_junk_folder(folders_of(path))


@lru_cache(maxsize=4096)
def _is_junk_folder(folders: tuple[str, ...]) -> bool:
    return any(folder.startswith(".") or folder == "__MACOSX" for folder in folders)
