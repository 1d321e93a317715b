"""Films for the monitor: drawn ones, changed ones, and a network with its reference.

The network is that of `small_onnx`, so nothing is trained; its novelty reference and the reference
of the monitor are fitted to the films.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from tasks.core import paths
from tasks.core.network.onnx_network import load_network
from tasks.core.params import ComputeParams
from tasks.core.phantom.anatomy import sample_anatomy, sample_exposure, sample_opacities
from tasks.core.phantom.radiograph import draw_synthetic_film
from tasks.evaluate.contract.novelty_fit import fit_novelty
from tasks.monitor.answer_tables import score_squares
from tasks.monitor.film_features import acquisition_table
from tasks.monitor.inbox_films import InboxFilm, ReadingRules, inbox_paths, read_inbox
from tasks.monitor.reference_file import TrainingReference, save_reference
from tests.films import workspace
from tests.small_onnx import small_onnx

SCALE = 0.25  # of the sides of the default phantom: a film is drawn in 10 ms
COMPUTE = ComputeParams(n_workers=2, dask_scheduler=None)
Change = Callable[[Image.Image], Image.Image]


def draw_films(folder: Path, n: int, seed: int) -> list[Path]:
    """Draw n JPEG films of n patients, every second one with an opacity."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(n):
        rng = np.random.default_rng([seed, number])
        body, exposure = sample_anatomy(rng), sample_exposure(rng)
        sides = {name: round(SCALE * getattr(exposure, name)) for name in ("width_px", "height_px")}
        kind = ("", "bacteria")[number % 2]
        small = replace(exposure, **sides, blur_px=0.5)
        film = draw_synthetic_film(body, sample_opacities(rng, body, kind), small, rng)
        label = ("NORMAL", "PNEUMONIA")[number % 2]
        files.append(folder / f"{label}-{seed}-{number:04d}.jpeg")
        Image.fromarray(film.pixels).save(files[-1], quality=90)
    return files


def changed(files: Sequence[Path], folder: Path, change: Change) -> Path:
    """Write changed copies of JPEG films, with their own quantisation tables."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        with Image.open(file) as film:
            tables, result = film.quantization, change(film.convert("L"))
            # A colour film has a table for its colour; grey ones are written here
            result.convert(film.mode).save(folder / file.name, qtables=tables)
    return folder


def brighter(film: Image.Image) -> Image.Image:
    return film.point(lambda level: min(255, level + 40))


def other_scanner(film: Image.Image) -> Image.Image:
    """One and a half times the sides, and less sharp."""
    larger = film.resize((film.width * 3 // 2, film.height * 3 // 2), Image.Resampling.BICUBIC)
    return larger.filter(ImageFilter.GaussianBlur(3))


def upside_down(film: Image.Image) -> Image.Image:
    return film.transpose(Image.Transpose.ROTATE_180)


def read_files(folder: Path, network: Path) -> list[InboxFilm]:
    """Read all films of a folder as the monitor does."""
    rules = ReadingRules(folder, load_network(network).rules)
    return list(read_inbox(inbox_paths(folder), rules, COMPUTE))


def write_network(folder: Path, films: Sequence[InboxFilm], n_validation: int) -> Path:
    """Write `model.onnx` and `reference.npz` in the form of a released network.

    Args:
        folder: Where.
        films: Of the training; the last `n_validation` are those of validation.
        n_validation: How many.
    """
    training, validation = films[:-n_validation], films[-n_validation:]
    network = load_network(small_onnx(folder))
    (train, train_images), (val, val_images) = (
        (score_squares(network, _squares(part))[0], np.stack(_squares(part))[..., np.newaxis])
        for part in (training, validation)
    )
    novelty = fit_novelty(train.features, train_images, val.features, val_images, 0.01)
    network = load_network(small_onnx(folder, novelty=novelty))
    save_reference(reference_of(network, training, validation), paths.network_reference(folder))
    return folder


def reference_of(network, training: Sequence[InboxFilm], validation: Sequence[InboxFilm]):
    """Make the reference of some films, each of a patient of its own."""
    scores, measures = score_squares(network, _squares(validation))
    splits = dict.fromkeys((str(film.sha256) for film in training), "train")
    return TrainingReference(
        network_seal=network.sha256,
        classes=network.classes,
        acquisition=acquisition_table([film.facts for film in training]),
        validation=acquisition_table([film.facts for film in validation]),
        logits=scores.logits,
        features=scores.features,
        measures=measures,
        is_refused=scores.is_refused,
        class_index=np.array(["PNEUMONIA" in film.path for film in validation], dtype=np.int64),
        known=splits | dict.fromkeys((str(film.sha256) for film in validation), "val"),
    )


def _squares(films: Sequence[InboxFilm]) -> list[np.ndarray]:
    return [film.square for film in films if film.square is not None]


def watched_site(folder: Path, n_films: int = 70, n_validation: int = 30) -> Path:
    """A folder with params.yaml, the released network `network/`, and 14 new films in `inbox/`.

    So few are read in this process.
    """
    workspace(folder, compute={"n_workers": 2})
    network = folder / "network"
    network.mkdir()
    draw_films(folder / "films", n_films, seed=1)
    write_network(network, read_files(folder / "films", small_onnx(network)), n_validation)
    draw_films(folder / "inbox", 14, seed=2)
    return folder
