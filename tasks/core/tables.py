"""Read and write the tables that stages exchange: Parquet files with fixed columns and types.

Other tools read these columns. New columns may be added; existing ones are never renamed.
"""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.core.atomic import atomic_path
from tasks.core.errors import TableError

# Other memory pools keep freed memory: for a stage that reads one table, a third of its memory
pa.set_memory_pool(pa.system_memory_pool())

_TEXT = pa.string()

MANIFEST_SCHEMA = pa.schema(
    [
        ("image_id", _TEXT),  # sha256 of the file's bytes, hex
        ("path", _TEXT),  # POSIX, relative to the source root
        ("label", _TEXT),  # canonical class name, null if unknown
        ("subtype", _TEXT),  # bacteria, virus or null
        ("given_split", _TEXT),  # train, val or test by folder name, or null
        ("patient_id", _TEXT),  # patient key of the layout, or null
        ("width", pa.int32()),  # px
        ("height", pa.int32()),  # px
        ("mode", _TEXT),  # Pillow's name: L, RGB, I;16, ...
        ("bit_depth", pa.int32()),  # bits per channel
        ("format", _TEXT),  # JPEG, PNG, ...
        ("n_bytes", pa.int64()),
        ("pixel_hash", _TEXT),  # sha256 of the decoded grey pixels and their size, hex
        ("perceptual_hash", _TEXT),  # 16x16 difference hash, 256 bit, hex
        ("layout", _TEXT),  # name of the reader that recognised the folders
        ("status", _TEXT),  # ok or rejected
        ("reason", _TEXT),  # reason code if rejected, else null
        ("detail", _TEXT),  # why, in the words of the decoder; it never quotes text of the file
        ("site", _TEXT),  # hospital or other origin, as the layout tells it, or null
        # facts of the file: a model must not see them; the shortcut audit measures them
        ("jpeg_quality", pa.int32()),  # 1 to 100 on libjpeg's scale, null for other formats
        ("quantisation", _TEXT),  # first 16 hex digits of the sha256 of the JPEG tables
        ("is_progressive", pa.bool_()),
        ("has_icc_profile", pa.bool_()),
        ("has_exif", pa.bool_()),
        ("burned_in", pa.bool_()),  # DICOM's BurnedInAnnotation, null if it is not stated
        # simple statistics of the grey pixels, see tasks/core/film/pixel_statistics.py
        ("n_levels", pa.int32()),  # distinct grey levels among the 256 of 8 bits
        ("mean", pa.float64()),  # grey levels, 0 to 255
        ("contrast", pa.float64()),  # standard deviation, grey levels
        ("sharpness", pa.float64()),  # variance of the Laplacian at 224 px
        ("noise", pa.float64()),  # grey levels
        ("border", pa.float64()),  # mean of the outermost pixels, grey levels
        ("black_share", pa.float64()),  # 0 to 1
        ("colour", pa.float64()),  # mean difference of the largest and smallest channel
        ("is_synthetic", pa.bool_()),  # the source says that its films are drawn
        # facts of the patient: a model must not see them; the evaluation compares their groups
        ("age_years", pa.float64()),  # 0 to 90, see tasks/ingest/person.py
        ("sex", _TEXT),  # female, male or null
    ]
)

PAIRS_SCHEMA = pa.schema(
    [
        ("path_a", _TEXT),  # the first path by name; both films are usable
        ("path_b", _TEXT),
        ("kind", _TEXT),  # exact (same grey pixels) or near
        ("n_bits", pa.int32()),  # Hamming distance of the 256-bit perceptual hashes
        ("correlation", pa.float64()),  # Pearson's r of the two thumbnails, -1 to 1
    ]
)

SAMPLES_SCHEMA = pa.schema(
    [
        ("image_id", _TEXT),
        ("path", _TEXT),
        ("label", _TEXT),
        ("subtype", _TEXT),
        ("class_index", pa.int32()),  # position of the label in the sorted class names
        ("patient_id", _TEXT),  # never null: a film without a key is a patient of its own
        ("group_id", _TEXT),  # patients joined by duplicates and near duplicates
        ("given_split", _TEXT),
        ("site", _TEXT),  # as in the manifest
        ("split", _TEXT),  # train, val or test
        ("sample_weight", pa.float64()),
        ("n_repeats", pa.int32()),  # how often per epoch; above 1 if the class is oversampled
        ("fold", pa.int32()),  # 0 to n_folds - 1 outside the test split, null without folds
        ("is_synthetic", pa.bool_()),  # as in the manifest
    ]
)

EXCLUDED_SCHEMA = pa.schema(
    [("path", _TEXT), ("image_id", _TEXT), ("label", _TEXT), ("reason", _TEXT), ("because", _TEXT)]
)

ACQUISITION_SCHEMA = pa.schema(
    [
        ("image_id", _TEXT),  # of a training film
        ("acquisition", pa.int32()),  # cluster of how the film was acquired, from 0
    ]
)

SPLITS = ("train", "val", "test")
OUTCOMES = ("TP", "TN", "FP", "FN")  # of a prediction at the operating point


def write_table(table: pd.DataFrame, schema: pa.Schema, path: Path) -> None:
    """Write a table as Parquet with exactly the columns and types of `schema`, atomically.

    Args:
        table: Rows; columns that `schema` does not name are left out.
        schema: Columns and types.
        path: Parquet file to write.

    Raises:
        TableError: A column is missing or holds values of another type.

    Example:
        >>> schema = pa.schema([("path", pa.string()), ("width", pa.int32())])
        >>> table = pd.DataFrame({"path": ["a.png", "b.png"], "width": [640, 512]})
        >>> write_table(table, schema, Path("films.parquet"))
        >>> read_table(schema, Path("films.parquet"), ["width"])["width"].tolist()
        [640, 512]
    """
    try:
        arrow = pa.Table.from_pandas(table[schema.names], schema=schema, preserve_index=False)
    except (KeyError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TableError(
            "a table between stages must have the columns and types of tasks/core/tables.py",
            found=str(error),
            where=str(path),
            next_step="correct the stage that builds this table",
        ) from error
    # the metadata of pandas names library versions, which must not change the bytes
    with atomic_path(path) as temporary:
        pq.write_table(arrow.replace_schema_metadata(None), temporary, compression="zstd")


def read_table(schema: pa.Schema, path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a table and check that it has at least the columns of `schema`.

    Args:
        schema: Columns that an earlier stage wrote.
        path: Parquet file.
        columns: Columns to read; None reads all.

    Raises:
        TableError: The file is missing, is not a Parquet file, or lacks a column.
    """
    rule = "a stage needs the table that an earlier stage writes"
    again = "run `dvc repro`, which writes the table again"
    try:
        table = pq.read_table(path, columns=columns)
    except FileNotFoundError as error:
        raise TableError(rule, found="no such file", where=str(path), next_step=again) from error
    except (pa.ArrowInvalid, OSError) as error:  # a damaged page is an OSError
        raise TableError(rule, found=str(error), where=str(path), next_step=again) from error
    missing = sorted(set(columns or schema.names) - set(table.column_names))
    if missing:
        raise TableError(
            rule,
            found=f"columns missing: {', '.join(missing)}",
            where=str(path),
            next_step=again,
        )
    frame: pd.DataFrame = table.to_pandas()
    return frame


def usable(manifest: pd.DataFrame) -> pd.DataFrame:
    """Rows of the manifest with status `ok`, in the order of the manifest."""
    return manifest[manifest["status"] == "ok"].reset_index(drop=True)
