"""Defects: films that look different, and looks or files that predict the class."""

import numpy as np
from PIL import Image, ImageOps

from tests.dicoms import dicom
from tests.films import encode
from tests.studies.defects.tree import Instance, Tree, encode_like, new_patient_path, one_each

FEW = 4
BRIGHTER = 45  # grey levels
ICC_PROFILE = b"any bytes, because no profile is ever applied"

CLASSES = "PNEUMONIA from NORMAL"
SPLITS = "the given test split of {} from the rest of that class"
# The findings that a change causes: higher quality, larger files; brighter films, less black
FILE_TOGETHER = ("Facts of the file taken together",)
COMPRESSION = (
    "JPEG quality alone",
    "JPEG quantisation table alone",
    "File size alone",
    "File size per pixel alone",
    *FILE_TOGETHER,
)
BRIGHTNESS = (
    "Mean grey level alone",
    "Grey level of the border alone",
    "Share of black pixels alone",
    "Pixel statistics taken together",
)


def deep(tree: Tree) -> list[Instance]:
    """Films of 16 bits among films of 8 bits."""
    films = tree.choose(FEW, split="train")
    for film in films:
        levels = np.asarray(tree.picture(film), dtype=np.uint16) * 257
        tree.write(film.path, encode(Image.fromarray(levels), "PNG"))
    return one_each([film.path for film in films])


def upside_down(tree: Tree) -> list[Instance]:
    """Films that are upside down, in both classes and all splits."""
    films = tree.choose(10)
    for film in films:
        picture = tree.picture(film)
        tree.write(film.path, encode_like(ImageOps.flip(picture), picture))
    return one_each([film.path for film in films])


def stretched(tree: Tree) -> list[Instance]:
    """Films stretched to five times their width."""
    films = tree.choose(FEW, split="train")
    for film in films:
        picture = tree.picture(film)
        wide = picture.resize((5 * picture.height, picture.height))
        tree.write(film.path, encode_like(wide, picture))
    return one_each([film.path for film in films])


def burned_in(tree: Tree) -> list[Instance]:
    """DICOM films whose header says that text is burned in."""
    films = tree.choose(2, split="train", label="NORMAL")
    paths = []
    for k, film in enumerate(films):
        pixels = np.asarray(tree.picture(film))
        path = new_patient_path("train", "NORMAL", k).replace(".jpeg", ".dcm")
        tree.remove([film])
        paths.append(tree.write(path, dicom(pixels, BurnedInAnnotation="YES", PatientID=f"P{k}")))
    return one_each(paths)


def without_patient(tree: Tree) -> list[Instance]:
    """Films whose names do not contain a patient."""
    films = tree.choose(FEW, split="train")
    contents = [(film.path.rpartition("/")[0], tree.read(film)) for film in films]
    tree.remove(films)
    return one_each(
        [tree.write(f"{folder}/scan-{k}.jpeg", data) for k, (folder, data) in enumerate(contents)]
    )


def quality_shortcut(tree: Tree) -> list[Instance]:
    """All films of one class saved again, with the same quality."""
    _recompress(tree, label="PNEUMONIA")
    return [_findings(COMPRESSION, CLASSES)]


def profile_shortcut(tree: Tree) -> list[Instance]:
    """A colour profile in the files of one class; no pixel changes."""
    for film in tree.choose(label="NORMAL"):
        data = tree.read(film)
        profile = b"ICC_PROFILE\0\1\1" + ICC_PROFILE
        segment = b"\xff\xe2" + (len(profile) + 2).to_bytes(2, "big") + profile
        tree.write(film.path, data[:2] + segment + data[2:])
    return [_findings(("Presence of a colour profile alone", *FILE_TOGETHER), CLASSES)]


def brightness_shortcut(tree: Tree) -> list[Instance]:
    """All films of one class brighter."""
    _brighten(tree, label="PNEUMONIA")
    return [_findings(BRIGHTNESS, CLASSES)]


def bright_test(tree: Tree) -> list[Instance]:
    """The given test split brighter than the rest."""
    _brighten(tree, split="test")
    return [_findings(BRIGHTNESS, SPLITS.format(label)) for label in ("NORMAL", "PNEUMONIA")]


def recompressed_test(tree: Tree) -> list[Instance]:
    """The given test split saved again, with the same quality."""
    _recompress(tree, split="test")
    return [_findings(COMPRESSION, SPLITS.format(label)) for label in ("NORMAL", "PNEUMONIA")]


def bright_set(tree: Tree) -> list[Instance]:
    """All films brighter than those of the reference."""
    _brighten(tree)
    return [frozenset({"mean", "border", "black_share"})]


def _recompress(tree: Tree, **wanted: str) -> None:
    for film in tree.choose(**wanted):
        tree.write(film.path, encode(tree.picture(film), "JPEG", quality=95))


def _brighten(tree: Tree, **wanted: str) -> None:
    for film in tree.choose(**wanted):
        picture = tree.picture(film)
        brighter = picture.point(lambda grey: min(255, grey + BRIGHTER))
        tree.write(film.path, encode_like(brighter, picture))


def _findings(subjects: tuple[str, ...], question: str) -> Instance:
    """Return the findings of the shortcut audit in its own words, without figures."""
    verb = {True: "tells", False: "tell"}
    return frozenset(
        f"{subject} {verb[subject.endswith('alone')]} {question}" for subject in subjects
    )
