"""Layouts of data sets: which class, split and patient a path stands for.

The readers are asked in this order, from what says most of a film to what says least:

| reader | known by |
|---|---|
| `index` | `index.csv` or `index.parquet` at the root |
| `dincer` | Mooney's tree with names such as BACTERIA-1008087-0001.jpeg |
| `mooney` | split folders with NORMAL and PNEUMONIA, and no other class |
| `radiography` | class folders with names such as COVID-1.png or COVID-19 (1).png |
| `covid19` | split folders with Covid, Normal and Viral Pneumonia, and no other class |
| `class_folders` | two folders or more |
"""

from collections.abc import Callable, Sequence

from tasks.ingest.layouts.class_folders import ClassFolders
from tasks.ingest.layouts.covid19 import Covid19
from tasks.ingest.layouts.dincer import Dincer
from tasks.ingest.layouts.index import Index, find_index, read_index
from tasks.ingest.layouts.mooney import Mooney
from tasks.ingest.layouts.place import FolderLayout, Layout, Place, is_image, is_junk
from tasks.ingest.layouts.radiography import Radiography

__all__ = ["LAYOUTS", "Layout", "Place", "detect_layout", "is_image", "is_junk"]

FOLDER_LAYOUTS: tuple[type[FolderLayout], ...] = (
    Dincer,
    Mooney,
    Radiography,
    Covid19,
    ClassFolders,
)
LAYOUTS = (Index.name, *(layout.name for layout in FOLDER_LAYOUTS))


def detect_layout(
    paths: Sequence[str],
    wanted: str,
    read: Callable[[str], bytes],
    index: str | None = None,
) -> Layout | None:
    """The first layout that recognises a source, or the one asked for.

    Args:
        paths: All files of the source.
        wanted: Name of a layout, or `auto`.
        read: Gives the bytes of a path; called for an index file only.
        index: Path of the index file, where the source names one; else one is looked for.

    Returns:
        The reader, or None where none recognises the source.

    Raises:
        SourceError: The index cannot be read or breaks a rule.
    """
    if wanted in ("auto", Index.name):
        index = index or find_index(paths)
        if index:
            return read_index(index, paths, read)
    images = [path for path in paths if is_image(path) and not is_junk(path)]
    for layout in FOLDER_LAYOUTS:
        if wanted in ("auto", layout.name):
            reader = layout(images)
            if reader.recognises(images):
                return reader
    return None
