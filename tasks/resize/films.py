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
from typing import Any

import pandas as pd

from tasks.errors import SourceError
from tasks.film import FilmError
from tasks.image_store import Ids
from tasks.parallel import ALL_CORES, map_in_order
from tasks.params import ComputeParams, ResizeParams
from tasks.resize.fit import Fitted, fit_film
from tasks.resize.kept import KeptImages, Places, choose_working_folder, put_in_place
from tasks.source import Source, open_source
from tasks.store_builder import StoreBuilder

# Raise it whenever the code makes other pixels or facts of the same film: images made under
# another number are decoded anew. `test_pixels_are_those_of_this_format` sees to it.
FORMAT = 1
# Their releases may change pixels, too
PIXEL_LIBRARIES = ("pillow", "pydicom", "scikit-image", "scipy")
# Kept with each image: `Fitted.box` in px of the whole film, then fields of `Fitted` by name
FIELDS = ("confidence", "share", "sharpness", "sharpness_before")
FACT_NAMES = ("left", "top", "right", "bottom", *FIELDS)

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
    ordered = samples.sort_values("image_id", ignore_index=True)
    settings = settings_of(params)
    working = choose_working_folder(folder, settings)
    kept = KeptImages(folder, working, settings)
    ids = ordered["image_id"].tolist()
    builder = StoreBuilder(working, ids, params.size_px, FACT_NAMES, settings)
    kept.adopt_whole(builder)
    jobs = _missing(builder, kept, ordered["path"].tolist())
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


def _missing(builder: StoreBuilder, kept: KeptImages, paths: list[str]) -> list[tuple[str, str]]:
    """Path and id of the films to decode, in the order of the store."""
    jobs = []
    for number, span in enumerate(builder.spans):
        if builder.is_sealed(number):
            continue
        found = kept.find(builder.id_bytes[span])
        for path, image_id in zip(paths[span], builder.id_bytes[span].tolist(), strict=True):
            if image_id not in found:
                jobs.append((path, image_id.decode()))
    return jobs


def _fill(builder: StoreBuilder, kept: KeptImages, decoded: Iterator[Fitted]) -> None:
    """Write every shard that no earlier run has."""
    for number, span in enumerate(builder.spans):
        if not builder.is_sealed(number):
            id_bytes = builder.id_bytes[span]
            builder.write(number, _rows(id_bytes, kept.find(id_bytes), decoded))


def _rows(id_bytes: Ids, found: Places, decoded: Iterator[Fitted]) -> Iterator[Sequence[Any]]:
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


def _resize(job: tuple[str, str]) -> Fitted:
    path, image_id = job
    data = read_unchanged(_source, path, image_id)
    try:
        return fit_film(data, _params)
    except FilmError as error:
        raise _changed(path, str(error)) from error


def _changed(path: str, found: str) -> SourceError:
    return SourceError(
        "the source must not change between `ingest` and `resize`",
        found=found,
        where=path,
        next_step="run `dvc repro`: ingest reads the source again",
    )
