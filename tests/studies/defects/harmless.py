"""Sound films in unusual forms: no gate may report them, and every film keeps what is known."""

import struct
import zlib

import numpy as np

from tests.films import encode
from tests.studies.defects.tree import Instance, Tree
from tests.unit.core.film.wide_files import tiff_of

TEXT_BYTES = 3_000_000


def without_suffix(tree: Tree) -> list[Instance]:
    """Films whose names have no suffix."""
    for film in tree.films:
        tree.move(film, film.path.removesuffix(".jpeg"))
    return []


def without_end(tree: Tree) -> list[Instance]:
    """JPEGs that lack their last two bytes, the end marker."""
    for film in tree.films:
        tree.write(film.path, tree.read(film)[:-2])
    return []


def batches(tree: Tree) -> list[Instance]:
    """Folders of batches above the folders of splits and classes."""
    for k, film in enumerate(tree.films):
        tree.move(film, f"batch_{k % 3 + 1}/{film.path.removeprefix('chest_xray/')}")
    return []


def hospitals(tree: Tree) -> list[Instance]:
    """Two hospitals, each with films of both classes."""
    for film in tree.films:
        site = ("Odense", "Skive")[film.patient_number % 2]
        tree.move(film, film.path.replace("chest_xray/", f"chest_xray/{site}/"))
    return []


def long_text(tree: Tree) -> list[Instance]:
    """PNGs with 3 MB of text beside the pixels."""
    for film in tree.choose(4, split="train"):
        data = encode(tree.picture(film), "PNG")
        body = b"tEXtComment\0" + TEXT_BYTES * b"x"
        chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        end = data.index(b"IDAT") - 4
        tree.write(film.path, data[:end] + chunk + data[end:])
    return []


def white_is_zero(tree: Tree) -> list[Instance]:
    """TIFFs of 16 bits, half of them with 0 as white."""
    for k, film in enumerate(tree.films):
        levels = np.asarray(tree.picture(film), dtype=np.uint16) * 257
        data = tiff_of(65535 - levels, "<", t262=0) if k % 2 else tiff_of(levels, "<", t262=1)
        tree.write(film.path, data)
    return []


def backslashes(tree: Tree) -> list[Instance]:
    """A zip of an old Windows program, with backslashes in its names."""
    tree.pack(separator="\\")
    return []
