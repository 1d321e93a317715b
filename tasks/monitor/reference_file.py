"""What new films are compared with: `reference.npz`, written once after each training."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.atomic import atomic_path
from tasks.core.errors import LunglineError
from tasks.core.tables import SPLITS
from tasks.monitor.film_features import ACQUISITION

REFERENCE_FORMAT = 1  # raise it when the arrays change
_HEX = 64  # digits of a sha256


class ReferenceFileError(LunglineError):
    """What new films are compared with is missing, damaged, or of another network."""


@dataclass(frozen=True, eq=False)
class TrainingReference:
    """What new films are compared with.

    network_seal: of the `model.onnx` that answered. classes: of that network.
    acquisition: the features of ACQUISITION of training films, one film of each patient.
    validation: the same of validation films, which the network did not fit, one of each patient.
    logits: (n, n_classes) float32, features: (n, d) float32, measures: (n, 4) float64 (the novelty
    measures), is_refused: (n,) bool and class_index: (n,) int64 of those validation films.
    known: split of every film of the training by its sha256, hex.
    """

    network_seal: str
    classes: tuple[str, ...]
    acquisition: pd.DataFrame
    validation: pd.DataFrame
    logits: NDArray[np.float32]
    features: NDArray[np.float32]
    measures: NDArray[np.float64]
    is_refused: NDArray[np.bool_]
    class_index: NDArray[np.int64]
    known: Mapping[str, str]


_OF_ANSWERS = ("logits", "features", "measures", "is_refused", "class_index")


def save_reference(reference: TrainingReference, path: Path) -> None:
    """Write a reference as .npz, without pickles; same reference, same bytes."""
    ids = sorted(reference.known)
    digits = np.array([list(bytes.fromhex(one)) for one in ids], dtype=np.uint8)
    arrays: dict[str, Any] = {
        "format": np.array(REFERENCE_FORMAT),
        "network_seal": np.array(reference.network_seal),
        "classes": np.array(reference.classes),
        "known_ids": digits.reshape(-1, _HEX // 2),
        "known_splits": np.array([SPLITS.index(reference.known[one]) for one in ids], np.uint8),
        **{name: getattr(reference, name) for name in _OF_ANSWERS},
        **_columns("acquisition", reference.acquisition),
        **_columns("validation", reference.validation),
    }
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def _columns(prefix: str, table: pd.DataFrame) -> dict[str, NDArray[Any]]:
    return {
        f"{prefix}_{name}": table[name].to_numpy(dtype=np.str_ if one.is_category else np.float64)
        for name, one in ACQUISITION.items()
    }


def load_reference(path: Path, seal: str, classes: Sequence[str]) -> TrainingReference:
    """Read what `save_reference` wrote, and check that it is of the network at hand.

    Args:
        path: The file.
        seal: Of the `model.onnx` that scores the new films.
        classes: Of that network.

    Raises:
        ReferenceFileError: The file is missing, damaged, or of another network.
    """
    reference = _checked(_read(path), path)
    if reference.classes != tuple(classes):
        found = f"classes {', '.join(reference.classes)}; the network has {', '.join(classes)}"
        raise _broken(path, found)
    if reference.network_seal != seal:
        raise _broken(path, f"network {reference.network_seal[:12]}; that at hand is {seal[:12]}")
    return reference


def _read(path: Path) -> TrainingReference:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as loaded:
            arrays = dict(loaded)
        if int(arrays["format"]) != REFERENCE_FORMAT:
            raise ValueError(f"format {int(arrays['format'])}, not {REFERENCE_FORMAT}")
        splits = (SPLITS[number] for number in arrays["known_splits"].tolist())
        ids = (bytes(row).hex() for row in arrays["known_ids"])
        return TrainingReference(
            network_seal=str(arrays["network_seal"]),
            classes=tuple(arrays["classes"].tolist()),
            acquisition=_table("acquisition", arrays),
            validation=_table("validation", arrays),
            known=dict(zip(ids, splits, strict=True)),
            **{name: arrays[name] for name in _OF_ANSWERS},
        )
    except FileNotFoundError as error:
        raise _broken(path, "no such file") from error
    except Exception as error:  # whatever NumPy raises on foreign bytes, they are damaged
        raise _broken(path, f"{type(error).__name__}: {error}") from error


def _table(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: arrays[f"{prefix}_{name}"] for name in ACQUISITION})


def _checked(reference: TrainingReference, path: Path) -> TrainingReference:
    """Return it, if the arrays suit each other and all answers are finite numbers."""
    n, k = len(reference.validation), len(reference.classes)
    lengths = {name: len(getattr(reference, name)) for name in _OF_ANSWERS}
    wrong = {name: length for name, length in lengths.items() if length != n}
    if wrong or not n or reference.acquisition.empty:
        raise _broken(path, f"{n} validation films, but {wrong or 'no film'}")
    if reference.logits.shape != (n, k) or reference.measures.shape != (n, 4):
        raise _broken(path, f"logits {reference.logits.shape}, measures {reference.measures.shape}")
    numbers = (reference.logits, reference.features, reference.measures)
    if not all(np.isfinite(one).all() for one in numbers):
        raise _broken(path, "an answer that is no finite number")
    return reference


def _broken(path: Path, found: str) -> ReferenceFileError:
    return ReferenceFileError(
        "new films are compared with the training of the same network, in a whole reference.npz",
        found=found,
        where=str(path),
        next_step="run `dvc repro monitor-reference`, or name the folder of a released network"
        " with --network",
    )
