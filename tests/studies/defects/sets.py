"""Defects: sets without a class, or with too few films of one."""

from collections import Counter

from tests.studies.defects.tree import Instance, Tree

# The rules that a refused set breaks
CLASS_FOLDERS = (
    "films must lie in one folder per class (at least two classes), such as "
    "chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/ or {NORMAL,PNEUMONIA}/, or beside an "
    "index.csv or index.parquet with the columns path and label"
)
CLASS_IN_SPLITS = (
    "a cohort must have two or more classes, each with patients in train, val and test"
)


def unchanged(_: Tree) -> list[Instance]:
    """No defect."""
    return []


def no_test_class(tree: Tree) -> list[Instance]:
    """One class is missing from the given test split."""
    tree.remove(tree.choose(split="test", label="NORMAL"))
    return [_class(tree, "NORMAL") | {CLASS_IN_SPLITS}]


def no_folder(tree: Tree) -> list[Instance]:
    """One class folder is missing, so that the set has only one class."""
    tree.remove(tree.choose(label="NORMAL"))
    return [frozenset({CLASS_FOLDERS})]


def one_class_in_index(tree: Tree) -> list[Instance]:
    """An index that lists the films of one class only."""
    tree.remove(tree.choose(label="NORMAL"))
    films = [film for film in tree.films if film.label == "PNEUMONIA"]
    rows = [f"{film.path},{film.label},{film.split},{film.patient}" for film in films]
    table = "\n".join(["path,label,split,patient_id", *rows, ""])
    tree.write("index.csv", table.encode())
    return [frozenset({"NORMAL"})]


def renamed_class(tree: Tree) -> list[Instance]:
    """A class has another name than in the reference."""
    for film in tree.choose(label="PNEUMONIA"):
        tree.move(film, film.path.replace("/PNEUMONIA/", "/COVID/"))
    return [frozenset({"PNEUMONIA", "COVID", "label"})]


def shrunk_class(tree: Tree) -> list[Instance]:
    """Three quarters of the reference films of one class are missing."""
    films = tree.choose(label="NORMAL")
    tree.remove([film for k, film in enumerate(films) if k % 4])
    return [frozenset({"label"})]


def few_films(tree: Tree) -> list[Instance]:
    """18 films of 18 patients in each class."""
    keep_films(tree, {"NORMAL": 18, "PNEUMONIA": 18})
    return [frozenset()]


def small_class(tree: Tree) -> list[Instance]:
    """One class of 8 films and one of 60 films."""
    keep_films(tree, {"NORMAL": 8, "PNEUMONIA": 60})
    return [_class(tree, "NORMAL")]


def few_patients(tree: Tree) -> list[Instance]:
    """A class of 4 patients with 3 films each."""
    counts = Counter(film.patient for film in tree.choose(label="NORMAL"))
    kept = sorted(patient for patient, n in counts.items() if n == 3)[:4]
    tree.remove([film for film in tree.choose(label="NORMAL") if film.patient not in kept])
    return [_class(tree, "NORMAL")]


def unbalanced(tree: Tree) -> list[Instance]:
    """One class of 10 films and one of 111 films."""
    keep_films(tree, {"NORMAL": 10, "PNEUMONIA": len(tree.choose(label="PNEUMONIA"))})
    return [_class(tree, "NORMAL")]


def keep_films(tree: Tree, n_films: dict[str, int]) -> None:
    """Keep n films of each class at even distances, first one of each patient."""
    for label, n in n_films.items():
        films = sorted(tree.choose(label=label), key=lambda film: film.film_number)
        n_firsts = max(n, sum(film.film_number == 1 for film in films))
        kept = {films[k * n_firsts // n].path for k in range(n)}
        tree.remove([film for film in films if film.path not in kept])


def _class(tree: Tree, label: str) -> Instance:
    return frozenset(film.path for film in tree.choose(label=label))
