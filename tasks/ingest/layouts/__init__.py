"""Layouts of data sets: how the path of a film tells its class, split and patient.

The readers are tried in this order. A reader that knows more about a film comes first:

| reader | recognised by |
|---|---|
| `table` | the table that `ingest.table` states |
| `index` | `index.csv`, `.tsv` or `.parquet` above all films |
| `nih`, ... | the table of a public set, see known_tables.py |
| `dincer` | Mooney's tree with names such as BACTERIA-1008087-0001.jpeg |
| `mooney` | split folders with NORMAL and PNEUMONIA, and no other class |
| `radiography` | class folders with names such as COVID-1.png or COVID-19 (1).png |
| `covid_qu_ex` | split folders with COVID-19, Non-COVID and Normal, and no other class |
| `covid19` | split folders with Covid, Normal and Viral Pneumonia, and no other class |
| `class_folders` | two class folders or more |

A file counts as a film here if it could be a picture by its name; its content decides later.
"""

from collections.abc import Callable, Sequence

from tasks.core.errors import SourceError
from tasks.core.examination.file_names import could_be_image, is_junk
from tasks.core.params import TableParams
from tasks.ingest.layouts.class_folders import ClassFolders
from tasks.ingest.layouts.covid19 import Covid19
from tasks.ingest.layouts.covid_qu_ex import CovidQuEx
from tasks.ingest.layouts.dincer import Dincer
from tasks.ingest.layouts.find_index import find_index
from tasks.ingest.layouts.find_tables import tables_in, unread_tables
from tasks.ingest.layouts.index import IndexLayout, read_index
from tasks.ingest.layouts.known_tables import KNOWN_TABLES
from tasks.ingest.layouts.mooney import Mooney
from tasks.ingest.layouts.path_facts import FolderLayout, Layout, PathFacts, is_mask
from tasks.ingest.layouts.radiography import Radiography
from tasks.ingest.layouts.table_layout import find_table_layout

__all__ = [
    "LAYOUTS",
    "Layout",
    "PathFacts",
    "detect_layout",
    "is_mask",
    "tables_in",
    "unread_tables",
]

FOLDER_LAYOUTS: tuple[type[FolderLayout], ...] = (
    Dincer,
    Mooney,
    Radiography,
    CovidQuEx,
    Covid19,
    ClassFolders,
)
LAYOUTS = (
    "table",
    IndexLayout.name,
    *(spec.layout for spec in KNOWN_TABLES),
    *(layout.name for layout in FOLDER_LAYOUTS),
)


def detect_layout(
    paths: Sequence[str],
    wanted: str,
    read: Callable[[str], bytes],
    table: TableParams | None = None,
    negative_class: str = "",
) -> Layout | None:
    """Find the first layout that recognises a source, or try only the wanted one.

    Args:
        paths: All files of the source.
        wanted: Name of a layout, or `auto`.
        read: Returns the bytes of a path. It is called for a table only.
        table: Section `ingest.table`.
        negative_class: `evaluate.negative_class`: a folder of this name is a class.

    Returns:
        The reader, or None if none recognises the source.

    Raises:
        SourceError: The index cannot be read or breaks a rule; all pictures are masks; or the
            folder names contradict each other.

    Example:
        >>> paths = ["train/NORMAL/IM-0001-0001.jpeg", "train/PNEUMONIA/person7_virus_8.jpeg"]
        >>> layout = detect_layout(paths, "auto", read=lambda path: b"")
        >>> layout.name, layout.path_facts(paths[1]).patient_id
        ('mooney', 'virus:7')
    """
    if wanted in ("auto", IndexLayout.name) and table is None:
        index = find_index(paths)
        if index:
            return read_index(index, paths, read)
    if listed := find_table_layout(paths, wanted, read, table):
        return listed
    images = [path for path in paths if could_be_image(path) and not is_junk(path)]
    for layout in FOLDER_LAYOUTS:
        if wanted in ("auto", layout.name):
            reader = (
                ClassFolders(images, negative_class) if layout is ClassFolders else layout(images)
            )
            if reader.recognises(images):
                return reader
    _refuse_masks(images)
    return None


def _refuse_masks(images: Sequence[str]) -> None:
    if images and all(map(is_mask, images)):
        raise SourceError(
            "folders and files named as masks, segmentations or annotations hold no films",
            found=f"{len(images)} such files and no other picture, for instance {images[0]}",
            where="the names below ingest.source",
            next_step="if they are films, rename the folder or point ingest.source inside it",
        )
