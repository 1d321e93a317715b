"""The training loops that `tests.benchmarks.training` compares; each returns its own time."""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
from keras import layers
from keras.src.legacy.preprocessing.image import ImageDataGenerator  # still in Keras 3
from PIL import Image

from tasks.core import paths
from tasks.core.film_defaults import settings_for
from tasks.core.image_store.store import ImageStore
from tasks.core.params import AugmentParams, Preset, load_params
from tasks.core.tables import SAMPLES_SCHEMA
from tasks.resize.fill_store import resize_films
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.callbacks import StopOnNaN
from tasks.train.fitting.compilation import (
    compile_classifier,  # as the stage does
)
from tasks.train.fitting.devices import prepare_devices
from tasks.train.network.blocks import plain_batch_norm
from tasks.train.network.build import build_classifier
from tasks.train.zoo.minivggnet import minivggnet
from tests.benchmarks.repeated_films import film_files, with_comment
from tests.benchmarks.training import BATCH_SIZE, SIZE_PX
from tests.benchmarks.training_flops import matmul_flops_per_s, training_flops
from tests.benchmarks.training_pytorch import pytorch_step
from tests.films import PACKS, encode, on_workers

PACK = "kermany-original"
FILM_PX = (1296, 904)  # median width and height of Kermany's originals
N_FILMS = 8 * BATCH_SIZE
SEED = 0
LABELS = ("NORMAL", "PNEUMONIA")
PLAIN = {"preset": "none"}
LIMIT_S = 1.0  # duration of the measurement of the limit

Way = Callable[[], float]


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Records the end of each step."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._ends_s: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._ends_s.append(time.perf_counter())

    @property
    def step_s(self) -> float:
        """Return the mean wall time of the steps after the first."""
        return (self._ends_s[-1] - self._ends_s[0]) / (len(self._ends_s) - 1)


@contextmanager
def training_way(rival: str, side: str) -> Iterator[Way]:
    """Yield one side, ours or a key of `AGAINST`: it trains an epoch and returns s per step."""
    keras.config.disable_interactive_logging()  # the reader of folders prints to stdout
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        samples = write_class_folders(folder / "films")
        params = load_params(paths.PARAMS).resize.model_copy(update={"size_px": SIZE_PX})
        source = str(folder / "films")
        resize_films(samples, source, params, folder / "images", on_workers(None))
        store = ImageStore(folder / "images")
        if side == "notebook":
            yield by_notebook(folder / "films")
        elif side == "notebook_in_memory":
            yield by_notebook_in_memory(samples, store)
        elif side == "pytorch":
            yield by_pytorch(samples, store)
        elif side == "limit":
            yield at_the_limit()
        else:
            yield by_lungline(samples, store, "notebook" if "notebook" in rival else "none")


def by_lungline(samples: pd.DataFrame, store: ImageStore, preset: Preset) -> Way:
    """Train with our loop."""
    params = settings_for(load_params(paths.PARAMS).train_of("minivggnet"), is_synthetic=False)
    augment = params.augment.model_copy(update={"preset": preset})
    params = params.model_copy(
        update={"augment": augment, "batch_size": BATCH_SIZE, "precision": "float32"}
    )
    prepare_devices(params)
    network = build_classifier("minivggnet", SIZE_PX, len(LABELS), augment, SEED)
    batches = Batches(samples, store, len(LABELS), BATCH_SIZE, SEED)
    compile_classifier(network, params, len(batches))
    clock = Clock()
    callbacks = [StopOnNaN(batches, batches), clock]

    def way() -> float:
        network.fit(batches, verbose=0, shuffle=False, callbacks=callbacks)
        return clock.step_s

    return way


def by_notebook(folder: Path) -> Way:
    """Train as Kaggle notebooks do, from a folder of JPEG files."""
    return _fitted_on(
        _generator().flow_from_directory(
            folder,
            target_size=(SIZE_PX, SIZE_PX),
            color_mode="grayscale",
            class_mode="categorical",
            batch_size=BATCH_SIZE,
            seed=SEED,
        )
    )


def by_notebook_in_memory(samples: pd.DataFrame, store: ImageStore) -> Way:
    """Train as Kaggle notebooks do that decode and scale all films first."""
    films = store.take(store.rows(samples["image_id"]))[..., np.newaxis].astype(np.float32)
    labels = np.eye(len(LABELS), dtype=np.float32)[samples["class_index"]]
    return _fitted_on(_generator().flow(films, labels, batch_size=BATCH_SIZE, seed=SEED))


def by_pytorch(samples: pd.DataFrame, store: ImageStore) -> Way:
    """Train with PyTorch; the films of an epoch are in memory."""
    films = store.take(store.rows(samples["image_id"]))
    labels = np.array(samples["class_index"], dtype=np.int64)
    step = pytorch_step(SIZE_PX, len(LABELS))

    def way() -> float:
        ends_s = []
        for start in range(0, N_FILMS, BATCH_SIZE):
            batch = slice(start, start + BATCH_SIZE)
            step(films[batch], labels[batch])
            ends_s.append(time.perf_counter())
        return (ends_s[-1] - ends_s[0]) / (len(ends_s) - 1)

    return way


def at_the_limit() -> Way:
    """Return the seconds that the operations of a step take in a large matrix product."""
    augment = AugmentParams.model_validate(dict.fromkeys(AugmentParams.model_fields) | PLAIN)
    network = build_classifier("minivggnet", SIZE_PX, len(LABELS), augment, SEED)
    n_flops = training_flops(network) * BATCH_SIZE
    return lambda: n_flops / matmul_flops_per_s(LIMIT_S)


def write_class_folders(folder: Path) -> pd.DataFrame:
    """Write full-size films to one folder per class; return their samples."""
    pictures = film_files(PACK)
    rows = []
    for number in range(N_FILMS):
        data = with_comment(full_size(pictures[number % len(pictures)]), number)
        path = f"{LABELS[number % 2]}/{number:06d}.jpeg"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
        image_id = hashlib.sha256(data).hexdigest()
        rows.append({"image_id": image_id, "path": path, "class_index": number % 2})
    samples = pd.DataFrame(rows).assign(split="train", sample_weight=1.0, n_repeats=1)
    samples["label"] = [LABELS[index] for index in samples["class_index"]]
    samples["patient_id"] = samples["group_id"] = samples["path"]
    return samples.reindex(columns=SAMPLES_SCHEMA.names)


def full_size(picture: Path) -> bytes:
    """Return the bytes of a real film, or of a phantom enlarged to the size of a real film."""
    if (PACKS / PACK).is_dir():
        return picture.read_bytes()
    with Image.open(picture) as image:
        return encode(image.resize(FILM_PX, Image.Resampling.BICUBIC), "JPEG", quality=90)


def _generator() -> ImageDataGenerator:
    return ImageDataGenerator(rescale=1 / 255, zoom_range=0.3, vertical_flip=True)


def _fitted_on(batches: keras.utils.PyDataset) -> Way:
    """Build the network with the settings of a Kaggle notebook; the rest are defaults of Keras."""
    pixels = keras.Input((SIZE_PX, SIZE_PX, 1))
    ours = keras.Model(pixels, layers.Softmax()(minivggnet(pixels, len(LABELS))))
    network = keras.models.clone_model(ours, clone_function=plain_batch_norm)
    network.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()

    def way() -> float:
        network.fit(batches, verbose=0, callbacks=[clock])
        return clock.step_s

    return way
