"""Plan the films of a phantom: names, patients and splits. Nothing is drawn here."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.core.errors import LunglineError

if TYPE_CHECKING:  # imported where it is used, so that `--help` answers at once
    import numpy as np

    from tasks.core.phantom.anatomy import Subtype

NORMAL_SHARE = 0.45
BACTERIA_SHARE = 0.6  # of the pneumonia films
FILMS_OF_PATIENT_PROB = (0.65, 0.25, 0.10)  # probability of one, two and three films
NUMBER_STEP_PROB = {1: 0.8, 2: 0.15, 5: 0.05}  # steps above 1 make gaps, as in Kermany's numbers
# Each family numbers its own patients, and splits are blocks of numbers, as in Kermany's set:
# person 7 of the bacteria and person 7 of the viruses are two children, often in two splits
BLOCKS = {
    "IM": ("test", "val", "train"),
    "NORMAL2-IM": ("test", "val", "train"),
    "bacteria": ("test", "val", "train"),
    "virus": ("train", "val", "test"),
}


@dataclass(frozen=True)
class PhantomSettings:
    """Settings of a phantom. They determine every byte of its films.

    Attributes:
        seed: 0 to 2**32 - 1.
        n_train: Films in `train`; each split needs 4 or more.
        n_val: Films in `val`; Kaggle's set has 16.
        n_test: Films in `test`.

    Raises:
        LunglineError: A value is out of its range.
    """

    seed: int = 0
    n_train: int = 464
    n_val: int = 16
    n_test: int = 160

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32 or min(self.n_train, self.n_val, self.n_test) < 4:
            raise LunglineError(
                "a seed is 0 to 4294967295, and each split has 4 films or more",
                found=str(self),
                where="phantom settings",
                next_step="choose another --seed, or --films 16 or more",
            )

    @classmethod
    def of_size(cls, n_films: int, seed: int = 0) -> "PhantomSettings":
        """Divide films: a quarter to test, a tenth (4 to 16) to val, the rest to train."""
        n_val, n_test = min(16, max(4, n_films // 10)), n_films // 4
        return cls(seed=seed, n_train=n_films - n_val - n_test, n_val=n_val, n_test=n_test)


@dataclass(frozen=True)
class PlannedFilm:
    """One film before it is drawn.

    Attributes:
        path: POSIX path relative to `kaggle/`.
        split: `train`, `val` or `test`.
        family: A key of `BLOCKS`: the subtype of a pneumonia, or one of two forms of normal names.
        patient: Part of the file name that names the patient.
        patient_number: From 1, unique in the phantom.
        film_number: From 1, unique for the patient.
    """

    path: str
    split: str
    family: str
    patient: str
    patient_number: int
    film_number: int

    @property
    def subtype(self) -> "Subtype":
        """`bacteria`, `virus`, or an empty text for a normal film."""
        if self.family.endswith("IM"):
            return ""
        return "bacteria" if self.family == "bacteria" else "virus"

    @property
    def label(self) -> str:
        """`NORMAL` or `PNEUMONIA`."""
        return "PNEUMONIA" if self.subtype else "NORMAL"


def plan_films(settings: PhantomSettings) -> list[PlannedFilm]:
    """Plan names, patients and splits of all films, sorted by path.

    Example:
        >>> films = plan_films(PhantomSettings.of_size(16))
        >>> len(films), films[-1].path, films[-1].label
        (16, 'chest_xray/val/PNEUMONIA/person3_virus_3.jpeg', 'PNEUMONIA')
    """
    import numpy as np

    rng = np.random.default_rng([settings.seed])
    films: list[PlannedFilm] = []
    n_patients = 0
    for family in BLOCKS:
        number = n_family_films = 0
        for split, n_films in _family_quotas(settings, family):
            for n_own in _share_among_patients(rng, n_films):
                n_patients += 1
                number += int(rng.choice(list(NUMBER_STEP_PROB), p=list(NUMBER_STEP_PROB.values())))
                names = _name_films(family, number, n_family_films, n_own)
                n_family_films += n_own
                films += _plan_patient(split, family, names, n_patients)
    return sorted(films, key=lambda film: film.path)


def _family_quotas(settings: PhantomSettings, family: str) -> list[tuple[str, int]]:
    """Number of films of one family in each split, in the order of `BLOCKS`."""
    sizes = {"train": settings.n_train, "val": settings.n_val, "test": settings.n_test}
    quotas = []
    for split in BLOCKS[family]:
        n_normal = round(NORMAL_SHARE * sizes[split])
        n_bacteria = round(BACTERIA_SHARE * (sizes[split] - n_normal))
        shares = {
            "IM": n_normal - n_normal // 2,
            "NORMAL2-IM": n_normal // 2,
            "bacteria": n_bacteria,
            "virus": sizes[split] - n_normal - n_bacteria,
        }
        quotas.append((split, shares[family]))
    return quotas


def _share_among_patients(rng: "np.random.Generator", n_films: int) -> Iterator[int]:
    while n_films:
        n_own = min(n_films, int(rng.choice([1, 2, 3], p=FILMS_OF_PATIENT_PROB)))
        yield n_own
        n_films -= n_own


def _name_films(family: str, number: int, n_before: int, n_own: int) -> tuple[str, list[str]]:
    """Name a patient and their films as in Kermany's set; a subtype numbers its films in a row."""
    counts = range(1, n_own + 1)
    if not family.endswith("IM"):
        patient = f"person{number}_{family}"
        return patient, [f"{patient}_{n_before + k}" for k in counts]
    patient = f"{family}-{number:04d}"
    only = f"{patient}-0001"
    return patient, [only] if n_own == 1 else [f"{only}-{k:04d}" for k in counts]


def _plan_patient(
    split: str, family: str, names: tuple[str, list[str]], patient_number: int
) -> list[PlannedFilm]:
    patient, stems = names
    folder = f"chest_xray/{split}/{'NORMAL' if family.endswith('IM') else 'PNEUMONIA'}"
    return [
        PlannedFilm(f"{folder}/{stem}.jpeg", split, family, patient, patient_number, k)
        for k, stem in enumerate(stems, 1)
    ]
