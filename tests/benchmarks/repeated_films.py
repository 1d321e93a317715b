"""Many files of few pictures: each has bytes, and so an `image_id`, of its own."""

import hashlib
from pathlib import Path

import pandas as pd

from tasks.core import paths
from tasks.core.params import load_params
from tasks.core.tables import SAMPLES_SCHEMA
from tests.films import PACKS

N_DIFFERENT = 500  # films that the others repeat


def film_files(pack: str) -> list[Path]:
    """JPEG films of a pack of real ones or, where it is absent, those of the phantom; sorted."""
    real = PACKS / pack
    folder = real if real.is_dir() else Path(load_params(paths.PARAMS).ingest.source)
    return sorted(folder.rglob("*.jpeg"))


def write_films(folder: Path, n_films: int, pack: str) -> pd.DataFrame:
    """Write so many JPEG files of a pack's pictures; returns their samples."""
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
    """The same JPEG picture in other bytes: a comment segment follows its first marker."""
    return data[:2] + b"\xff\xfe\x00\x0a" + number.to_bytes(8, "big") + data[2:]
