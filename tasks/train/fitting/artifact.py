"""The saved model: the same weights give the same bytes, and the file holds its input contract."""

import json
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from tasks.core import paths
from tasks.core.atomic import atomic_path, write_json
from tasks.core.classifier import CONTRACT_MEMBER, INPUT
from tasks.core.image_store.store import Pixels
from tasks.train.fitting.fit import TrainingRun
from tasks.train.network.blocks import FusedBatchNorm, plain_batch_norm
from tasks.train.network.ensemble import skip_augmentation
from tasks.train.network.guard import REFUSALS, add_guard, fit_guard

_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_DATE_SAVED = "1980-01-01@00:00:00"  # in the format of Keras
_SHARED_OBJECT = re.compile(rb'"shared_object_id": (\d+)')  # a memory address in Keras 3.15


def save_classifier(
    run: TrainingRun,
    folder: Path,
    films: Pixels | None = None,
    settings: Mapping[str, Any] | None = None,
) -> None:
    """Write `model.keras` and `model.json` into a new folder, atomically.

    `model.json` is a copy of the contract inside `model.keras`, and the settings of the training.

    Args:
        run: Trained network. Its augmentation layers are not saved.
        folder: Folder of the model; an existing folder is replaced.
        films: (n, H, W, 1) uint8, training films from which the guard takes its limits; None saves
            the network without a guard.
        settings: Section `train` as it was used for this network, key `settings` of `model.json`;
            None leaves the key out. It is not in `model.keras`, whose bytes follow the weights.
    """
    trained = run.model if films is None else add_guard(run.model, fit_guard(films))
    model = without_augmentation(trained)
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
    if run.n_views > 1:
        contract["n_views"] = run.n_views
    if films is not None:
        contract["refusals"] = REFUSALS
    with atomic_path(folder) as temporary:
        temporary.mkdir(parents=True)
        saved = temporary / "saved.keras"
        model.save(saved)
        rewrite_stable(saved, paths.network_file(temporary), contract)
        saved.unlink()
        used = {} if settings is None else {"settings": dict(settings)}
        write_json(paths.contract_file(temporary), contract | used)


def without_augmentation(model: keras.Model) -> keras.Model:
    """Copy a network without its optimiser and without its augmentation layers.

    Augmentation does nothing at prediction, and the moments of the optimiser would triple the size
    of the file. Our batch normalisation becomes that of Keras, so that the file needs none of our
    code.
    """
    graph = keras.Model(model.input, model.output, name=model.name)
    copy = keras.models.clone_model(
        graph, clone_function=plain_batch_norm, call_function=skip_augmentation
    )
    for layer in graph.layers:
        if isinstance(layer, FusedBatchNorm):
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    return copy


def rewrite_stable(saved: Path, target: Path, contract: dict[str, Any]) -> None:
    """Copy a `.keras` file and remove what differs between two saves of one model.

    The copy has its members sorted by name, one fixed time, and numbers for shared objects.

    Args:
        saved: File that `keras.Model.save` wrote.
        target: The copy.
        contract: Written into the copy as `contract.json`, which Keras ignores.
    """
    with zipfile.ZipFile(saved) as source:
        members = {name: source.read(name) for name in source.namelist()}
    metadata = json.loads(members["metadata.json"]) | {"date_saved": _DATE_SAVED}
    members["metadata.json"] = json.dumps(metadata, sort_keys=True).encode()
    members["config.json"] = _number_shared_objects(members["config.json"])
    members[CONTRACT_MEMBER] = json.dumps(contract, indent=2, ensure_ascii=False).encode()
    with zipfile.ZipFile(target, "w") as copy:
        for name in sorted(members):
            copy.writestr(zipfile.ZipInfo(name, _EARLIEST_ZIP_TIME), members[name])


def _number_shared_objects(config: bytes) -> bytes:
    """Replace the memory address of each shared object by its order of appearance."""
    numbers: dict[bytes, int] = {}

    def numbered(address: re.Match[bytes]) -> bytes:
        number = numbers.setdefault(address[1], len(numbers) + 1)
        return b'"shared_object_id": %d' % number

    return _SHARED_OBJECT.sub(numbered, config)
