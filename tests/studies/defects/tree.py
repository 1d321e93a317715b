"""A copy of the phantom in which a defect is planted; unchanged films are hard links."""

import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from tasks.core.phantom.plan import PhantomSettings, PlannedFilm, plan_films
from tasks.core.source.synthetic import MARKER_NAME
from tests.films import encode

SETTINGS = PhantomSettings.of_size(200)
# Names that belong to one planted instance; a gate that names one of them has found it
Instance = frozenset[str]
UNUSED_NUMBER = 9000  # the phantom has no patient with this number or a higher one
ZIP = "source.zip"  # beside the source folder; if it exists, it is the source


class Tree:
    """The films of a source folder, by path relative to it.

    Args:
        phantom: Folder written by `tasks.core.phantom.write` with SETTINGS.
        root: Source folder to make.

    Attributes:
        films: Films of the phantom, sorted by path.
    """

    def __init__(self, phantom: Path, root: Path) -> None:
        self.root = root
        self.phantom = phantom
        self.films = plan_films(SETTINGS)
        for path in (f"chest_xray/{MARKER_NAME}", *(film.path for film in self.films)):
            place = root / path
            place.parent.mkdir(parents=True, exist_ok=True)
            os.link(phantom / "kaggle" / path, place)

    def choose(self, n: int | None = None, /, **wanted: str) -> list[PlannedFilm]:
        """Return films with these attributes.

        Args:
            n: Number of films, taken at even distances; None returns all.
            wanted: Attributes of a film and their values, such as `split="train"`.
        """
        found = [
            film
            for film in self.films
            if all(getattr(film, name) == value for name, value in wanted.items())
        ]
        return found if n is None else [found[k * len(found) // n] for k in range(n)]

    def of_patient(self, film: PlannedFilm) -> list[PlannedFilm]:
        """Return all films of the patient of one film."""
        return self.choose(patient=film.patient)

    def single_films(self, n: int, /, **wanted: str) -> list[PlannedFilm]:
        """Return films of patients with one film only; the arguments are those of `choose`."""
        found = [film for film in self.choose(**wanted) if len(self.of_patient(film)) == 1]
        return [found[k * len(found) // n] for k in range(n)]

    def read(self, film: PlannedFilm) -> bytes:
        """Return the bytes of a film."""
        return (self.root / film.path).read_bytes()

    def picture(self, film: PlannedFilm) -> Image.Image:
        """Decode a film; the image keeps the quantisation tables of its JPEG file."""
        image = Image.open(io.BytesIO(self.read(film)))
        image.load()
        return image

    def write(self, path: str, data: bytes) -> str:
        """Write a file and return its path; the phantom behind a link does not change."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_bytes(data)
        return path

    def move(self, film: PlannedFilm, path: str) -> str:
        """Give a film another path, and return it."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        (self.root / film.path).rename(place)
        return path

    def has(self, film: PlannedFilm) -> bool:
        """Whether a film is still at its path."""
        return (self.root / film.path).exists()

    def truth(self, kind: str, film: PlannedFilm) -> Path:
        """Return the mask of a film: of its `lungs`, or of its first opacity (`masks`)."""
        stem = Path(film.path).stem
        return self.phantom / kind / (f"{stem}_1.png" if kind == "masks" else f"{stem}.png")

    def pack(self, separator: str = "/") -> Path:
        """Pack the set into a zip, which becomes the source, and return the path of the zip.

        Args:
            separator: Stands between folders in the names of the zip.
        """
        place = self.root.parent / ZIP
        with zipfile.ZipFile(place, "w") as archive:
            for path in sorted(path for path in self.root.rglob("*") if path.is_file()):
                name = path.relative_to(self.root).as_posix().replace("/", separator)
                archive.writestr(name, path.read_bytes())
        return place

    def remove(self, films: Sequence[PlannedFilm]) -> None:
        """Remove films from the set."""
        for film in films:
            (self.root / film.path).unlink()


def encode_like(image: Image.Image, original: Image.Image, **options: Any) -> bytes:
    """Encode a changed film as JPEG with the quantisation tables of the original."""
    tables = getattr(original, "quantization", None)
    return encode(image, "JPEG", **{"qtables": tables, **options})


def film_name(film: PlannedFilm) -> str:
    """Return the file name of a film."""
    return film.path.rpartition("/")[2]


def same_patient_path(film: PlannedFilm, number: int) -> str:
    """Return the path of another film of the same patient, with a name like Kermany's."""
    folder = film.path.rpartition("/")[0]
    if film.label == "NORMAL":
        return f"{folder}/{film.patient}-{UNUSED_NUMBER + number}.jpeg"
    return f"{folder}/{film.patient}_{UNUSED_NUMBER + number}.jpeg"


def new_patient_path(split: str, label: str, number: int) -> str:
    """Return the path of a film of a patient who is not in the phantom."""
    folder = f"chest_xray/{split}/{label}"
    if label == "NORMAL":
        return f"{folder}/IM-{UNUSED_NUMBER + number}-0001.jpeg"
    return f"{folder}/person{UNUSED_NUMBER + number}_bacteria_{UNUSED_NUMBER + number}.jpeg"


def add_films(tree: Tree, contents: Sequence[bytes]) -> list[Instance]:
    """Add one film of a new patient to train for each content, in alternating classes."""
    labels = ("NORMAL", "PNEUMONIA")
    paths = [new_patient_path("train", labels[k % 2], k) for k in range(len(contents))]
    return one_each([tree.write(*pair) for pair in zip(paths, contents, strict=True)])


def one_each(paths: Sequence[str]) -> list[Instance]:
    """Make one instance of each path."""
    return [frozenset({path}) for path in paths]
