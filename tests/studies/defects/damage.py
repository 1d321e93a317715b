"""Defects: damaged films that some decoder shows, and files that no program should decode."""

import numpy as np

from tests.dicoms import dicom
from tests.films import encode, film_pixels, png_of_size
from tests.studies.defects.tree import Instance, Tree, add_films, new_patient_path, one_each

FEW = 4
END = b"\xff\xd9"  # the marker that ends a JPEG
MANY_SCANS = 120


def closed_half(tree: Tree) -> list[Instance]:
    """JPEGs cut at half and closed by an end marker, which viewers show half grey."""
    films = tree.choose(FEW, split="train")
    for film in films:
        data = tree.read(film)
        tree.write(film.path, data[: len(data) // 2] + END)
    return one_each([film.path for film in films])


def spliced_short(tree: Tree) -> list[Instance]:
    """JPEGs whose second half is the last quarter of another film."""
    return _spliced(tree, 1 / 4)


def spliced_long(tree: Tree) -> list[Instance]:
    """JPEGs whose second half is the last three quarters of another film."""
    return _spliced(tree, 3 / 4)


def costly(tree: Tree) -> list[Instance]:
    """A picture of 70,000 x 100 px, and a JPEG that is sent in more than 100 scans."""
    film = encode(film_pixels(0, 400, 300), "JPEG", progressive=True)
    scan = film[film.rindex(b"\xff\xda") : -2]
    many_scans = film[:-2] + MANY_SCANS * scan + END
    return add_films(tree, [png_of_size(70_000, 100), many_scans])


def without_palette(tree: Tree) -> list[Instance]:
    """PNGs whose values stand for the colours of a palette that is missing."""
    contents = []
    for film in tree.choose(FEW, split="train"):
        data = encode(tree.picture(film).convert("P"), "PNG")
        start = data.index(b"PLTE") - 4  # before the kind: the length; after the data: a checksum
        end = start + 12 + int.from_bytes(data[start : start + 4], "big")
        contents.append(data[:start] + data[end:])
    return add_films(tree, contents)


def unclear_polarity(tree: Tree) -> list[Instance]:
    """DICOM films of which one attribute says that 0 is black, and another that 0 is white."""
    return _as_dicom(tree, PresentationLUTShape="INVERSE")


def lateral_views(tree: Tree) -> list[Instance]:
    """DICOM films whose header states a lateral view."""
    return _as_dicom(tree, ViewPosition="LL")


def _as_dicom(tree: Tree, **elements: str) -> list[Instance]:
    """Replace two films by DICOM files with these elements."""
    paths = []
    for k, film in enumerate(tree.choose(2, split="train", label="NORMAL")):
        path = new_patient_path("train", "NORMAL", k).replace(".jpeg", ".dcm")
        pixels = np.asarray(tree.picture(film))
        data = dicom(pixels, PatientID=f"P{k}", **elements)
        tree.remove([film])
        paths.append(tree.write(path, data))
    return one_each(paths)


def _spliced(tree: Tree, share: float) -> list[Instance]:
    """Replace the second half of films by this share of other films of about the same size."""
    films = sorted(tree.choose(2 * FEW, split="train"), key=lambda film: len(tree.read(film)))
    for film, other in zip(films[::2], films[1::2], strict=True):
        head, tail = tree.read(film), tree.read(other)
        tree.write(film.path, head[: len(head) // 2] + tail[-round(share * len(tail)) :])
    return one_each([film.path for film in films[::2]])
