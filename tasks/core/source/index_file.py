"""The index file of a source: its names, and why it is not a source by itself."""

from pathlib import PurePosixPath

from tasks.core.errors import SourceError

INDEX_NAMES = frozenset({"index.csv", "index.tsv", "index.parquet"})
EXCEL_SUFFIXES = (".xlsx", ".xls", ".xlsm", ".ods")
_SUFFIXES = (".csv", ".tsv", ".parquet", ".txt", *EXCEL_SUFFIXES)


def refuse_index_file(location: str) -> None:
    """Refuse an index file as `ingest.source`, and name the folder to write there.

    DVC watches exactly what `ingest.source` names. With an index alone, it would not notice that a
    film was replaced.

    Args:
        location: Path or URL of an existing file.

    Raises:
        SourceError: Its name has the suffix of a table.
    """
    if not location.lower().endswith(_SUFFIXES):
        return
    above, slash, name = location.rpartition("/")
    folder = above or slash
    step = f"write `ingest.source: {folder}`"
    if not folder:  # the repository holds our outputs, too
        step = "move it with the films into a folder of their own, such as data/raw, and name that"
    suffix = PurePosixPath(name).suffix.lower()
    if name.lower() in INDEX_NAMES:
        step += f"; the index there is found by its name, {name}"
    elif suffix in EXCEL_SUFFIXES:
        step = f"save the sheet as index.csv (CSV in UTF-8) and {step}"
    elif f"index{suffix}" in INDEX_NAMES:
        step = f"rename it to index{suffix} (not if a layout knows its name) and {step}"
    else:
        step += f"; state what its columns mean under `ingest.table` with `file: {name}`"
    raise SourceError(
        "ingest.source must be the folder that holds the index and the films: DVC watches what it "
        "names, and must notice when a film changes",
        found="an index file",
        where=location,
        next_step=step,
    )
