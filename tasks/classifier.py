"""A trained network as `evaluate` and `explain` meet it: loaded, checked, asked for logits.

The one shared module that imports Keras, and only when a model is loaded.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tasks.atomic import read_json
from tasks.errors import EvaluationError
from tasks.image_store import Pixels

if TYPE_CHECKING:
    import keras

LOGITS_LAYER = "logits"  # every model of the zoo ends in Dense `logits` -> softmax `predictions`
CPU_THREADS = 2  # sums are split by it, so weights depend on it: not the machine's core count
BATCH_SIZE = 64  # images per forward pass; the logits do not depend on it beyond rounding


@dataclass(frozen=True)
class Contract:
    """What a model takes and gives, as `model.json` beside it says.

    size_px: side of its square input, 1 channel, uint8 in [0, 255], bright = dense tissue.
    classes: names in the order of its outputs.
    """

    model: str
    size_px: int
    classes: tuple[str, ...]
    n_parameters: int
    precision: str


def read_contract(folder: Path) -> Contract:
    """Read the contract of the model in `folder`."""
    values: dict[str, Any] = read_json(folder / "model.json")
    values["classes"] = tuple(values["classes"])
    return Contract(**{name: values[name] for name in Contract.__dataclass_fields__})


def load_classifier(folder: Path) -> "keras.Model":
    """Load `model.keras` of a model folder: no custom code, safe mode on.

    Returns:
        A Keras model: images (B, H, W, 1) uint8 in [0, 255] -> probabilities (B, n_classes)
        float32, with a layer `logits` before its softmax.
    """
    prepare_backend()
    import keras

    model: keras.Model = keras.saving.load_model(
        folder / "model.keras", safe_mode=True, compile=False
    )
    return model


def predict_logits(model: "keras.Model", images: Pixels) -> NDArray[np.float32]:
    """Logits of images, without dropout or augmentation.

    Args:
        model: From `load_classifier`.
        images: (N, H, W, 1) uint8 in [0, 255].

    Returns:
        logits: (N, n_classes) float32.

    Raises:
        EvaluationError: The images are not of the size, type or shape the model was trained on.
    """
    import keras

    if images.dtype != np.uint8 or images.shape[1:] != tuple(model.input_shape[1:]):
        raise EvaluationError(
            f"the model takes images (N, {', '.join(map(str, model.input_shape[1:]))}) uint8",
            found=f"{images.shape} {images.dtype}",
            where="the image store",
            next_step="run `dvc repro`: the store and the model come from different sizes",
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
