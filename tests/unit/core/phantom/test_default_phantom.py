"""The default phantom: its counts and masks, and no trivial feature that tells the class."""

import csv
import hashlib
import re
from collections import defaultdict
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from tasks.core.phantom.plan import PhantomSettings
from tasks.core.phantom.write import write_phantom

PNEUMONIA_NAME = re.compile(r"^person(?P<p>\d+)_(bacteria|virus)_(?P<n>\d+)(?:_(\d+))?\.jpeg$")

NORMAL_NAME = re.compile(r"^(?P<fam>NORMAL2-)?IM-(?P<p>\d{4})-(\d{4})(?:-(\d{4}))?\.jpeg$")

pytestmark = pytest.mark.slow  # draws all films
MAX_TRIVIAL_AUROC = 0.65

NEAR_DUPLICATE_BITS = 12  # of 256, the default of `ingest.near_duplicate_bits`


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """The default phantom, written once: the tests only read it."""
    root = tmp_path_factory.mktemp("phantom") / "phantom"
    write_phantom(root, PhantomSettings())
    return root


@pytest.fixture(scope="module")
def truth(phantom):
    with (phantom / "truth.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def films(phantom, truth):
    return [np.asarray(Image.open(phantom / "kaggle" / row["path"])) for row in truth]


def auroc(scores, positive):
    """Share of (positive, negative) pairs in the right order, or in the wrong order if larger."""
    above = scores[positive][:, None] - scores[~positive][None, :]
    value = ((above > 0) + 0.5 * (above == 0)).mean()
    return max(value, 1 - value)


def border_mean(grey):
    margin = round(0.05 * min(grey.shape))
    inner = np.s_[margin:-margin, margin:-margin]
    return (grey.sum() - grey[inner].sum()) / (grey.size - grey[inner].size)


TRIVIAL_OF_PIXELS = {
    "mean": np.mean,
    "std": np.std,
    "width": lambda grey: grey.shape[1],
    "height": lambda grey: grey.shape[0],
    "aspect": lambda grey: grey.shape[1] / grey.shape[0],
    "sharpness": lambda grey: ndimage.laplace(grey).var(),
    "border": border_mean,
    "dark_share": lambda grey: (grey < 64).mean(),
}


def test_auroc_counts_ordered_pairs():
    scores = np.array([1.0, 2.0, 2.0, 3.0])  # pairs: 2>1, 2=2, 3>1, 3>2 -> 3.5 of 4

    assert auroc(scores, np.array([False, False, True, True])) == 0.875


@pytest.mark.parametrize("name", TRIVIAL_OF_PIXELS)
def test_no_trivial_feature_of_pixels_separates_the_classes(films, truth, name):
    ill = np.array([row["label"] == "PNEUMONIA" for row in truth])
    values = np.array([TRIVIAL_OF_PIXELS[name](film.astype(np.float32)) for film in films])

    assert auroc(values, ill) < MAX_TRIVIAL_AUROC


@pytest.mark.parametrize("per_pixel", [False, True])
def test_size_of_the_file_does_not_separate_the_classes(phantom, films, truth, per_pixel):
    ill = np.array([row["label"] == "PNEUMONIA" for row in truth])
    n_bytes = np.array([(phantom / "kaggle" / row["path"]).stat().st_size for row in truth])
    n_pixels = np.array([film.size for film in films])

    assert auroc(n_bytes / n_pixels if per_pixel else n_bytes, ill) < MAX_TRIVIAL_AUROC


def test_films_of_two_patients_are_not_near_duplicates(films, truth):
    hashes = [imagehash.dhash(Image.fromarray(film), 16).hash.ravel() for film in films]
    bits = np.array(hashes, dtype=np.int32)
    distances = bits @ (1 - bits).T + (1 - bits) @ bits.T
    patients = np.array([row["patient"] for row in truth])

    assert distances[patients[:, None] != patients[None, :]].min() > NEAR_DUPLICATE_BITS


def test_no_two_films_are_the_same(phantom):
    found = [film.read_bytes() for film in (phantom / "kaggle").rglob("*.jpeg")]

    assert len({hashlib.sha256(data).digest() for data in found}) == len(found) == 640


def test_cohort_has_the_counts_of_its_settings(truth):
    counts = defaultdict(int)
    for row in truth:
        counts[row["path"].split("/")[1], row["subtype"] or row["label"]] += 1

    # test: 0.45 of 160 = 72 normal; 0.6 of the other 88 = 53 bacteria; 35 virus
    assert [counts["test", kind] for kind in ("NORMAL", "bacteria", "virus")] == [72, 53, 35]
    assert [counts["val", kind] for kind in ("NORMAL", "bacteria", "virus")] == [7, 5, 4]
    assert [counts["train", kind] for kind in ("NORMAL", "bacteria", "virus")] == [209, 153, 102]


def test_every_name_has_the_form_of_kermanys_names(truth):
    for row in truth:
        name = row["path"].rsplit("/", 1)[1]
        pattern = NORMAL_NAME if row["label"] == "NORMAL" else PNEUMONIA_NAME
        assert pattern.match(name)
        assert name.startswith(row["patient"])


def test_every_opacity_has_a_mask_in_the_lungs_and_normals_have_none(phantom, truth, films):
    n_masks = 0
    for row, film in zip(truth, films, strict=True):
        stem = Path(row["path"]).stem
        lungs = np.asarray(Image.open(phantom / f"lungs/{stem}.png"))
        masks = [
            np.asarray(Image.open(phantom / f"masks/{stem}_{k}.png"))
            for k in range(1, int(row["n_opacities"]) + 1)
        ]
        n_masks += len(masks)

        assert bool(masks) == (row["label"] == "PNEUMONIA") == bool(row["sides"])
        assert set(np.unique(lungs)) == {0, 255}
        assert lungs.shape == film.shape
        for mask in masks:
            width_share = mask.any(axis=0).sum() / film.shape[1]
            assert mask.shape == film.shape
            assert width_share >= 0.1  # visible at 64 px
            assert lungs[mask > 0].mean() >= 0.95 * 255
    assert n_masks == len(list((phantom / "masks").iterdir()))


def test_truth_names_the_side_of_the_patient(phantom, truth):
    for row in truth[::7]:
        stem = Path(row["path"]).stem
        for k in range(1, int(row["n_opacities"]) + 1):
            mask = np.asarray(Image.open(phantom / f"masks/{stem}_{k}.png")) > 0
            side = "left" if ndimage.center_of_mass(mask)[1] > mask.shape[1] / 2 else "right"
            assert side in row["sides"].split()


def test_the_phantom_holds_small_grey_films_and_no_other_files(phantom, truth):
    names = {path.name for path in phantom.iterdir()}
    n_bytes = sum(path.stat().st_size for path in phantom.rglob("*") if path.is_file())

    assert names == {"kaggle", "masks", "lungs", "README.md", "truth.csv", "phantom.json"}
    assert n_bytes < 20e6
    for row in truth:
        with Image.open(phantom / "kaggle" / row["path"]) as film:
            assert (film.mode, film.format) == ("L", "JPEG")
    for text in ("README.md", "kaggle/chest_xray/SYNTHETIC.txt"):
        assert "synthetic" in (phantom / text).read_text(encoding="utf-8")
