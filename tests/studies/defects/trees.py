"""Defects: folders and tables from which the class, the split or the patient cannot be told.

A source that is refused is found if the broken rule is the planted one.
"""

from tasks.core.phantom.plan import PlannedFilm
from tests.studies.defects.tree import UNUSED_NUMBER, Instance, Tree, film_name, one_each

FEW_OTHERS = 8
CLASS_FOLDERS = (
    "class folders must be named by their findings; names of patients, batches, views or plain "
    "numbers are no classes"
)
SPLIT_FOLDERS = "either all or no folders of one level may be splits (train, val, dev, test, ...)"
INDEX_ABOVE = "an index must lie above all films, because its paths are relative to its folder"
INDEX_ONCE = "an index may list a file once"


def one_patient(tree: Tree) -> list[Instance]:
    """One patient key for more than half of a class, as in a set anonymised with one PatientID."""
    films = tree.choose(split="train", label="NORMAL")
    folder = films[0].path.rpartition("/")[0]
    return [
        frozenset(
            tree.move(film, f"{folder}/IM-{UNUSED_NUMBER}-0001-{k:04d}.jpeg")
            for k, film in enumerate(films, 1)
        )
    ]


def renamed_negative_class(tree: Tree) -> list[Instance]:
    """The class without a finding has another name than `evaluate.negative_class`."""
    for film in tree.choose(label="NORMAL"):
        tree.move(film, film.path.replace("/NORMAL/", "/CLEAR LUNGS/"))
    return [frozenset({"NORMAL"})]


def one_class_hospital(tree: Tree) -> list[Instance]:
    """A hospital that has films of one class only."""
    for k, film in enumerate(tree.films):
        site = "Skive" if film.label == "PNEUMONIA" and k % 4 == 0 else "Odense"
        tree.move(film, film.path.replace("chest_xray/", f"chest_xray/{site}/"))
    return [frozenset({"SKIVE"})]


def patient_folders(tree: Tree) -> list[Instance]:
    """One folder per patient, and none per class."""
    for film in tree.films:
        tree.move(film, f"films/patient{film.patient_number:04d}/{film_name(film)}")
    return [frozenset({CLASS_FOLDERS})]


def batch_folders(tree: Tree) -> list[Instance]:
    """Folders of 50 films each, and none per class."""
    for k, film in enumerate(tree.films):
        tree.move(film, f"films/images_{k // 50:03d}/{film_name(film)}")
    return [frozenset({CLASS_FOLDERS})]


def folder_beside_splits(tree: Tree) -> list[Instance]:
    """A folder of films beside train, val and test."""
    for film in tree.choose(20, split="train"):
        tree.move(film, film.path.replace("/train/", "/new films/"))
    return [frozenset({SPLIT_FOLDERS})]


def deep_index(tree: Tree) -> list[Instance]:
    """An index in the folder of one split, which cannot name the films of the others."""
    _write_index(tree, "chest_xray/train/", tree.choose(split="train"))
    return [frozenset({INDEX_ABOVE})]


def two_rows(tree: Tree) -> list[Instance]:
    """An index that lists a film twice, with two classes."""
    films = tree.films
    _write_index(tree, "", films, f"{films[0].path},PNEUMONIA,train,p1")
    return [frozenset({INDEX_ONCE})]


def other_findings(tree: Tree) -> list[Instance]:
    """Films of a finding that is no class of the study, in the layout of NIH ChestX-ray14."""
    others = {film.path for film in tree.choose(FEW_OTHERS, split="train", label="PNEUMONIA")}
    rows, planted = ["Image Index,Finding Labels,Patient ID"], []
    for k, film in enumerate(tree.films):
        name = f"{film.patient_number:08d}_{k:03d}.jpeg"
        path = tree.move(film, f"images/{name}")
        finding = "No Finding" if film.label == "NORMAL" else "Pneumonia"
        if film.path in others:
            finding = "Hernia"
            planted.append(path)
        rows.append(f"{name},{finding},{film.patient_number}")
    tree.write("Data_Entry_2017.csv", "\n".join([*rows, ""]).encode())
    return one_each(planted)


def _write_index(tree: Tree, folder: str, films: list[PlannedFilm], *more: str) -> None:
    """Write an index of films into a folder above them."""
    rows = [
        f"{film.path.removeprefix(folder)},{film.label},{film.split},{film.patient}"
        for film in films
    ]
    table = "\n".join(["path,label,split,patient_id", *rows, *more, ""])
    tree.write(f"{folder}index.csv", table.encode())
