"""A repository in which the gate can run in a second: drawn films, real networks of a few kB.

Films of 64 px have four columns. In a film with a finding the two right columns are brighter. The
brightness of a film varies, so a network that compares columns is better than one that reads one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.atomic import read_json, write_json
from tasks.core.decision.hashes import hash_file
from tasks.core.film.pixel_format import PIXEL_FORMAT
from tasks.core.image_store.builder import StoreBuilder
from tasks.core.image_store.store import as_id_bytes
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tasks.release.released_films import RELEASE_FILMS_SCHEMA, films_of
from tests.cohorts import manifest_of, squares_cohort
from tests.films import workspace
from tests.small_onnx import RIGHT_LESS_LEFT, SIZE_PX, Columns, small_onnx

Weights = tuple[Columns, float]  # of the columns, and the bias that makes both errors alike
GOOD: Weights = (RIGHT_LESS_LEFT, -0.94)  # AUROC near 0.98
FAIR: Weights = ((0.0, -1.0, 0.0, 1.0), -0.47)  # near 0.93
WEAK: Weights = ((0.0, 0.0, 0.25, 0.0), -0.98)  # near 0.78
BLIND: Weights = ((0.0, 0.0, 0.0, 0.0), 0.0)  # exactly 0.5
SIZES = {"train": 20, "val": 20, "test": 160}  # patients, two films each
BRIGHTNESS, NOISE, FINDING = 25.0, 10.0, 30.0  # grey levels: of a film, of a column, of a finding
RESIZE = {"size_px": SIZE_PX, "geometry": "stretch", "intensity": "none", "region": "none"}
RESIZE |= {"common_resolution_px": None}


def drawn_films(samples: pd.DataFrame, seed: int) -> NDArray[np.uint8]:
    """Draw the squares of films, in the order of the samples: (n, 64, 64) uint8."""
    rng = np.random.default_rng(seed)
    finding = samples["class_index"].to_numpy(dtype=np.float64)[:, np.newaxis]
    columns = rng.normal(110, NOISE, (len(samples), 4))
    columns += rng.normal(0, BRIGHTNESS, (len(samples), 1))
    columns[:, 2:] += FINDING * finding
    rows = np.repeat(columns.clip(0, 255).astype(np.uint8), SIZE_PX // 4, axis=1)
    return np.repeat(rows[:, np.newaxis], SIZE_PX, axis=1)


def store_squares(folder: Path, samples: pd.DataFrame, films: NDArray[np.uint8]) -> None:
    """Write a store that says how its squares were made."""
    order = np.argsort(samples["image_id"].to_numpy())
    ids = as_id_bytes(sorted(samples["image_id"]))
    settings = {"format": PIXEL_FORMAT, "params": RESIZE}
    builder = StoreBuilder(folder, ids, SIZE_PX, settings=settings)
    rows = iter([(film,) for film in films[order]])
    for number in range(len(builder.spans)):
        builder.write(number, rows)
    builder.finish()


def gated(root: Path, sizes: Mapping[str, int] = SIZES, **gate: float) -> pd.DataFrame:
    """Make the repository; its films are returned as `samples`."""
    workspace(root, evaluate={"n_bootstrap": 400}, gate=gate)
    samples = squares_cohort(sizes)
    write_table(samples, SAMPLES_SCHEMA, root / paths.SAMPLES)
    write_table(manifest_of(samples), MANIFEST_SCHEMA, root / paths.MANIFEST)
    store_squares(root / paths.IMAGES, samples, drawn_films(samples, seed=1))
    validated(root)
    return samples


def add_cohort(root: Path, name: str, *, status: str = "judged", n_patients: int = 80) -> None:
    """Add an external cohort: judged films, or a gap."""
    params = yaml.safe_load((root / paths.PARAMS).read_text(encoding="utf-8"))
    params["evaluate"]["external"] = {name: "films"}
    (root / paths.PARAMS).write_text(yaml.safe_dump(params), encoding="utf-8")
    samples = squares_cohort({name: n_patients}).assign(split="test")
    manifest = manifest_of(samples)
    write_table(samples, SAMPLES_SCHEMA, root / paths.external_samples(name))
    write_table(manifest, MANIFEST_SCHEMA, root / paths.external_manifest(name))
    gap = None if status == "judged" else "its classes are unknown"
    write_json(root / paths.external_summary(name), {"status": status, "gap": gap})
    store_squares(root / paths.external_images(name), samples, drawn_films(samples, seed=2))


def validated(root: Path, *warnings: str) -> None:
    """Write what the data gate found: a pass, with some warnings."""
    expectations = [{"name": name, "title": name, "passed": False} for name in warnings]
    write_json(root / paths.VALIDATION_JSON, {"passed": True, "expectations": expectations})


def released(
    folder: Path,
    samples: pd.DataFrame,
    network: Weights = GOOD,
    auroc: float = 0.9,
    **contract: Any,
) -> Path:
    """Write a release in the form of stage `release`, without its Keras network.

    Args:
        folder: Where; it does not exist.
        samples: Films of its cohort.
        network: Its weights and bias.
        auroc: On validation.
        contract: Keys of the contract with other values.
    """
    folder.mkdir(parents=True)
    columns, bias = network
    small_onnx(folder, bias, columns, **contract)
    manifest = manifest_of(samples)
    write_table(films_of(samples, manifest), RELEASE_FILMS_SCHEMA, paths.release_films(folder))
    facts = {"model": "small", "validation": {"auroc": {"value": auroc}}, "data_warnings": []}
    write_json(paths.release_json(folder), facts)
    seal_release(folder)
    return folder


def seal_release(folder: Path, **facts: Any) -> None:
    """Write the hashes of the files again, and change facts."""
    names = [paths.release_onnx(folder), paths.release_films(folder)]
    files = {"files": {path.name: hash_file(path) for path in names}}
    listed = paths.release_json(folder)
    write_json(listed, read_json(listed) | files | facts)
