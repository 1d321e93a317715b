"""Decode the films of the cohort at reduced scale and fit them into the image store.

Only films that no earlier run made in the same way are decoded; the bytes of the store are the
same as if all of them had been.
"""

import hashlib
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, overload

import numpy as np
import pandas as pd

from tasks.core.compute.parallel import ALL_CORES, map_in_order
from tasks.core.errors import SourceError
from tasks.core.film.errors import FilmError
from tasks.core.film.square import Square, square_of_film
from tasks.core.image_store.builder import StoreBuilder
from tasks.core.image_store.store import Ids, RowNumbers, as_id_bytes
from tasks.core.params import ComputeParams, ResizeParams
from tasks.core.source.source import Source, open_source
from tasks.resize.kept import KeptImages, Places, choose_working_folder, put_in_place

# Raise it whenever the code makes other pixels or facts of the same film: images made under
# another number are decoded anew. `test_pixels_are_those_of_this_format` sees to it.
FORMAT = 1
# Their releases may change pixels, too
PIXEL_LIBRARIES = ("pillow", "pydicom", "scikit-image", "scipy")
# Kept with each image: `Square.box` in px of the whole film, then fields of `Square` by name
FIELDS = ("confidence", "share", "sharpness", "sharpness_before")
FACT_NAMES = ("left", "top", "right", "bottom", *FIELDS)

Job = tuple[str, str]  # path and id of a film

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Counts:
    """Films of one run: decoded now, kept from earlier runs, and no longer in the cohort."""

    n_decoded: int
    n_kept: int
    n_left: int

    def __str__(self) -> str:
        return f"{self.n_decoded:,} decoded, {self.n_kept:,} kept, {self.n_left:,} left"


def resize_films(
    samples: pd.DataFrame,
    source: str,
    params: ResizeParams,
    folder: Path,
    compute: ComputeParams = ALL_CORES,
) -> Counts:
    """Make the image store of the cohort.

    A film is compared with its `image_id` when it is decoded; one that is kept was
    when it was, and is not opened. A run that fails or is killed leaves the former store, and what
    it finished for the next run.

    Args:
        samples: Columns `image_id`, `path`.
        source: Folder or zip, as `ingest.source`.
        params: Section `resize`.
        folder: Place of the store; images in it that were made in the same way are taken over.
        compute: Section `compute`. The bytes do not depend on it.

    Raises:
        SourceError: A film is no longer what `ingest` read.
    """
    ordered = samples[["image_id", "path"]].sort_values("image_id", ignore_index=True)
    del samples  # memory grows with every column held
    settings = settings_of(params)
    working = choose_working_folder(folder, settings)
    kept = KeptImages(folder, working, settings)
    ids, films = as_id_bytes(ordered["image_id"]), ordered["path"]
    del ordered
    builder = StoreBuilder(working, ids, params.size_px, FACT_NAMES, settings)
    kept.adopt_whole(builder)
    jobs = _Jobs(films, ids, _missing(builder, kept))
    decoded = map_in_order(
        _resize,
        jobs,
        unit="films",
        setup=_open,
        setup_args=(source, params),
        compute=compute,
    )
    _fill(builder, kept, decoded if jobs else iter(()))
    counts = Counts(len(jobs), len(ids) - len(jobs), kept.n_left(builder.id_bytes))
    builder.finish()
    put_in_place(working, folder)
    return counts


def read_unchanged(source: Source, path: str, image_id: str) -> bytes:
    """Bytes of a film that is still what `ingest` read.

    Raises:
        SourceError: It is not.
    """
    try:
        data = source.read(path)
    except OSError as error:
        raise _changed(path, str(error)) from error
    if hashlib.sha256(data).hexdigest() != image_id:
        raise _changed(path, "other bytes")
    return data


def settings_of(params: ResizeParams) -> dict[str, Any]:
    """All that the image of a film depends on, apart from the film: JSON."""
    libraries = {name: version(name) for name in PIXEL_LIBRARIES}
    return {
        "format": FORMAT,
        "facts": list(FACT_NAMES),
        "params": params.model_dump(),
        "libraries": libraries,
    }


class _Jobs(Sequence[Job]):
    """Path and id of the films to decode, made as they are asked for: millions fit in memory.

    Args:
        paths: Of all films.
        id_bytes: (N,) their ids, in the same order.
        rows: Those to decode.
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


def _missing(builder: StoreBuilder, kept: KeptImages) -> RowNumbers:
    """RowNumbers of the store that no earlier run has."""
    rows: list[RowNumbers] = [np.empty(0, dtype=np.int64)]
    for number, span in enumerate(builder.spans):
        if not builder.is_complete(number):
            rows.append(span.start + kept.missing(builder.id_bytes[span]))
    return np.concatenate(rows)


def _fill(builder: StoreBuilder, kept: KeptImages, decoded: Iterator[Square]) -> None:
    """Write every shard that no earlier run has."""
    for number, span in enumerate(builder.spans):
        if not builder.is_complete(number):
            id_bytes = builder.id_bytes[span]
            builder.write(number, _rows(id_bytes, kept.find(id_bytes), decoded))


def _rows(id_bytes: Ids, found: Places, decoded: Iterator[Square]) -> Iterator[Sequence[Any]]:
    """Facts and pixels of the images of one shard: found, or the next one decoded."""
    for image_id in id_bytes.tolist():
        if image_id in found:
            records, row = found[image_id]
            yield tuple(records[row])[1:]
        else:
            fitted = next(decoded)
            fields = (getattr(fitted, name) for name in FIELDS)
            yield (*fitted.box, *fields, fitted.image)


_source: Source
_params: ResizeParams
_stay_open = ExitStack()


def _open(source: str, params: ResizeParams) -> None:
    """Give this worker process the source for `_resize`."""
    global _source, _params  # noqa: PLW0603 - a worker process holds one source at a time
    _stay_open.close()  # a worker of a cluster outlives a stage
    _source = _stay_open.enter_context(open_source(source))
    _params = params


def _resize(job: Job) -> Square:
    path, image_id = job
    data = read_unchanged(_source, path, image_id)
    try:
        return square_of_film(data, _params)
    except FilmError as error:
        raise _changed(path, str(error)) from error


def _changed(path: str, found: str) -> SourceError:
    return SourceError(
        "the source must not change between `ingest` and `resize`",
        found=found,
        where=path,
        next_step="run `dvc repro`: ingest reads the source again",
    )
