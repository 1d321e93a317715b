"""Defects: films that repeat another film, or the patient of another film."""

from PIL import Image

from tasks.core.phantom.plan import PlannedFilm
from tests.films import encode
from tests.studies.defects.tree import (
    Instance,
    Tree,
    encode_like,
    new_patient_path,
    same_patient_path,
)

FEW, MANY = 4, 12  # of 200 films: below and above the largest share that the gate accepts


def duplicates(tree: Tree, n: int = FEW) -> list[Instance]:
    """The same picture twice for one patient, as the same bytes or saved again without loss."""
    instances = []
    for k, film in enumerate(tree.choose(n, split="train")):
        data = tree.read(film) if k % 2 else encode(tree.picture(film), "PNG")
        instances.append(frozenset({film.path, tree.write(same_patient_path(film, k), data)}))
    return instances


def many_duplicates(tree: Tree) -> list[Instance]:
    """The same picture twice for 6 % of the films, which is more than the gate accepts."""
    return duplicates(tree, MANY)


def near_duplicates(tree: Tree) -> list[Instance]:
    """Near copies for the same patient: more compressed, smaller, or with less contrast."""
    films = tree.choose(MANY, split="train")
    return [
        frozenset({film.path, tree.write(same_patient_path(film, k), _near_copy(tree, film, k))})
        for k, film in enumerate(films)
    ]


def duplicate_in_test(tree: Tree) -> list[Instance]:
    """A copy of a training film in the test split, under the name of another patient."""
    films = tree.single_films(3, split="train", label="PNEUMONIA")
    return [_added(tree, film, k, "test", tree.read(film)) for k, film in enumerate(films)]


def near_duplicate_in_test(tree: Tree) -> list[Instance]:
    """A near copy of a training film in the test split, under the name of another patient."""
    films = tree.single_films(3, split="train", label="NORMAL")
    return [
        _added(tree, film, k, "test", _near_copy(tree, film, k)) for k, film in enumerate(films)
    ]


def leaked_patients(tree: Tree) -> list[Instance]:
    """A film of a training patient moved to the test split, under its own name."""
    instances = []
    for label in ("NORMAL", "PNEUMONIA"):
        several = [
            film
            for film in tree.choose(split="train", label=label)
            if film.film_number == 1 and len(tree.of_patient(film)) > 1
        ]
        for film in several[:2]:
            moved = film.path.replace("/train/", "/test/")
            data = tree.read(film)
            tree.remove([film])
            tree.write(moved, data)
            others = {one.path for one in tree.of_patient(film)} - {film.path}
            instances.append(frozenset({moved, *others}))
    return instances


def label_conflicts(tree: Tree) -> list[Instance]:
    """The same pixels in both classes."""
    films = tree.single_films(3, split="train", label="NORMAL")
    return [
        _added(tree, film, k, "train", tree.read(film), label="PNEUMONIA")
        for k, film in enumerate(films)
    ]


def near_label_conflicts(tree: Tree) -> list[Instance]:
    """Near copies in both classes."""
    films = tree.single_films(3, split="train", label="NORMAL")
    return [
        _added(tree, film, k, "train", _near_copy(tree, film, k), label="PNEUMONIA")
        for k, film in enumerate(films)
    ]


def _added(
    tree: Tree, film: PlannedFilm, number: int, split: str, data: bytes, label: str = ""
) -> Instance:
    """Add a film of a new patient; return its path with that of the film that it repeats."""
    path = new_patient_path(split, label or film.label, number)
    return frozenset({film.path, tree.write(path, data)})


def _near_copy(tree: Tree, film: PlannedFilm, kind: int) -> bytes:
    """Make a near copy: more compressed (kind 0, 3, ...), smaller (1, ...) or paler (2, ...)."""
    picture = tree.picture(film)
    if kind % 3 == 0:
        return encode(picture, "JPEG", quality=60)
    if kind % 3 == 1:
        size = (round(picture.width * 0.75), round(picture.height * 0.75))
        return encode_like(picture.resize(size, Image.Resampling.LANCZOS), picture)
    return encode_like(picture.point(lambda grey: 0.85 * grey + 20), picture)
