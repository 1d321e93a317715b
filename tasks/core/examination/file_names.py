"""What the name of a file tells before it is read: a picture, another document, or junk."""

from functools import lru_cache

IMAGE_SUFFIXES = frozenset(
    {"jpeg", "jpg", "jpe", "jfif", "jif", "png", "apng", "bmp", "dib", "tif", "tiff", "webp",
     "jp2", "j2k", "jpx", "j2c", "jls", "dcm", "dicom", "dic", "dc3", "ima"}
)  # fmt: skip
# Suffixes of files that are no pictures. Any other suffix may belong to one: the content decides.
OTHER_SUFFIXES = frozenset(
    {"txt", "csv", "tsv", "tab", "parquet", "feather", "arrow", "xls", "xlsx", "ods", "odt",
     "doc", "docx", "ppt", "pptx", "pdf", "rtf", "md", "rst", "htm", "html", "css", "js",
     "json", "jsonl", "ndjson", "yaml", "yml", "xml", "toml", "ini", "cfg", "log", "bib",
     "tex", "py", "pyc", "ipynb", "r", "m", "c", "h", "cpp", "sh", "bat", "ps1", "zip", "gz",
     "tgz", "bz2", "xz", "7z", "rar", "tar", "npy", "npz", "mat", "pkl", "pickle", "h5",
     "hdf5", "keras", "pt", "pth", "onnx", "pb", "safetensors", "joblib", "db", "sqlite",
     "sql", "sas7bdat", "sav", "dta", "dvc", "lock", "gitignore", "svg", "url", "lnk", "exe",
     "dll", "mp4", "avi", "mov", "mp3", "wav", "nii"}
)  # fmt: skip
_OTHER_NAMES = frozenset(
    {"readme", "license", "licence", "copying", "authors", "notice", "changelog", "makefile",
     "dockerfile", "dicomdir", "version", "sha256sums", "md5sums", "checksums"}
)  # fmt: skip
# macOS stores the icon of a folder in a file named "Icon" and a carriage return
JUNK_NAMES = frozenset({"thumbs.db", "desktop.ini", "icon\r"})
# Folders of macOS, Synology, Python and Windows; those with a leading dot are junk anyway
_JUNK_FOLDERS = frozenset(
    {"__macosx", "@eadir", "#recycle", "__pycache__", "$recycle.bin", "system volume information",
     "lost+found"}
)  # fmt: skip


def folders_of(path: str) -> tuple[str, ...]:
    """Names of the folders above a file, outermost first."""
    return folders_in(path.rpartition("/")[0])


@lru_cache(maxsize=4096)  # a million films lie in few folders
def folders_in(folder: str) -> tuple[str, ...]:
    """Names in the path of a folder, outermost first."""
    return tuple(name for name in folder.split("/") if name not in ("", "."))


def name_of(path: str) -> str:
    """File name without its folders."""
    return path.rpartition("/")[2]


def is_image(path: str) -> bool:
    """Whether the suffix promises a picture."""
    stem, _, suffix = name_of(path).rpartition(".")
    return bool(stem) and suffix.lower() in IMAGE_SUFFIXES


def could_be_image(path: str) -> bool:
    """Whether a file may be a picture, by its name: any but those of another known kind.

    DICOM files often have no suffix, or a number in its place (`1.2.840.113`).
    """
    stem, dot, suffix = name_of(path).lower().rpartition(".")
    if not dot or not stem:
        return suffix not in _OTHER_NAMES
    return suffix not in OTHER_SUFFIXES


def is_junk(path: str) -> bool:
    """Whether an operating system or an editor put the file there, not a person."""
    name = name_of(path)
    return name.startswith(".") or name.lower() in JUNK_NAMES or _is_junk_folder(folders_of(path))


@lru_cache(maxsize=4096)
def _is_junk_folder(folders: tuple[str, ...]) -> bool:
    return any(folder.startswith(".") or folder.lower() in _JUNK_FOLDERS for folder in folders)
