"""The saved model: the same bytes for the same weights, its input contract inside."""

import json
import re
import zipfile
from pathlib import Path
from typing import Any

from tasks.core.atomic import atomic_path, write_json
from tasks.core.classifier import CONTRACT_MEMBER, INPUT
from tasks.train.fit import TrainingRun
from tasks.train.stripped import without_augmentation

EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold
DATE_SAVED = "1980-01-01@00:00:00"  # in the form that Keras writes
SHARED_OBJECT = re.compile(rb'"shared_object_id": (\d+)')  # a memory address in Keras 3.15


def save_classifier(run: TrainingRun, folder: Path) -> None:
    """Write `model.keras` and `model.json` into a fresh folder, atomically.

    `model.json` is a copy of the contract that stands inside `model.keras`.

    Args:
        run: The trained network. Layers that only change training films are left out, so that
            loading needs no code of ours.
        folder: Place of the model; what stood there is replaced.
    """
    model = without_augmentation(run.model)
    contract = {
        "model": model.name,
        "size_px": model.input_shape[1],
        "classes": list(run.classes),
        "n_parameters": model.count_params(),
        "precision": run.precision,
        "seed": run.seed,
        "n_seeds": run.n_seeds,
        "epochs_run": run.epochs_run,
        "best_epoch": run.best_epoch,
        "input": INPUT,
    }
    with atomic_path(folder) as temporary:
        temporary.mkdir(parents=True)
        saved = temporary / "saved.keras"
        model.save(saved)
        rewrite_stable(saved, temporary / "model.keras", contract)
        saved.unlink()
        write_json(temporary / "model.json", contract)


def rewrite_stable(saved: Path, target: Path, contract: dict[str, Any]) -> None:
    """Copy a `.keras` file without what differs between two saves of one model.

    Args:
        saved: As `keras.Model.save` wrote it.
        target: The copy: members sorted by name, all times fixed, shared objects numbered.
        contract: Put into the copy as `contract.json`; Keras does not look at it.
    """
    with zipfile.ZipFile(saved) as source:
        members = {name: source.read(name) for name in source.namelist()}
    metadata = json.loads(members["metadata.json"]) | {"date_saved": DATE_SAVED}
    members["metadata.json"] = json.dumps(metadata, sort_keys=True).encode()
    members["config.json"] = _number_shared_objects(members["config.json"])
    members[CONTRACT_MEMBER] = json.dumps(contract, indent=2, ensure_ascii=False).encode()
    with zipfile.ZipFile(target, "w") as copy:
        for name in sorted(members):
            copy.writestr(zipfile.ZipInfo(name, EPOCH_OF_ZIP), members[name])


def _number_shared_objects(config: bytes) -> bytes:
    """Name shared objects by their order of appearance instead of their memory address."""
    numbers: dict[bytes, int] = {}

    def numbered(address: re.Match[bytes]) -> bytes:
        number = numbers.setdefault(address[1], len(numbers) + 1)
        return b'"shared_object_id": %d' % number

    return SHARED_OBJECT.sub(numbered, config)
