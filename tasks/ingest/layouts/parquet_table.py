"""Open a Parquet table: the named columns only, and no more rows than there may be."""

import io
import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from tasks.ingest.layouts.unreadable_table import TableUnreadable

_LABELS = ("label", "labels", "class", "finding", "diagnosis", "target")
_PLAIN = re.compile(r"[\w ./+-]+")


class ParquetTable:
    """A Parquet file.

    Args:
        path: For the command that writes its pictures as files.
        data: The bytes.

    Raises:
        TableUnreadable: It is no whole Parquet file.
    """

    first_row = 1

    def __init__(self, path: str, data: bytes) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path = path
        self._data = data
        try:
            file = pq.ParquetFile(io.BytesIO(data))
            self._schema, self._n_rows = file.schema_arrow, file.metadata.num_rows
        except (pa.ArrowException, OSError, ValueError) as error:
            raise TableUnreadable(str(error), "write the Parquet file again") from error
        self.names = [name.strip() for name in self._schema.names]
        if not any(_is_text(field.type) for field in self._schema):
            self.refuse_pictures()

    def cells(self, positions: Sequence[int], most_rows: int) -> list[list[str]]:
        """Stripped cells of some columns, column by column; empty for null and NaN, 12 for 12.0.

        Args:
            positions: Of the columns.
            most_rows: More rows are refused before any is read.

        Raises:
            TableUnreadable: Too many rows, damage, or a column of another kind than text, numbers
                and true or false.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._n_rows > most_rows:
            raise TableUnreadable(
                f"{self._n_rows} rows, and the source has not that many films",
                "keep one row for each film",
            )
        fields = [self._schema.field(i) for i in positions]
        for field in fields:
            self._check_kind(field)
        try:
            # A repeated text stays one text: a small file may hold 20 million copies of it
            texts = [field.name for field in fields if _is_text(field.type)]
            file = pq.ParquetFile(io.BytesIO(self._data), read_dictionary=texts)
            table = file.read(columns=[field.name for field in fields])
            return [_texts(table.column(field.name)) for field in fields]
        except (pa.ArrowException, OSError, ValueError, IndexError) as error:
            raise TableUnreadable(str(error), "write the Parquet file again") from error

    def refuse_pictures(self) -> None:
        """Name the first column that holds pictures, if there is one.

        Raises:
            TableUnreadable: There is one; the next step is a command that writes files.
        """
        for field in self._schema:
            if _holds_pictures(field.type):
                self._refuse_pictures(field.name)

    def _check_kind(self, field: Any) -> None:
        """Refuse pictures; and times and lists: their conversion may fail, or need a zone."""
        from pyarrow import types

        if _holds_pictures(field.type):
            self._refuse_pictures(field.name)
        kind = field.type.value_type if types.is_dictionary(field.type) else field.type
        number = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
        if not (number or types.is_null(kind) or _is_text(kind)):
            found = f"the column {field.name!r} holds {kind}"
            raise TableUnreadable(found, "write it as text or as whole numbers")

    def _refuse_pictures(self, picture: str) -> NoReturn:
        labels = [name for name in self._schema.names if name.lower() in _LABELS]
        label = labels[0] if labels else None
        raise TableUnreadable(
            f"pictures inside the cells of the column {picture!r}",
            _way_out(self._path, picture, label, _class_names(self._schema, label)),
            "a table must name the files of the films",
        )


def _class_names(schema: Any, label: str | None) -> list[str]:
    """Names of the classes 0, 1, ... of a label, as the library `datasets` stores them."""
    try:
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        return [str(name) for name in features[label]["names"]]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []


def _way_out(path: str, picture: str, label: str | None, classes: Sequence[str]) -> str:
    """One command that writes the pictures of all tables of a folder as files.

    Each file lies in a folder of its label, below one with the first word of its table's name.
    """
    step = "write the pictures as files, in a folder for each class"
    # The command is pasted into a shell, so no name may hold a sign that a shell obeys
    if not all(_PLAIN.fullmatch(name) for name in (path, picture, label or "label", *classes)):
        return f"{step}, for instance with pyarrow"
    folder = "'films'" if label is None else f"str(r['{label}'])"
    if classes:
        folder = f"{list(classes)!r}[r['{label}']]"
    # The library `datasets` writes `train-00000-of-00002.parquet`: the split is the first word
    above = path.rpartition("/")[0] or "."
    return (
        f"{step}, and point ingest.source at the new folder `films`: in the folder of the source, "
        f'python -c "import pyarrow.parquet as q, pathlib as p; '
        f"[(d := p.Path('films', f.stem.split('-')[0], {folder})).mkdir(parents=True, "
        f"exist_ok=True) or (d / f'{{f.stem}}-{{i}}.png').write_bytes(c['bytes'] if "
        f"isinstance(c := r['{picture}'], dict) else c) for f in "
        f"sorted(p.Path('{above}').glob('*.parquet')) for i, r in "
        f'enumerate(q.read_table(f).to_pylist())]"'
    )


def _holds_pictures(kind: Any) -> bool:
    """Bytes, or `{bytes, path}` as the library `datasets` of Hugging Face writes an image."""
    from pyarrow import types

    if types.is_struct(kind):
        return any(kind.field(i).name == "bytes" for i in range(kind.num_fields))
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    if types.is_dictionary(kind):
        return _is_text(kind.value_type)
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _texts(column: Any) -> list[str]:
    """Cells as text; equal cells share one text."""
    from pyarrow import types

    cells: list[str] = []
    for chunk in column.chunks:
        if types.is_dictionary(chunk.type):
            known = [_text(value) for value in chunk.dictionary.to_pylist()]
            cells += ["" if i is None else known[i] for i in chunk.indices.to_pylist()]
        else:
            cells += [_text(value) for value in chunk.to_pylist()]
    return cells


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - only NaN differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
