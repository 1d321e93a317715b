"""The loops that `tests.benchmarks.training` lets take turns; each measures itself."""

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
from keras.src.legacy.preprocessing.image import ImageDataGenerator  # Keras 3 keeps it for us
from PIL import Image

from tasks.core import paths
from tasks.core.image_store.store import ImageStore
from tasks.core.params import AugmentParams, Preset, load_params
from tasks.core.tables import SAMPLES_SCHEMA
from tasks.resize.fill_store import resize_films
from tasks.train.fitting.batches import Batches
from tasks.train.fitting.callbacks import StopOnNaN
from tasks.train.fitting.compilation import (
    compile_classifier,  # as the stage does, with nothing of it left out
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
FILM_PX = (1296, 904)  # width and height in the middle of Kermany's originals
N_FILMS = 8 * BATCH_SIZE
SEED = 0
LABELS = ("NORMAL", "PNEUMONIA")
PLAIN = {"preset": "none"}
LIMIT_S = 1.0  # what the limit is measured by

Way = Callable[[], float]


class Clock(keras.callbacks.Callback):  # type: ignore[misc]
    """Notes when each step has ended."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._ends_s: list[float] = []

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        self._ends_s.append(time.perf_counter())

    @property
    def step_s(self) -> float:
        """Mean wall time of the steps after the first."""
        return (self._ends_s[-1] - self._ends_s[0]) / (len(self._ends_s) - 1)


@contextmanager
def training_way(rival: str, side: str) -> Iterator[Way]:
    """One side, ours or a rival (a key of `AGAINST`): trains an epoch, returns seconds per step."""
    keras.config.disable_interactive_logging()  # a folder's reader would print to stdout
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
    """Our loop."""
    params = load_params(paths.PARAMS).train_of("minivggnet")
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
    """As the notebooks train from a folder of films as Kaggle ships them."""
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
    """As the notebooks train that decode and scale all films before."""
    films = store.take(store.rows(samples["image_id"]))[..., np.newaxis].astype(np.float32)
    labels = np.eye(len(LABELS), dtype=np.float32)[samples["class_index"]]
    return _fitted_on(_generator().flow(films, labels, batch_size=BATCH_SIZE, seed=SEED))


def by_pytorch(samples: pd.DataFrame, store: ImageStore) -> Way:
    """As one trains by hand in PyTorch; the films of an epoch lie in memory."""
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
    """Seconds that the operations of a step take in a large matrix product."""
    augment = AugmentParams.model_validate(dict.fromkeys(AugmentParams.model_fields) | PLAIN)
    network = build_classifier("minivggnet", SIZE_PX, len(LABELS), augment, SEED)
    n_flops = training_flops(network) * BATCH_SIZE
    return lambda: n_flops / matmul_flops_per_s(LIMIT_S)


def write_class_folders(folder: Path) -> pd.DataFrame:
    """Write films of full size into a folder per class; returns their samples."""
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
    """The bytes of a real film, or of a phantom that is enlarged as real ones are."""
    if (PACKS / PACK).is_dir():
        return picture.read_bytes()
    with Image.open(picture) as image:
        return encode(image.resize(FILM_PX, Image.Resampling.BICUBIC), "JPEG", quality=90)


def _generator() -> ImageDataGenerator:
    return ImageDataGenerator(rescale=1 / 255, zoom_range=0.3, vertical_flip=True)


def _fitted_on(batches: keras.utils.PyDataset) -> Way:
    """The network and the settings of a notebook: Keras' own wherever it does not say."""
    pixels = keras.Input((SIZE_PX, SIZE_PX, 1))
    ours = keras.Model(pixels, layers.Softmax()(minivggnet(pixels, len(LABELS))))
    network = keras.models.clone_model(ours, clone_function=plain_batch_norm)
    network.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    clock = Clock()

    def way() -> float:
        network.fit(batches, verbose=0, callbacks=[clock])
        return clock.step_s

    return way
