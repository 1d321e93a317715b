"""Write many JPEG files from few pictures; each file has different bytes and its own `image_id`."""

import hashlib
from pathlib import Path

import pandas as pd

from tasks.core import paths
from tasks.core.params import load_params
from tasks.core.tables import SAMPLES_SCHEMA
from tests.films import PACKS

N_DIFFERENT = 500  # pictures that the files repeat


def film_files(pack: str) -> list[Path]:
    """Return the JPEG files of a pack of real films, or those of `ingest.source`; sorted."""
    real = PACKS / pack
    folder = real if real.is_dir() else Path(load_params(paths.PARAMS).ingest.source)
    return sorted(folder.rglob("*.jpeg"))


def write_films(folder: Path, n_films: int, pack: str) -> pd.DataFrame:
    """Write `n_films` JPEG files with the pictures of a pack; return their samples."""
    pictures = [path.read_bytes() for path in film_files(pack)[:N_DIFFERENT]]
    rows = []
    for number in range(n_films):
        data = with_comment(pictures[number % len(pictures)], number)
        path = f"{number // 1000:03d}/{number:06d}.jpeg"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        rows.append({"image_id": hashlib.sha256(data).hexdigest(), "path": path})
    same = {"label": "NORMAL", "class_index": 0, "split": "train", "sample_weight": 1.0}
    samples = pd.DataFrame(rows).assign(**same, n_repeats=1)
    samples["patient_id"] = samples["group_id"] = samples["path"]
    return samples.reindex(columns=SAMPLES_SCHEMA.names)


def with_comment(data: bytes, number: int) -> bytes:
    """Return the same JPEG picture with other bytes: add a comment after its first marker."""
    return data[:2] + b"\xff\xfe\x00\x0a" + number.to_bytes(8, "big") + data[2:]
