"""Write the phantom: a synthetic cohort of chest films in Kaggle's layout, the truth beside it."""

import csv
import hashlib
import io
import logging
import multiprocessing
import os
import shutil
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
from tasks.core.errors import LunglineError
from tasks.core.phantom.plan import PhantomSettings, PlannedFilm, plan_films

if TYPE_CHECKING:  # imported where they are used, so that `--help` answers at once
    from PIL import Image


logger = logging.getLogger(__name__)

JPEG_QUALITIES = (80, 85, 90)
PROGRESS_FILMS = 100
TRUTH_COLUMNS = ("path", "label", "subtype", "patient", "n_opacities", "sides")
README = """\
# Phantom: synthetic chest films

No film here shows a person: `python -m tasks.core.phantom` drew all of them from seed {seed}.
They serve to try the pipeline and to score its explanations, and say nothing about patients.

{n_films} films of {n_patients} patients: {n_normal} NORMAL, {n_pneumonia} PNEUMONIA
({n_bacteria} bacteria, {n_virus} virus); train {n_train}, val {n_val}, test {n_test}.

| place | holds |
|---|---|
| `kaggle/` | the films in the layout and with the kind of names of Kaggle's set |
| `masks/` | `<film>_<k>.png`, one per opacity, 255 where it is |
| `lungs/` | `<film>.png`, 255 in the lungs, the heart left out |
| `truth.csv` | per film: label, subtype, patient, number of opacities, sides of the patient |

The folder is replaced whole when its settings change: keep nothing of your own in it.
"""


@dataclass(frozen=True)
class PhantomSummary:
    """Counts of a phantom; `written` is False when a complete one was there already."""

    n_films: int
    n_patients: int
    n_normal: int
    n_bacteria: int
    n_virus: int
    written: bool


def write_phantom(
    root: Path, settings: PhantomSettings, n_workers: int | None = None
) -> PhantomSummary:
    """Write a phantom, or leave the one that is there if it is complete and the same.

    Args:
        root: Folder to write. A phantom of other settings or another version is replaced.
        settings: Seed and sizes.
        n_workers: Processes that draw, one per core if None. The bytes do not depend on it.

    Raises:
        LunglineError: `root` holds something else or cannot be written, or a worker was killed.
    """
    films = plan_films(settings)
    identity = {"settings": asdict(settings), "n_films": len(films), "code": _code_digest()}
    try:
        written = not _is_complete(root, films, identity)
        if written:
            _refuse_foreign(root)
            _remove_leftovers(root)
            with atomic_path(root) as new_root:
                _write_films(new_root, films, settings.seed, n_workers or os.cpu_count() or 1)
                _write_readme(new_root, settings, _summarise(films, written))
                write_json(new_root / "phantom.json", identity)
                _move_away(root)
            _remove_leftovers(root)
    except (OSError, BrokenProcessPool) as error:
        raise LunglineError(
            "a phantom is written whole or not at all",
            found=f"{type(error).__name__}: {error}",
            where=str(root),
            next_step="free 40 MB, check the rights, or choose another folder with --out",
        ) from error
    return _summarise(films, written)


def draw_and_write(film: PlannedFilm, root: Path, seed: int) -> tuple[str, ...]:
    """Draw one film, write it with its lungs and masks, and return its row of `truth.csv`.

    Args:
        film: What to draw.
        root: Folder of the phantom; its subfolders exist.
        seed: Seed of the phantom; with the two numbers of `film` it decides every byte.
    """
    import numpy as np
    from PIL import Image

    from tasks.core.phantom import anatomy, radiograph

    # SeedSequence reads [seed, patient] and [seed, patient, 0] as the same: films count from 1.
    of_patient = np.random.default_rng([seed, film.patient_number])
    of_film = np.random.default_rng([seed, film.patient_number, film.film_number])
    body = anatomy.sample_anatomy(of_patient)
    opacities = anatomy.sample_opacities(of_patient, body, film.subtype)
    drawn = radiograph.draw_film(body, opacities, anatomy.sample_exposure(of_film), of_film)
    quality = int(of_film.choice(JPEG_QUALITIES))
    place = root / "kaggle" / film.path
    _save(Image.fromarray(drawn.pixels), place, format="JPEG", quality=quality)
    masks = {f"masks/{place.stem}_{k}.png": mask for k, mask in enumerate(drawn.opacities, 1)}
    for name, mask in {f"lungs/{place.stem}.png": drawn.lungs, **masks}.items():
        _save(Image.fromarray(mask.astype(np.uint8) * 255), root / name, format="PNG")
    sides = " ".join(sorted({"left" if opacity.side > 0 else "right" for opacity in opacities}))
    return (film.path, film.label, film.subtype, film.patient, str(len(opacities)), sides)


def _save(image: "Image.Image", place: Path, **form: Any) -> None:
    """Encode, then write: Pillow's JPEG writer ends well on a full disk with half a file."""
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
    """Digest of the drawing code: a phantom of an older version is drawn again."""
    here = Path(__file__).parent
    code = b"".join(
        (here / name).read_bytes()
        for name in ("anatomy.py", "radiograph.py", "phantom_plan.py", "phantom.py")
    )
    return hashlib.sha256(code).hexdigest()


def _is_complete(root: Path, films: list[PlannedFilm], identity: dict[str, Any]) -> bool:
    record = root / "phantom.json"
    if not record.is_file() or read_json(record) != identity:
        return False
    return all((root / "kaggle" / film.path).is_file() for film in films)


def _refuse_foreign(root: Path) -> None:
    if root.is_dir() and any(root.iterdir()) and not (root / "phantom.json").is_file():
        raise LunglineError(
            "a phantom replaces only a phantom",
            found="a folder with files and without phantom.json",
            where=str(root),
            next_step="choose an empty folder with --out, or empty this one yourself",
        )


def _move_away(root: Path) -> None:
    """Rename an old phantom in one step, so that a kill never leaves half of it in place."""
    if root.exists():
        root.replace(root.with_name(f".{root.name}.{os.getpid()}.old.part"))


def _remove_leftovers(root: Path) -> None:
    """Remove what killed runs left beside `root`; the folder of a run still alive stays."""
    for folder in sorted(root.parent.glob(f".{root.name}.*.part")):
        pid = int(folder.name.removeprefix(f".{root.name}.").split(".")[0])
        try:
            os.kill(pid, 0)  # asks only whether the process exists
            abandoned = pid == os.getpid()
        except ProcessLookupError:
            abandoned = True
        if abandoned:
            shutil.rmtree(folder)


def _write_films(root: Path, films: list[PlannedFilm], seed: int, n_workers: int) -> None:
    for folder in sorted({str(Path("kaggle", film.path).parent) for film in films}):
        (root / folder).mkdir(parents=True)
    for folder in ("masks", "lungs"):
        (root / folder).mkdir()
    rows = []
    for row in _draw_all(root, films, seed, n_workers):
        rows.append(row)
        if len(rows) % PROGRESS_FILMS == 0:
            logger.info("%d of %d films", len(rows), len(films))
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
    spawn = multiprocessing.get_context("spawn")  # a fork copies the locks of other threads
    pool = ProcessPoolExecutor(n_workers, mp_context=spawn, initializer=_start_worker)
    try:
        yield from pool.map(draw, films, chunksize=8)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stage.end_with_parent()


def _write_readme(root: Path, settings: PhantomSettings, summary: PhantomSummary) -> None:
    n_pneumonia = summary.n_bacteria + summary.n_virus
    text = README.format(**asdict(settings), **asdict(summary), n_pneumonia=n_pneumonia)
    (root / "README.md").write_text(text, encoding="utf-8", newline="\n")
