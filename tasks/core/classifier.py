"""Load a trained network, check its contract, and predict logits.

This module imports Keras inside its functions only, so that importing the module is fast.
"""

import importlib.util
import json
import os
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.errors import EvaluationError, TrainingError
from tasks.core.image_store.store import Pixels

if TYPE_CHECKING:
    import keras

LOGITS_LAYER = "logits"  # each network ends in Dense `logits` -> softmax `predictions`
CONTRACT_MEMBER = "contract.json"  # in the archive model.keras, beside the files of Keras
INPUT = {"dtype": "uint8", "range": [0, 255], "channels": 1, "polarity": "bright = dense"}
CPU_THREADS = 2  # a fixed number: the order of sums, and so the weights, depends on it
_BACKENDS = ("tensorflow", "jax", "torch")
_MAX_TEXT_BYTES = 2**26  # of a member of model.keras that is no array; ours have less than 2**20
_BATCH_SIZE = 64  # images per forward pass; it changes the logits by rounding only


# errors of a zip or of JSON that is damaged or was made to do harm
_DAMAGE = (
    *(AttributeError, EOFError, FileNotFoundError, KeyError, RuntimeError, TypeError, ValueError),
    *(zipfile.BadZipFile, zlib.error),
)


@dataclass(frozen=True)
class Contract:
    """Input and output of a model, as written in its file, which has more keys.

    size_px: side of the square input with 1 channel, uint8 in [0, 255], bright = dense tissue.
    classes: names in the order of the outputs.
    """

    model: str
    size_px: int
    classes: tuple[str, ...]
    n_parameters: int
    precision: str


def read_contract(folder: Path) -> Contract:
    """Read the contract inside `model.keras`.

    Args:
        folder: Folder of a trained model.

    Raises:
        EvaluationError: The file is missing, its contract is missing or has another form, or the
            contract differs from `model.json` beside it.

    Example:
        >>> facts = {"model": "ann", "size_px": 64, "classes": ["NORMAL", "PNEUMONIA"]}
        >>> facts |= {"n_parameters": 532802, "precision": "float32", "input": INPUT}
        >>> with zipfile.ZipFile("model.keras", "w") as archive:
        ...     archive.writestr("contract.json", json.dumps(facts))
        >>> read_contract(Path()).classes
        ('NORMAL', 'PNEUMONIA')
    """
    path = paths.network_file(folder)
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():  # the zip reader stops at this size
                if not info.filename.endswith(".h5") and info.file_size > _MAX_TEXT_BYTES:
                    raise ValueError(f"{info.filename} has {info.file_size} bytes")
            values: dict[str, Any] = json.loads(archive.read(CONTRACT_MEMBER))
        if values["input"] != INPUT:
            raise ValueError(f"input {values['input']}")
        contract = Contract(**{name: values[name] for name in Contract.__dataclass_fields__})
        contract = replace(contract, classes=tuple(contract.classes))
    except _DAMAGE as error:
        raise _broken_model(path, _words(error)) from error
    _check_copy(folder, contract)
    return contract


def _check_copy(folder: Path, contract: Contract) -> None:
    """Compare the contract with its copy `model.json`, which the pages show, if there is one."""
    path = paths.contract_file(folder)
    if path.exists():
        try:
            ours, copy = json.loads(json.dumps(asdict(contract))), json.loads(path.read_bytes())
            differ = [name for name in ours if copy[name] != ours[name]]
        except (KeyError, RuntimeError, TypeError, ValueError) as error:
            raise _broken_model(path, _words(error)) from error
        if differ:
            raise _broken_model(path, f"model.keras has other values of {', '.join(differ)}")


def load_classifier(folder: Path) -> "keras.Model":
    """Load a trained network in Keras' safe mode, which runs no code from the file.

    Args:
        folder: Folder of a trained model.

    Returns:
        A Keras model: images (B, H, W, 1) uint8 in [0, 255] -> probabilities (B, n_classes)
        float32, with a layer `logits` before its softmax.

    Raises:
        EvaluationError: Keras cannot or must not load the network, the network does not match the
            contract in the file, or a weight is not a finite number.
    """
    prepare_backend()
    import keras

    contract = read_contract(folder)
    path = paths.network_file(folder)
    try:
        model: keras.Model = keras.saving.load_model(path, safe_mode=True, compile=False)
        found = (
            tuple(model.input_shape),
            model.input.dtype,
            tuple(model.output_shape),
            model.count_params(),
        )
    except Exception as error:  # Keras has no class of errors for a file that it cannot load
        raise _broken_model(path, _words(error)) from error
    promised = (
        (None, contract.size_px, contract.size_px, INPUT["channels"]),
        INPUT["dtype"],
        (None, len(contract.classes)),
        contract.n_parameters,
    )
    if found != promised:
        raise _broken_model(path, f"{found}, but the contract says {promised}")
    for weight in model.weights:
        if not np.isfinite(keras.ops.convert_to_numpy(weight)).all():
            raise _broken_model(path, f"a number in {weight.path} is not finite")
    return model


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"


def _broken_model(path: Path, found: str) -> EvaluationError:
    return EvaluationError(
        "a model file must hold a network and a contract that agree",
        found=found,
        where=str(path),
        next_step="run `dvc repro`, which trains the network again",
    )


def predict_logits(model: "keras.Model", images: Pixels) -> NDArray[np.float32]:
    """Predict logits, without dropout or augmentation.

    Args:
        model: From `load_classifier`.
        images: (N, H, W, 1) uint8 in [0, 255].

    Returns:
        logits: (N, n_classes) float32.

    Raises:
        EvaluationError: The size, type, shape or range of the images differs from the training.
    """
    import keras

    if images.dtype != np.uint8 or images.shape[1:] != tuple(model.input_shape[1:]):
        raise EvaluationError(
            f"the model needs images (N, {', '.join(map(str, model.input_shape[1:]))}) uint8",
            found=f"{images.shape} {images.dtype}",
            where="the image store",
            next_step="run `dvc repro`: the store and the model have different sizes",
        )
    if len(images) and images.max() <= 1:
        raise EvaluationError(
            "the model needs grey levels from 0 to 255, and some of them above 1",
            found=f"no level above {images.max()} in {len(images)} images",
            where="the image store",
            next_step="pass the films unscaled: the model scales them itself",
        )
    to_logits = keras.Model(model.input, model.get_layer(LOGITS_LAYER).output)
    logits: NDArray[np.float32] = to_logits.predict(images, batch_size=_BATCH_SIZE, verbose=0)
    return np.asarray(logits, dtype=np.float32)


def prepare_backend() -> None:
    """Import the backend and Keras with our settings; call this before any import of Keras.

    Sums use a fixed number of threads. Settings in the user's `keras.json` have no effect; the
    environment variable KERAS_BACKEND chooses another backend. TensorFlow prints start-up notices
    that no setting of its own can stop; they are shown only if the import fails.

    Raises:
        TrainingError: The backend is unknown or is not installed, or `keras.json` is damaged.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(CPU_THREADS))
    for debugging in ("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED"):
        os.environ.pop(debugging, None)
    backend = os.environ.get("KERAS_BACKEND") or _BACKENDS[0]
    if backend not in _BACKENDS or importlib.util.find_spec(backend) is None:
        raise TrainingError(
            f"KERAS_BACKEND must be an installed one of {', '.join(_BACKENDS)}",
            found=backend,
            where="the environment variable KERAS_BACKEND",
            next_step="unset it, or install that backend",
        )
    os.environ["KERAS_BACKEND"] = backend  # Keras would take it from keras.json
    _import_keras(backend)


def _import_keras(backend: str) -> None:
    """Import Keras and undo what it takes from `keras.json`, which TensorFlow reads too."""
    try:
        if backend == "tensorflow":
            with _notices_on_failure_only():
                import tensorflow as tf

                tf.config.list_physical_devices()
        import keras
    except (AssertionError, AttributeError, ValueError) as error:
        raise TrainingError(
            "the settings file of Keras must be valid, although its values are not used",
            found=_words(error),
            where="keras.json in ~/.keras or KERAS_HOME",
            next_step="delete the file; Keras writes it again",
        ) from error
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    keras.config.set_image_data_format("channels_last")


@contextmanager
def _notices_on_failure_only() -> Iterator[None]:
    """Capture what native code writes to stderr; print it if the block raises an error."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield
        except BaseException:
            captured.seek(0)
            os.write(terminal, captured.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
