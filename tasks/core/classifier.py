"""A trained network as `evaluate` and `explain` meet it: loaded, checked, asked for logits.

The one shared module that imports Keras, and only when a model is loaded.
"""

import json
import os
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tasks.core.errors import EvaluationError
from tasks.core.image_store.store import Pixels

if TYPE_CHECKING:
    import keras

LOGITS_LAYER = "logits"  # every model of the zoo ends in Dense `logits` -> softmax `predictions`
CONTRACT_MEMBER = "contract.json"  # of the model.keras archive, beside what Keras wrote
INPUT = {"dtype": "uint8", "range": [0, 255], "channels": 1, "polarity": "bright = dense"}
CPU_THREADS = 2  # sums are split by it, so weights depend on it: not the machine's core count
BATCH_SIZE = 64  # images per forward pass; the logits do not depend on it beyond rounding


@dataclass(frozen=True)
class Contract:
    """What a model takes and gives, as its file says.

    size_px: side of its square input, 1 channel, uint8 in [0, 255], bright = dense tissue.
    classes: names in the order of its outputs.
    """

    model: str
    size_px: int
    classes: tuple[str, ...]
    n_parameters: int
    precision: str


def read_contract(folder: Path) -> Contract:
    """Read the contract that `model.keras` in `folder` holds.

    Raises:
        EvaluationError: There is no such file, or no contract of this form in it.
    """
    path = folder / "model.keras"
    try:
        with zipfile.ZipFile(path) as archive:
            values: dict[str, Any] = json.loads(archive.read(CONTRACT_MEMBER))
        if values["input"] != INPUT:
            raise ValueError(f"input {values['input']}")
        values["classes"] = tuple(values["classes"])
        return Contract(**{name: values[name] for name in Contract.__dataclass_fields__})
    except (FileNotFoundError, zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise _broken_model(path, f"{type(error).__name__}: {error}") from error


def load_classifier(folder: Path) -> "keras.Model":
    """Load `model.keras` of a model folder: no custom code, safe mode on.

    Returns:
        A Keras model: images (B, H, W, 1) uint8 in [0, 255] -> probabilities (B, n_classes)
        float32, with a layer `logits` before its softmax.

    Raises:
        EvaluationError: The network is not the one that the contract in the file describes.
    """
    prepare_backend()
    import keras

    contract = read_contract(folder)
    path = folder / "model.keras"
    model: keras.Model = keras.saving.load_model(path, safe_mode=True, compile=False)
    promised = (
        (None, contract.size_px, contract.size_px, INPUT["channels"]),
        INPUT["dtype"],
        (None, len(contract.classes)),
        contract.n_parameters,
    )
    found = (
        tuple(model.input_shape),
        model.input.dtype,
        tuple(model.output_shape),
        model.count_params(),
    )
    if found != promised:
        raise _broken_model(path, f"{found} in place of {promised}")
    return model


def _broken_model(path: Path, found: str) -> EvaluationError:
    return EvaluationError(
        "a model file holds a network and the contract of its input, and the two agree",
        found=found,
        where=str(path),
        next_step="run `dvc repro`, which trains it anew",
    )


def predict_logits(model: "keras.Model", images: Pixels) -> NDArray[np.float32]:
    """Logits of images, without dropout or augmentation.

    Args:
        model: From `load_classifier`.
        images: (N, H, W, 1) uint8 in [0, 255].

    Returns:
        logits: (N, n_classes) float32.

    Raises:
        EvaluationError: The images are not of the size, type, shape or range that the model was
            trained on.
    """
    import keras

    if images.dtype != np.uint8 or images.shape[1:] != tuple(model.input_shape[1:]):
        raise EvaluationError(
            f"the model takes images (N, {', '.join(map(str, model.input_shape[1:]))}) uint8",
            found=f"{images.shape} {images.dtype}",
            where="the image store",
            next_step="run `dvc repro`: the store and the model come from different sizes",
        )
    if len(images) and images.max() <= 1:
        raise EvaluationError(
            "the model takes grey levels from 0 to 255, of which some are above 1",
            found=f"none above {images.max()} in {len(images)} images",
            where="the image store",
            next_step="give the films as they are: the model scales them itself",
        )
    to_logits = keras.Model(model.input, model.get_layer(LOGITS_LAYER).output)
    logits: NDArray[np.float32] = to_logits.predict(images, batch_size=BATCH_SIZE, verbose=0)
    return np.asarray(logits, dtype=np.float32)


def prepare_backend() -> None:
    """Import the backend with our settings; to be called before anything imports Keras.

    Sums are split over a fixed number of threads. TensorFlow writes start-up notices past every
    setting of its own; they are shown only when the import fails.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", str(CPU_THREADS))
    if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        with _notices_on_failure_only():
            import tensorflow as tf

            tf.config.list_physical_devices()


@contextmanager
def _notices_on_failure_only() -> Iterator[None]:
    """Hold back what native code writes to stderr; write it out if the block raises."""
    sys.stderr.flush()
    terminal = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, 2)
            os.close(terminal)
