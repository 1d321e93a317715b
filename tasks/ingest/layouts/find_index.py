"""Find the index file of a source: above all films, or refused by its name."""

from collections.abc import Iterable

from tasks.core.errors import SourceError
from tasks.core.examination.file_names import is_image, is_junk, name_of
from tasks.core.source.index_file import EXCEL_SUFFIXES, INDEX_NAMES
from tasks.ingest.layouts.film_names import folder_above


def find_index(paths: Iterable[str]) -> str | None:
    """Path of the index of a source, or None.

    It lies above all films: at the root, or in a folder that they share (a zip made of a folder).

    Raises:
        SourceError: There are two indexes; one lies beside films that it cannot name; or the only
            one is an Excel workbook.
    """
    files = [path for path in paths if not is_junk(path)]
    found = sorted(path for path in files if name_of(path).lower() in INDEX_NAMES)
    where = "the folder, zip or URL of ingest.source"
    if not found:
        _refuse_workbook(files)
        return None
    if len(found) > 1:
        raise SourceError(
            "a source may have one index",
            found=", ".join(found[:5]),
            where=where,
            next_step="keep the right one and move the other one out of the source",
        )
    folder = folder_above(found[0])
    outside = [path for path in files if is_image(path) and not path.startswith(folder)]
    if outside:
        raise SourceError(
            "an index must lie above all films, because its paths are relative to its folder",
            found=f"{found[0]}, and films elsewhere, for instance {outside[0]}",
            where=where,
            next_step=f"point ingest.source at {folder}, or move the index to the top; if it is no "
            "index of these films, give it another name, or name a layout (`ingest.layout`)",
        )
    return found[0]


def _refuse_workbook(files: Iterable[str]) -> None:
    names = {f"index{suffix}" for suffix in EXCEL_SUFFIXES}
    for path in files:
        if name_of(path).lower() in names:
            raise SourceError(
                "an index must be a CSV file in UTF-8, or a Parquet file",
                found="an Excel workbook",
                where=path,
                next_step="save the sheet as index.csv (in Excel: `CSV UTF-8`)",
            )
