"""A phantom set that a defect is planted into; films that do not change are links."""

import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from tasks.core.phantom.plan import PhantomSettings, PlannedFilm, plan_films
from tests.films import encode

SETTINGS = PhantomSettings.of_size(200)
# What one planted defect touches: any of these names is a hit, any other name a false alarm
Instance = frozenset[str]
STRANGER = 9000  # numbers that no patient of the phantom has


class Tree:
    """The films of a source folder, by path relative to it.

    Args:
        phantom: Folder written by `tasks.core.phantom.write` with SETTINGS.
        root: Source folder to make.

    Attributes:
        films: What was planned, sorted by path.
    """

    def __init__(self, phantom: Path, root: Path) -> None:
        self.root = root
        self.phantom = phantom
        self.films = plan_films(SETTINGS)
        for film in self.films:
            place = root / film.path
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(phantom / "kaggle" / film.path, place)

    def choose(self, n: int | None = None, /, **wanted: str) -> list[PlannedFilm]:
        """Films that have these attributes, `n` of them at even distances.

        Args:
            n: How many; all when None.
            wanted: Attributes of a film and their values: `split="train"`.
        """
        found = [
            film
            for film in self.films
            if all(getattr(film, name) == value for name, value in wanted.items())
        ]
        return found if n is None else [found[k * len(found) // n] for k in range(n)]

    def of_patient(self, film: PlannedFilm) -> list[PlannedFilm]:
        """All films of the patient of one film."""
        return self.choose(patient=film.patient)

    def loners(self, n: int, /, **wanted: str) -> list[PlannedFilm]:
        """Films of patients who have no other film, chosen as by `choose`."""
        found = [film for film in self.choose(**wanted) if len(self.of_patient(film)) == 1]
        return [found[k * len(found) // n] for k in range(n)]

    def read(self, film: PlannedFilm) -> bytes:
        """Bytes of a film."""
        return (self.root / film.path).read_bytes()

    def picture(self, film: PlannedFilm) -> Image.Image:
        """A film as its file has it: mode L, with the quantisation tables of its JPEG."""
        image = Image.open(io.BytesIO(self.read(film)))
        image.load()
        return image

    def write(self, path: str, data: bytes) -> str:
        """Put a file in place; the phantom that a link leads to stays as it is."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_bytes(data)
        return path

    def remove(self, films: Sequence[PlannedFilm]) -> None:
        """Take films out of the set."""
        for film in films:
            (self.root / film.path).unlink()


def as_before(image: Image.Image, original: Image.Image, **options: Any) -> bytes:
    """JPEG bytes of a changed film, compressed with the tables of the original."""
    tables = getattr(original, "quantization", None)
    return encode(image, "JPEG", **{"qtables": tables, **options})


def second_name(film: PlannedFilm, number: int) -> str:
    """Path of one more film of the same patient, named as Kermany's are."""
    folder = film.path.rpartition("/")[0]
    if film.label == "NORMAL":
        return f"{folder}/{film.patient}-{STRANGER + number}.jpeg"
    return f"{folder}/{film.patient}_{STRANGER + number}.jpeg"


def strange_name(split: str, label: str, number: int) -> str:
    """Path of a film of a patient whom the phantom does not have."""
    folder = f"chest_xray/{split}/{label}"
    if label == "NORMAL":
        return f"{folder}/IM-{STRANGER + number}-0001.jpeg"
    return f"{folder}/person{STRANGER + number}_bacteria_{STRANGER + number}.jpeg"


def one_each(paths: Sequence[str]) -> list[Instance]:
    """Every path is a defect of its own."""
    return [frozenset({path}) for path in paths]
