"""Defects: files that are not usable films."""

import numpy as np
from PIL import Image

from tests.films import encode, film_pixels, png_of_size
from tests.studies.defects.tree import Instance, Tree, add_films, film_name, one_each

FEW, MANY = 4, 12  # of 200 films: below and above the largest share that the gate accepts


def junk(tree: Tree) -> list[Instance]:
    """Files that Finder, Windows and notebooks leave in folders."""
    names = (
        "chest_xray/.DS_Store",
        "chest_xray/train/NORMAL/.DS_Store",
        "chest_xray/test/PNEUMONIA/Thumbs.db",
        "__MACOSX/chest_xray/train/NORMAL/._IM-0115-0001.jpeg",
        "chest_xray/train/NORMAL/.ipynb_checkpoints/IM-0115-0001-checkpoint.jpeg",
    )
    return one_each([tree.write(name, b"\0\0\0\1Bud1" + name.encode()) for name in names])


def no_images(tree: Tree) -> list[Instance]:
    """A text file and a spreadsheet among the films."""
    names = ("chest_xray/train/NORMAL/readme.txt", "chest_xray/train/PNEUMONIA/list.xlsx")
    return one_each([tree.write(name, b"not a picture") for name in names])


def unreadable(tree: Tree) -> list[Instance]:
    """A web page, an empty file, random bytes, and a film with wrong first bytes."""
    film = tree.read(tree.choose(1, split="train")[0])
    noise = np.random.default_rng(0).bytes(5000)
    return add_films(tree, [b"<!DOCTYPE html><p>Sign in", b"", noise, b"\x00\x11" + film[2:]])


def truncated(tree: Tree, n: int = FEW) -> list[Instance]:
    """Films whose download stopped half-way."""
    paths = []
    for film in tree.choose(n, split="train"):
        data = tree.read(film)
        paths.append(tree.write(film.path, data[: len(data) // 2]))
    return one_each(paths)


def many_truncated(tree: Tree) -> list[Instance]:
    """Half-downloaded films, 6 % of all, which is more than the gate accepts."""
    return truncated(tree, MANY)


def bombs(tree: Tree) -> list[Instance]:
    """Small files that declare 400 and 1,200 million pixels."""
    return add_films(tree, [png_of_size(20_000, 20_000), png_of_size(40_000, 30_000)])


def too_small(tree: Tree) -> list[Instance]:
    """Films as small as icons."""
    return add_films(tree, [encode(film_pixels(k, 60, 48), "JPEG", quality=85) for k in range(FEW)])


def constant(tree: Tree) -> list[Instance]:
    """Pictures of one grey level."""
    greys = (0, 90, 255)
    return add_films(tree, [encode(Image.new("L", (400, 300), g), "JPEG") for g in greys])


def colour_photographs(tree: Tree) -> list[Instance]:
    """Colour pictures with smooth areas of every hue."""
    layers = [[film_pixels(10 * k + c, 400, 300) for c in range(3)] for k in range(FEW)]
    return add_films(tree, [encode(np.dstack(rgb), "JPEG", quality=85) for rgb in layers])


def floats(tree: Tree) -> list[Instance]:
    """TIFFs of 32-bit floats, which state no range of grey levels."""
    pictures = [tree.picture(film).convert("F") for film in tree.choose(2, split="train")]
    return add_films(tree, [encode(picture, "TIFF") for picture in pictures])


def masks(tree: Tree) -> list[Instance]:
    """Masks of the opacities in a folder inside the class folder, as in COVID-19 Radiography."""
    films = tree.choose(MANY, split="train", label="PNEUMONIA")
    paths = []
    for film in films:
        folder, _, name = film.path.rpartition("/")
        stem = name.removesuffix(".jpeg")
        mask = tree.truth("masks", film).read_bytes()
        paths.append(tree.write(f"{folder}/masks/{stem}.png", mask))
    return one_each(paths)


def nested_copy(tree: Tree) -> list[Instance]:
    """A second copy of the test films inside the set, as in Kaggle's zip."""
    films = tree.choose(split="test")
    return one_each([tree.write(f"chest_xray/{film.path}", tree.read(film)) for film in films])


def outside_classes(tree: Tree) -> list[Instance]:
    """Films beside the class folders, so that their class is unknown."""
    films = tree.choose(FEW, split="train")
    return one_each([tree.move(film, f"chest_xray/train/{film_name(film)}") for film in films])
