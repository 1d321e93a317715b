"""Defects: pictures that are no films by their content, whatever their names say."""

import numpy as np
from PIL import Image

from tasks.core.phantom.plan import PlannedFilm
from tests.films import encode
from tests.studies.defects.sets import keep_films
from tests.studies.defects.tree import Instance, Tree, add_films, one_each

FEW = 4


def gifs(tree: Tree) -> list[Instance]:
    """GIF pictures among the films."""
    return one_each([_as_gif(tree, film) for film in tree.choose(FEW, split="train")])


def gifs_of_a_small_class(tree: Tree) -> list[Instance]:
    """GIF pictures: 5 of the 24 films of a class, but only 4 % of all films."""
    keep_films(tree, {"NORMAL": 24, "PNEUMONIA": len(tree.choose(label="PNEUMONIA"))})
    films = [film for film in tree.choose(label="NORMAL") if tree.has(film)]
    return [frozenset(_as_gif(tree, film) for film in films[::5])]


def text_names(tree: Tree) -> list[Instance]:
    """Films whose names end with .txt."""
    films = tree.choose(FEW, split="train")
    return one_each([tree.move(film, film.path.replace(".jpeg", ".txt")) for film in films])


def two_values(tree: Tree) -> list[Instance]:
    """Masks of the lungs with names like those of films: PNGs of 8 bits and 1 bit, and JPEGs."""
    masks = [Image.open(tree.truth("lungs", film)) for film in tree.choose(6, split="train")]
    contents = [
        *(encode(mask, "PNG") for mask in masks[:2]),
        *(encode(mask.convert("1"), "PNG") for mask in masks[2:4]),
        *(encode(mask, "JPEG") for mask in masks[4:]),
    ]
    return add_films(tree, contents)


def lung_masks(tree: Tree) -> list[Instance]:
    """Films with lungs in another shade, in a folder named `lung masks`."""
    paths = []
    for film in tree.choose(FEW, split="train"):
        lungs = np.asarray(Image.open(tree.truth("lungs", film)))
        overlay = np.asarray(tree.picture(film)) // 2 + lungs // 4
        folder, _, name = film.path.rpartition("/")
        paths.append(tree.write(f"{folder}/lung masks/{name}", encode(overlay, "JPEG")))
    return one_each(paths)


def label_maps(tree: Tree) -> list[Instance]:
    """Pictures of three grey levels, as label maps have them."""
    contents = []
    for film in tree.choose(FEW, split="train"):
        pixels = np.asarray(tree.picture(film))
        levels = np.digitize(pixels, np.quantile(pixels, (0.33, 0.67)))
        contents.append(encode((100 * levels).astype(np.uint8), "PNG"))
    return add_films(tree, contents)


def sixteen_levels(tree: Tree) -> list[Instance]:
    """Films cut to 16 grey levels, 2 % of all."""
    films = tree.choose(FEW, split="train")
    for film in films:
        pixels = np.asarray(tree.picture(film)) // 16 * 16
        tree.write(film.path, encode(pixels, "PNG"))
    return one_each([film.path for film in films])


def _as_gif(tree: Tree, film: PlannedFilm) -> str:
    """Save a film as GIF in place of its JPEG, and return the path."""
    picture = tree.picture(film)
    tree.remove([film])
    return tree.write(film.path.replace(".jpeg", ".gif"), encode(picture, "GIF"))
