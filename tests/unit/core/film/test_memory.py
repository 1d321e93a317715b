"""A conversion needs few bytes per pixel, so that the largest film fits beside its neighbours."""

import sys
from pathlib import Path

import numpy as np

from tests.dicoms import dicom
from tests.films import ROOT, encode, output_of, stage_environment

SIDE = 2000
MAX_BYTES = 7  # per pixel: 0.7 GB for the largest film of 100 million
STRIPS = 24 * 2**20  # bytes: a strip of a million pixels and their indices
PROGRAM = """
import resource, sys
from tasks.core.film.decode import colour_of, decode_grey, open_film

def peak_bytes():
    kilobytes = 1 if sys.platform == "darwin" else 1024
    return kilobytes * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

def decode(path):
    data = open(path, "rb").read()
    colour_of(open_film(data))
    decode_grey(open_film(data))

decode(sys.argv[1])  # what is imported is no part of the film's memory
before = peak_bytes()
for path in sys.argv[2:]:
    decode(path)
    print(path.rpartition("/")[2], peak_bytes() - before)
"""


def films() -> dict[str, bytes]:
    grey = np.add.outer(np.arange(SIDE), np.arange(SIDE)).astype(np.uint8)
    wide = grey.astype(np.uint16) * 16 + 5
    return {
        "small": dicom(wide[:80, :80], BitsStored=12),
        "dicom": dicom(wide, BitsStored=12),
        "png": encode(wide, "PNG", compress_level=1),
        "tiff": encode(wide, "TIFF"),
        "alpha": encode(np.dstack([grey] * 3 + [255 - grey]), "PNG", compress_level=1),
    }


def test_the_peak_of_memory_is_small(tmp_path: Path) -> None:
    for name, data in films().items():
        (tmp_path / name).write_bytes(data)
    program = [sys.executable, "-c", PROGRAM, *(str(tmp_path / name) for name in films())]
    lines = output_of(program, ROOT, stage_environment()).splitlines()
    peaks = {name: int(n_bytes) for name, n_bytes in (line.split() for line in lines)}
    assert max(peaks.values()) - STRIPS < MAX_BYTES * SIDE * SIDE, peaks
