"""Make image files and small Kaggle folders for the tests; no image shows a person."""

import hashlib
import io
import os
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from numpy.typing import NDArray
from PIL import Image

from tasks.core.params import ComputeParams, IngestParams

ROOT = Path(__file__).resolve().parents[1]
PACKS = ROOT / "../shared/data"

Files = dict[str, bytes]


def film_pixels(seed: int, width: int = 96, height: int = 80) -> NDArray[np.uint8]:
    """Make a smooth random image with fine noise; two seeds give no near duplicates."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(30, 220, (12, 14), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float64)
    return np.clip(smooth + rng.normal(0, 3, smooth.shape), 0, 255).astype(np.uint8)


def encode(image: Image.Image | NDArray[Any], form: str, **options: Any) -> bytes:
    """Encode an image as the bytes of a file."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def jpeg(seed: int, width: int = 96, height: int = 80) -> bytes:
    """Make a grey JPEG file."""
    return encode(film_pixels(seed, width, height), "JPEG", quality=90)


def png(seed: int, width: int = 96, height: int = 80) -> bytes:
    """Make a grey PNG file."""
    return encode(film_pixels(seed, width, height), "PNG")


def png_of_size(width: int, height: int) -> bytes:
    """Make a PNG file whose header declares this size; it holds few pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + header + pixels + chunk(b"IEND", b"")


def mooney_files(n_patients: int = 12, outer: str = "chest_xray/") -> Files:
    """Make films in Mooney's layout; 4 of 6 patients are in train, 1 in val and 1 in test."""
    splits = ("train", "train", "train", "train", "val", "test")
    files = {}
    for number in range(n_patients):
        split = splits[number % len(splits)]
        folder = f"{outer}{split}"
        kind = "bacteria" if number // len(splits) % 2 == 0 else "virus"
        files[f"{folder}/NORMAL/IM-{number:04d}-0001.jpeg"] = jpeg(1000 + number)
        files[f"{folder}/PNEUMONIA/person{number}_{kind}_{number}.jpeg"] = jpeg(2000 + number)
    return files


def write_tree(root: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder."""
    root.mkdir(parents=True, exist_ok=True)
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def write_zip(
    path: Path, files: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED
) -> Path:
    """Write files to a zip."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def tree_hash(root: Path) -> str:
    """Hash the names, bytes, permissions and modification times below a folder."""
    state = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        facts = path.lstat()
        line = f"{path.relative_to(root)} {facts.st_mode} {facts.st_mtime_ns}"
        state.update(os.fsencode(line))
        if path.is_file() and not path.is_symlink():
            state.update(path.read_bytes())
    return state.hexdigest()


def ingest_params(source: Path | str, **changes: Any) -> IngestParams:
    """Return section `ingest` for a source."""
    values = {
        "source": str(source),
        "layout": "auto",
        "table": None,
        "corrections": "data/corrections",
        "min_side_px": 32,
        "max_colour": 12.0,
        "near_duplicate_bits": 12,
        "near_duplicate_correlation": 0.9,
        "patient_salt": "a salt for tests",
    }
    return IngestParams.model_validate(values | changes)


def on_workers(n_workers: int | None) -> ComputeParams:
    """Return section `compute` for `n_workers` processes of this machine."""
    return ComputeParams(n_workers=n_workers, dask_scheduler=None)


def only_row(manifest: pd.DataFrame, path: str) -> dict[str, Any]:
    """Return the only row of a path, with None for missing values."""
    rows = manifest[manifest["path"] == path].astype(object)
    assert len(rows) == 1, path
    return dict(rows.where(rows.notna(), None).iloc[0])


def pack(name: str) -> Path:
    """Return a folder of real films; without it, skip the test."""
    folder = PACKS / name
    if not folder.is_dir():
        pytest.skip(f"the films of {name} are not beside this repository")
    return folder


def workspace(folder: Path, **changes: Any) -> Path:
    """Make a folder for stages, with params.yaml changed by `section={key: value}`."""
    params = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for section, values in changes.items():
        params[section].update(values)
    (folder / "data/corrections").mkdir(parents=True, exist_ok=True)
    (folder / "params.yaml").write_text(yaml.safe_dump(params), encoding="utf-8")
    return folder


def stage_environment() -> dict[str, str]:
    """Return an environment in which `python -m tasks.<stage>` works in any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}


def output_of(arguments: list[str], folder: Path, environment: Mapping[str, str]) -> str:
    """Run a command that must succeed; return its stdout and stderr together."""
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def run_stage(
    module: str, folder: Path, *arguments: str, timeout_s: int = 120
) -> subprocess.CompletedProcess[str]:
    """Run a stage as DVC does, in its own process."""
    return subprocess.run(
        [sys.executable, "-m", f"tasks.{module}", *arguments],
        cwd=folder,
        env=stage_environment(),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
