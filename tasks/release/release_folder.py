"""Copy the parts of one network into one folder, with a list that names and hashes them."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import atomic_path, read_json, write_json
from tasks.core.decision.decision import Decision, read_decision
from tasks.core.decision.hashes import hash_file
from tasks.core.errors import EvaluationError
from tasks.core.film_defaults import settings_for
from tasks.core.onnx_file import OnnxMetadata, read_metadata
from tasks.core.params import Params
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table, write_table
from tasks.release.released_films import RELEASE_FILMS_SCHEMA, films_of

RELEASE_FORMAT = 1  # of release.json; raise it when its form changes


def write_release(params: Params) -> dict[str, Any]:
    """Write the folder of a release; its bytes depend on its inputs only.

    Args:
        params: All sections; the first of `models` is released.

    Returns:
        What `release.json` holds.

    Raises:
        LunglineError: A part is missing or damaged, or parts do not belong together.
    """
    model = params.models[0]
    decision = read_decision(model)  # it compares the hashes of the network and of the novelty file
    metadata = _matching_onnx(model)
    films = films_of(
        read_table(SAMPLES_SCHEMA, paths.SAMPLES),
        read_table(MANIFEST_SCHEMA, paths.MANIFEST, ["path", "pixel_hash"]),
    )
    with atomic_path(paths.RELEASE) as folder:
        folder.mkdir()
        for part in _parts(model):
            shutil.copyfile(part, folder / part.name)
        write_table(films, RELEASE_FILMS_SCHEMA, paths.release_films(folder))
        released = _description(params, decision, metadata) | {"files": _hashes(folder)}
        write_json(paths.release_json(folder), released)
    return released


def _parts(model: str) -> Iterator[Path]:
    """The files of a network that are released as they are."""
    folder = paths.model_dir(model)
    yield from (paths.network_file(folder), paths.contract_file(folder))
    yield from (paths.decision_file(model), paths.novelty_file(model), paths.onnx_file(model))
    if paths.MONITOR_REFERENCE.exists():
        yield paths.MONITOR_REFERENCE


def _matching_onnx(model: str) -> OnnxMetadata:
    """Metadata of the ONNX file, which must hold the contract of the network."""
    path = paths.onnx_file(model)
    metadata = read_metadata(path.read_bytes(), str(path))
    expected = read_json(paths.decision_file(model))["sha256"]
    if metadata.contract["sha256"] != expected:
        raise EvaluationError(
            "the parts of a release must belong to one network",
            found=f"contract {metadata.contract['sha256'][:12]} in the ONNX file, and"
            f" {expected[:12]} in {paths.decision_file(model)}",
            where=str(path),
            next_step="run `dvc repro`, which writes the ONNX file again",
        )
    return metadata


def _description(params: Params, decision: Decision, metadata: OnnxMetadata) -> dict[str, Any]:
    """What `release.json` says besides the hashes of the files."""
    model = params.models[0]
    metrics = read_json(paths.metrics(model))
    trained = settings_for(params.train_of(model), is_synthetic=metadata.is_synthetic)
    return {
        "format": RELEASE_FORMAT,
        "model": model,
        "classes": list(decision.classes),
        "negative_class": decision.negative_class,
        "operating_point": decision.operating_point,
        "threshold": decision.threshold,
        "is_synthetic": metadata.is_synthetic,
        "is_medical_device": False,
        "params": {
            "resample": params.resample.model_dump(mode="json"),
            "resize": params.resize.model_dump(mode="json"),
            "train": trained.model_dump(mode="json"),
        },
        "data_warnings": _data_warnings(),
        "validation": metrics["validation"],
        "test": metrics["test"],
    }


def _data_warnings() -> list[str]:
    """Expectations of the data that were broken without stopping the run, by name."""
    expectations = read_json(paths.VALIDATION_JSON)["expectations"]
    return sorted(one["name"] for one in expectations if not one["passed"])


def _hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file of the folder, by name."""
    return {path.name: hash_file(path) for path in sorted(folder.iterdir())}
