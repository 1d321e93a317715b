"""What the tests of the image store of `resize` share: a source of 40 films and short calls."""

import hashlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tasks.core.params import ResizeParams
from tasks.resize.fill_store import Counts, resize_films
from tests.films import Files, jpeg, on_workers

FILES: Files = {f"all/{number:02d} é.jpeg": jpeg(number) for number in range(40)}


def samples_of(files: Files) -> pd.DataFrame:
    """The table of samples of some films."""
    ids = [hashlib.sha256(data).hexdigest() for data in files.values()]
    return pd.DataFrame({"image_id": ids, "path": list(files)})


def resize_params(**changes: object) -> ResizeParams:
    """Section `resize` for squares of 32 px."""
    values = {
        "size_px": 32,
        "geometry": "stretch",
        "intensity": "none",
        "region": "none",
        "common_resolution_px": None,
    }
    return ResizeParams.model_validate(values | changes)


def resize(
    files: Files, source: Path, folder: Path, n_workers: int | None = 1, **changes: object
) -> Counts:
    """Run `resize_films`; `changes` are keys of the section `resize`."""
    return resize_films(
        samples_of(files),
        str(source),
        resize_params(**changes),
        folder,
        compute=on_workers(n_workers),
    )


def store_bytes(folder: Path) -> dict[str, bytes]:
    """All files of a store."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def names_in(folder: Path) -> list[str]:
    """Names of all files and folders in a folder."""
    return sorted(path.name for path in folder.iterdir())


def from_scratch(files: Files, source: Path, **changes: object) -> dict[str, bytes]:
    """Bytes of a store made in an empty folder."""
    with TemporaryDirectory() as temporary:
        resize(files, source, Path(temporary) / "images", **changes)
        return store_bytes(Path(temporary) / "images")


def some(start: int, stop: int) -> Files:
    """Some of the films."""
    return dict(list(FILES.items())[start:stop])
