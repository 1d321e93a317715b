"""Fill the image store: decode the films of the cohort and write their squares.

Films that an earlier run decoded with the same settings are reused. The bytes of the store are
the same as if all films had been decoded.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd

from tasks.core.compute.parallel import ALL_CORES, map_in_order
from tasks.core.film.errors import FilmError
from tasks.core.film.pixel_format import PIXEL_FORMAT, pixel_libraries
from tasks.core.film.square import Square, square_of_film
from tasks.core.image_store.builder import StoreBuilder
from tasks.core.image_store.store import Ids, RowNumbers, as_id_bytes
from tasks.core.params import ComputeParams, ResizeParams
from tasks.core.source.source import Source, open_source
from tasks.core.unchanged_film import changed_film, read_unchanged
from tasks.resize.reuse import RecordsById, ReusableImages, only_run, replace_store, working_folder

# Stored with each image: the box in px of the whole film, then these fields of `Square`
FIELDS = ("confidence", "share", "sharpness", "sharpness_before")
FACT_NAMES = ("left", "top", "right", "bottom", *FIELDS)

Job = tuple[str, str]  # path and id of a film


@dataclass(frozen=True)
class Counts:
    """Films of one run: decoded, reused from earlier runs, and removed from the store."""

    n_decoded: int
    n_reused: int
    n_removed: int

    def __str__(self) -> str:
        return f"{self.n_decoded:,} decoded, {self.n_reused:,} reused, {self.n_removed:,} removed"


def resize_films(
    samples: pd.DataFrame,
    source: str,
    params: ResizeParams,
    folder: Path,
    compute: ComputeParams = ALL_CORES,
) -> Counts:
    """Write the image store of the cohort.

    A decoded film must still match its `image_id`. Reused images were checked when they were first
    decoded. A run that fails or is killed leaves the former store, and its finished shards are
    reused by the next run. A second run on the same folder waits for the first one.

    Args:
        samples: Columns `image_id`, `path`.
        source: Folder, zip or URL, as `ingest.source`.
        params: Section `resize`.
        folder: Folder of the store. Its images are reused if they have the same settings.
        compute: Section `compute`. The bytes of the store do not depend on it.

    Raises:
        SourceError: A film has changed since `ingest` read it.
    """
    ordered = samples[["image_id", "path"]].sort_values("image_id", ignore_index=True)
    del samples  # free the memory of the other columns
    ids, films = as_id_bytes(ordered["image_id"]), ordered["path"]
    del ordered
    settings = settings_of(params)
    with only_run(folder):
        working = working_folder(folder, settings)
        reusable = ReusableImages(folder, working, settings)
        builder = StoreBuilder(working, ids, params.size_px, FACT_NAMES, settings)
        reusable.adopt_shards(builder)
        jobs = _Jobs(films, ids, _missing(builder, reusable))
        decoded = _decode(jobs, source, params, compute)
        _write_shards(builder, reusable, decoded)
        counts = Counts(len(jobs), len(ids) - len(jobs), reusable.n_removed(builder.id_bytes))
        builder.finish()
        replace_store(working, folder)
    return counts


def settings_of(params: ResizeParams) -> dict[str, Any]:
    """Everything that the image of a film depends on, except the film itself, as JSON values."""
    return {
        "format": PIXEL_FORMAT,
        "facts": list(FACT_NAMES),
        "params": params.model_dump(),
        "libraries": pixel_libraries(),
    }


class _Jobs(Sequence[Job]):
    """Path and id of the films to decode. Each is made on request, so millions fit in memory.

    Args:
        paths: Paths of all films.
        id_bytes: (N,) ids of all films, in the same order.
        rows: Rows of the films to decode.
    """

    def __init__(self, paths: "pd.Series[str]", id_bytes: Ids, rows: RowNumbers) -> None:
        self._paths = paths
        self._id_bytes = id_bytes
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> Job: ...
    @overload
    def __getitem__(self, index: slice) -> list[Job]: ...
    def __getitem__(self, index: int | slice) -> Job | list[Job]:
        if isinstance(index, int):
            return self[index : index + 1][0]
        rows = self._rows[index]
        ids = (image_id.decode() for image_id in self._id_bytes[rows].tolist())
        return list(zip(self._paths.iloc[rows], ids, strict=True))


def _decode(
    jobs: _Jobs, source: str, params: ResizeParams, compute: ComputeParams
) -> Iterator[Square]:
    """Squares of the given films, in order. Without films no worker starts."""
    if not jobs:
        return iter(())
    return map_in_order(
        _square,
        jobs,
        unit="films",
        setup=_open,
        setup_args=(source, params),
        compute=compute,
    )


def _missing(builder: StoreBuilder, reusable: ReusableImages) -> RowNumbers:
    """Rows of the store that cannot be reused."""
    rows: list[RowNumbers] = [np.empty(0, dtype=np.int64)]
    for number, span in enumerate(builder.spans):
        if not builder.is_complete(number):
            rows.append(span.start + reusable.missing(builder.id_bytes[span]))
    return np.concatenate(rows)


def _write_shards(
    builder: StoreBuilder, reusable: ReusableImages, decoded: Iterator[Square]
) -> None:
    """Write every shard that was not adopted."""
    for number, span in enumerate(builder.spans):
        if not builder.is_complete(number):
            id_bytes = builder.id_bytes[span]
            builder.write(number, _records(id_bytes, reusable.find(id_bytes), decoded))


def _records(
    id_bytes: Ids, found: RecordsById, decoded: Iterator[Square]
) -> Iterator[Sequence[Any]]:
    """Facts and pixels of the images of one shard, either reused or the next one decoded."""
    for image_id in id_bytes.tolist():
        if image_id in found:
            records, row = found[image_id]
            yield tuple(records[row])[1:]
        else:
            square = next(decoded)
            fields = (getattr(square, name) for name in FIELDS)
            yield (*square.box, *fields, square.image)


_source: Source
_params: ResizeParams
_open_files = ExitStack()


def _open(source: str, params: ResizeParams) -> None:
    """Open the source in this worker process for `_square`."""
    global _source, _params  # noqa: PLW0603 - state of a worker process
    _open_files.close()  # a worker of a cluster may still have the source of an earlier stage open
    _source = _open_files.enter_context(open_source(source))
    _params = params


def _square(job: Job) -> Square:
    path, image_id = job
    data = read_unchanged(_source, path, image_id)
    try:
        return square_of_film(data, _params)
    except FilmError as error:
        raise changed_film(path, str(error)) from error
