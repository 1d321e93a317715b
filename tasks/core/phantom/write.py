"""Write the phantom: synthetic films in Kaggle's layout, and the truth about each of them."""

import csv
import hashlib
import io
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import stage
from tasks.core.atomic import atomic_path, read_json, write_json
from tasks.core.compute.progress import Progress
from tasks.core.errors import LunglineError
from tasks.core.phantom.plan import PhantomSettings, PlannedFilm, plan_films
from tasks.core.source.synthetic import MARKER_NAME

if TYPE_CHECKING:  # imported where it is used, so that `--help` answers at once
    from PIL import Image

JPEG_QUALITIES = (80, 85, 90)
TRUTH_COLUMNS = ("path", "label", "subtype", "patient", "n_opacities", "sides")
_MARKER = """\
These chest films are synthetic. No film in this folder shows a person.
A program drew all of them: `python -m tasks.core.phantom`.
Lungline reads from the name of this file that the films are synthetic, so keep it with them.
"""
# In the folder that people name as their source, be it `kaggle` or `chest_xray`
_MARKER_PATH = f"chest_xray/{MARKER_NAME}"
_README = """\
# Phantom: synthetic chest films

No film here shows a person: `python -m tasks.core.phantom` drew all of them from seed {seed}.
Use them to try the pipeline. They say nothing about patients.

{n_films} films of {n_patients} patients: {n_normal} NORMAL, {n_pneumonia} PNEUMONIA
({n_bacteria} bacteria, {n_virus} virus); train {n_train}, val {n_val}, test {n_test}.

| place | holds |
|---|---|
| `kaggle/` | the films, in the layout and with the names of Kaggle's set |
| `kaggle/chest_xray/SYNTHETIC.txt` | tells the pipeline that the films are synthetic |
| `masks/` | `<film>_<k>.png`, one per opacity, 255 inside the opacity |
| `lungs/` | `<film>.png`, 255 inside the lungs, without the heart |
| `truth.csv` | per film: label, subtype, patient, number of opacities, sides of the patient |

`masks/`, `lungs/` and `truth.csv` are the truth about each film. The stage `resize` scores its
boxes around the lungs by `lungs/`.

A run with other settings replaces the whole folder: keep no files of your own in it.
"""


@dataclass(frozen=True)
class PhantomSummary:
    """Counts of a phantom; `written` is False if a complete one was there already."""

    n_films: int
    n_patients: int
    n_normal: int
    n_bacteria: int
    n_virus: int
    written: bool


def write_phantom(
    root: Path, settings: PhantomSettings, n_workers: int | None = None
) -> PhantomSummary:
    """Write a phantom. If a complete one with the same settings is there, leave it.

    Args:
        root: Folder to write. A phantom of other settings or another version is replaced.
        settings: Seed and sizes.
        n_workers: Number of processes that draw; None for one per core. The bytes do not depend
            on it.

    Raises:
        LunglineError: `root` holds something else or cannot be written, or a worker was killed.

    Example:
        >>> from pathlib import Path
        >>> summary = write_phantom(Path("phantom"), PhantomSettings.of_size(16), n_workers=1)
        >>> summary.n_films, summary.n_bacteria, summary.n_virus
        (16, 4, 4)
    """
    films = plan_films(settings)
    identity = {"settings": asdict(settings), "n_films": len(films), "code": _code_digest()}
    try:
        written = not _is_complete(root, films, identity)
        if written:
            _refuse_foreign(root)
            with atomic_path(root) as new_root:
                _write_films(new_root, films, settings.seed, n_workers or os.cpu_count() or 1)
                _write_texts(new_root, settings, _summarise(films, written))
                write_json(new_root / "phantom.json", identity)
    except (OSError, BrokenProcessPool) as error:
        raise LunglineError(
            "a phantom must be written completely",
            found=f"{type(error).__name__}: {error}",
            where=str(root),
            next_step="free 40 MB, check the rights, or choose another folder with --out",
        ) from error
    return _summarise(films, written)


def draw_and_write(film: PlannedFilm, root: Path, seed: int) -> tuple[str, ...]:
    """Draw one film, write it with its lungs and masks, and return its row of `truth.csv`.

    Args:
        film: The planned film.
        root: Folder of the phantom. Its subfolders exist.
        seed: Seed of the phantom. Together with the two numbers of `film` it determines every byte.
    """
    import numpy as np
    from PIL import Image

    from tasks.core.phantom import anatomy, radiograph

    # For SeedSequence, [seed, patient] and [seed, patient, 0] are the same: film numbers start at 1
    of_patient = np.random.default_rng([seed, film.patient_number])
    of_film = np.random.default_rng([seed, film.patient_number, film.film_number])
    body = anatomy.sample_anatomy(of_patient)
    opacities = anatomy.sample_opacities(of_patient, body, film.subtype)
    drawn = radiograph.draw_synthetic_film(
        body, opacities, anatomy.sample_exposure(of_film), of_film
    )
    quality = int(of_film.choice(JPEG_QUALITIES))
    place = root / "kaggle" / film.path
    _save(Image.fromarray(drawn.pixels), place, format="JPEG", quality=quality)
    masks = {f"masks/{place.stem}_{k}.png": mask for k, mask in enumerate(drawn.opacities, 1)}
    for name, mask in {f"lungs/{place.stem}.png": drawn.lungs, **masks}.items():
        _save(Image.fromarray(mask.astype(np.uint8) * 255), root / name, format="PNG")
    sides = " ".join(sorted({"left" if opacity.side > 0 else "right" for opacity in opacities}))
    return (film.path, film.label, film.subtype, film.patient, str(len(opacities)), sides)


def _save(image: "Image.Image", place: Path, **form: Any) -> None:
    """Encode in memory, then write: on a full disk, Pillow's JPEG writer cuts a file silently."""
    encoded = io.BytesIO()
    image.save(encoded, **form)
    place.write_bytes(encoded.getvalue())


def _summarise(films: list[PlannedFilm], written: bool) -> PhantomSummary:
    subtypes = [film.subtype for film in films]
    return PhantomSummary(
        n_films=len(films),
        n_patients=len({film.patient for film in films}),
        n_normal=subtypes.count(""),
        n_bacteria=subtypes.count("bacteria"),
        n_virus=subtypes.count("virus"),
        written=written,
    )


def _code_digest() -> str:
    """Digest of the code of this package: a phantom of an older version is drawn again."""
    modules = sorted(Path(__file__).parent.glob("*.py"))
    code = b"".join(module.read_bytes() for module in modules if module.name != "__main__.py")
    return hashlib.sha256(code).hexdigest()


def _is_complete(root: Path, films: list[PlannedFilm], identity: dict[str, Any]) -> bool:
    try:
        if read_json(root / "phantom.json") != identity:
            return False
    except (OSError, ValueError):  # missing or damaged, or another run is replacing the folder
        return False
    names = [_MARKER_PATH, *(film.path for film in films)]
    return all((root / "kaggle" / name).is_file() for name in names)


def _refuse_foreign(root: Path) -> None:
    if root.is_dir() and any(root.iterdir()) and not (root / "phantom.json").is_file():
        raise LunglineError(
            "a phantom may replace a phantom only",
            found="a folder with files but without phantom.json",
            where=str(root),
            next_step="choose an empty folder with --out, or empty this one yourself",
        )


def _write_films(root: Path, films: list[PlannedFilm], seed: int, n_workers: int) -> None:
    for folder in sorted({str(Path("kaggle", film.path).parent) for film in films}):
        (root / folder).mkdir(parents=True)
    for folder in ("masks", "lungs"):
        (root / folder).mkdir()
    rows = []
    with Progress(len(films), unit="films") as progress:
        for row in _draw_all(root, films, seed, n_workers):
            rows.append(row)
            progress.advance()
    with (root / "truth.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([TRUTH_COLUMNS, *rows])


def _draw_all(
    root: Path, films: list[PlannedFilm], seed: int, n_workers: int
) -> Iterator[tuple[str, ...]]:
    """Yield the rows of `truth.csv` in the order of `films`."""
    draw = partial(draw_and_write, root=root, seed=seed)
    if n_workers == 1:
        yield from map(draw, films)
        return
    spawn = multiprocessing.get_context("spawn")  # a fork would copy locks that threads hold
    pool = ProcessPoolExecutor(n_workers, mp_context=spawn, initializer=_start_worker)
    try:
        yield from pool.map(draw, films, chunksize=8)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Let only the parent handle Ctrl-C, and end when the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stage.end_with_parent()


def _write_texts(root: Path, settings: PhantomSettings, summary: PhantomSummary) -> None:
    n_pneumonia = summary.n_bacteria + summary.n_virus
    readme = _README.format(**asdict(settings), **asdict(summary), n_pneumonia=n_pneumonia)
    for path, text in ((root / "README.md", readme), (root / "kaggle" / _MARKER_PATH, _MARKER)):
        path.write_text(text, encoding="utf-8", newline="\n")
