"""Films that repeat another film or another patient."""

from PIL import Image

from tasks.core.phantom.plan import PlannedFilm
from tests.films import encode
from tests.studies.defects.tree import Instance, Tree, as_before, second_name, strange_name

FEW, MANY = 4, 12  # of 200 films: below and above the share that the gate accepts


def duplicates(tree: Tree, n: int = FEW) -> list[Instance]:
    """The same picture twice for one patient: as the same bytes, or saved anew without loss."""
    instances = []
    for k, film in enumerate(tree.choose(n, split="train")):
        data = tree.read(film) if k % 2 else encode(tree.picture(film), "PNG")
        instances.append(frozenset({film.path, tree.write(second_name(film, k), data)}))
    return instances


def many_duplicates(tree: Tree) -> list[Instance]:
    """The same for 6 % of the films: more than the gate accepts."""
    return duplicates(tree, MANY)


def near_duplicates(tree: Tree) -> list[Instance]:
    """Twins within a patient: compressed harder, smaller, or with less contrast."""
    films = tree.choose(MANY, split="train")
    return [
        frozenset({film.path, tree.write(second_name(film, k), _twin(tree, film, k))})
        for k, film in enumerate(films)
    ]


def duplicate_in_test(tree: Tree) -> list[Instance]:
    """A film of train once more in test, under the name of another patient."""
    films = tree.loners(3, split="train", label="PNEUMONIA")
    return [
        frozenset({film.path, tree.write(strange_name("test", film.label, k), tree.read(film))})
        for k, film in enumerate(films)
    ]


def near_duplicate_in_test(tree: Tree) -> list[Instance]:
    """A twin of a film of train in test, under the name of another patient."""
    films = tree.loners(3, split="train", label="NORMAL")
    return [
        frozenset(
            {film.path, tree.write(strange_name("test", film.label, k), _twin(tree, film, k))}
        )
        for k, film in enumerate(films)
    ]


def leaked_patients(tree: Tree) -> list[Instance]:
    """One film of a patient of train moved to test, under its right name."""
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
    """The same pixels under both classes."""
    films = tree.loners(3, split="train", label="NORMAL")
    return [
        frozenset({film.path, tree.write(strange_name("train", "PNEUMONIA", k), tree.read(film))})
        for k, film in enumerate(films)
    ]


def near_label_conflicts(tree: Tree) -> list[Instance]:
    """Twins under both classes."""
    films = tree.loners(3, split="train", label="NORMAL")
    return [
        frozenset(
            {film.path, tree.write(strange_name("train", "PNEUMONIA", k), _twin(tree, film, k))}
        )
        for k, film in enumerate(films)
    ]


def _twin(tree: Tree, film: PlannedFilm, kind: int) -> bytes:
    """A film compressed harder (kind 0, 3, ...), made smaller (1, 4, ...) or paler (2, 5, ...)."""
    picture = tree.picture(film)
    if kind % 3 == 0:
        return encode(picture, "JPEG", quality=60)
    if kind % 3 == 1:
        size = (round(picture.width * 0.75), round(picture.height * 0.75))
        return as_before(picture.resize(size, Image.Resampling.LANCZOS), picture)
    return as_before(picture.point(lambda grey: 0.85 * grey + 20), picture)
