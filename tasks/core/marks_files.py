"""Read the marks that reviewers exported from a page: one CSV file, or a folder of them."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from tasks.core.errors import SourceError
from tasks.core.params.class_name import canonical_label
from tasks.core.verdicts import MARK_COLUMNS, MAX_MARK_CHARACTERS, VERDICTS, unguarded

_NEEDED = ("image_id", "verdict", "label")
_SHA256 = re.compile(r"[0-9a-f]{64}")
MARK_PLACE = "place"  # column: file and line, for messages
_FORM = f"a corrections file is a CSV file in UTF-8 with the columns {', '.join(MARK_COLUMNS)}"
_EXPORT = "export the marks again from the page of a model, or correct the file by hand"


def read_marks(place: str) -> pd.DataFrame:
    """Read all marks.

    Args:
        place: `ingest.corrections`: a CSV file, or a folder whose CSV files, also in its
            folders, are read by name.

    Returns:
        One row per mark in the order of the files, with the columns MARK_COLUMNS as text; an empty
        field is "". Classes have their canonical form. MARK_PLACE says where the mark stands.

    Raises:
        SourceError: The place does not exist, or a file or a row breaks a rule.
    """
    path = Path(place)
    if not path.exists():
        raise SourceError(
            "ingest.corrections must name a CSV file, or a folder of CSV files",
            found="no such file or folder",
            where=place,
            next_step="create the folder (it may be empty), or correct ingest.corrections",
        )
    files = _files_of(path) if path.is_dir() else [path]
    rows = [row for file in files for row in _rows_of(file)]
    return pd.DataFrame(rows, columns=[*MARK_COLUMNS, MARK_PLACE], dtype="object")


def _files_of(folder: Path) -> list[Path]:
    """The CSV files of a folder and its folders; some systems write the ending in capitals."""
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() == ".csv")


def _rows_of(file: Path) -> Iterator[dict[str, str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")  # spreadsheets write a byte order mark
    except UnicodeDecodeError as error:
        raise _broken(_FORM, f"bytes that are no UTF-8, at byte {error.start}", file) from error
    reader = _reader(text)
    try:
        _check_header(reader.fieldnames or (), file)
        for row in reader:
            place = f"{file}, line {reader.line_num}"
            yield _checked(row, place) | {MARK_PLACE: place}
    except csv.Error as error:
        raise _broken(_FORM, str(error), f"{file}, line {reader.line_num}") from error


def _check_header(names: Sequence[str], file: Path) -> None:
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise _broken(_FORM, f"no column {', '.join(missing)}", file)
    twice = [name for name in MARK_COLUMNS if names.count(name) > 1]
    if twice:  # one of them would be lost
        raise _broken(_FORM, f"twice the column {', '.join(twice)}", file)


def _reader(text: str) -> "csv.DictReader[str]":
    """The rows by column; spreadsheets of many countries write semicolons."""
    header = text.partition("\n")[0]
    delimiter = ";" if header.count(";") > header.count(",") else ","
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _checked(row: dict[str, str], where: str) -> dict[str, str]:
    if None in row or None in row.values():
        raise _broken("each line has one field for each column", "more or fewer fields", where)
    mark = {name: unguarded(row.get(name, "").strip()) for name in MARK_COLUMNS}
    if max(map(len, mark.values())) > MAX_MARK_CHARACTERS:
        found = f"a field of more than {MAX_MARK_CHARACTERS} characters"
        raise _broken("a field of a corrections file is short", found, where)
    if not _SHA256.fullmatch(mark["image_id"]):
        found = f"image_id {mark['image_id'][:80] or 'empty'}"
        raise _broken("image_id is the sha256 of a film: 64 hex digits", found, where)
    if mark["verdict"] not in VERDICTS:
        found = f"verdict {mark['verdict'][:80] or 'empty'}"
        raise _broken(f"a verdict is one of {', '.join(VERDICTS)}", found, where)
    if mark["label"] and mark["verdict"] != "wrong_label":
        found = f"verdict {mark['verdict']} with label {mark['label'][:80]}"
        raise _broken("only the verdict wrong_label names another class", found, where)
    return mark | {name: canonical_label(mark[name]) for name in ("label", "label_seen")}


def _broken(rule: str, found: str, where: Path | str) -> SourceError:
    return SourceError(rule, found=found, where=str(where), next_step=_EXPORT)
