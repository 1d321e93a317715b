import csv
import hashlib
import json
import re
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import imagehash
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from tasks.core.errors import LunglineError
from tasks.core.phantom.plan import PhantomSettings, plan_films
from tasks.core.phantom.write import write_phantom

SMALL = PhantomSettings(seed=5, n_train=8, n_val=4, n_test=4)
PNEUMONIA_NAME = re.compile(r"^person(?P<p>\d+)_(bacteria|virus)_(?P<n>\d+)(?:_(\d+))?\.jpeg$")
NORMAL_NAME = re.compile(r"^(?P<fam>NORMAL2-)?IM-(?P<p>\d{4})-(\d{4})(?:-(\d{4}))?\.jpeg$")
MAX_TRIVIAL_AUROC = 0.65
NEAR_DUPLICATE_BITS = 12  # of 256, the threshold of `resample`


@pytest.fixture(scope="module")
def phantom(tmp_path_factory):
    """The default cohort, written once for the tests that only read it."""
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


def digests(root):
    files = sorted(path for path in root.rglob("*") if path.is_file())
    return {str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def auroc(scores, positive):
    """Share of (positive, negative) pairs in the right order, ties half; direction ignored."""
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


def test_films_of_two_patients_are_never_near_duplicates(films, truth):
    hashes = [imagehash.dhash(Image.fromarray(film), 16).hash.ravel() for film in films]
    bits = np.array(hashes, dtype=np.int32)
    distances = bits @ (1 - bits).T + (1 - bits) @ bits.T
    patients = np.array([row["patient"] for row in truth])

    assert distances[patients[:, None] != patients[None, :]].min() > NEAR_DUPLICATE_BITS


def test_no_two_films_are_the_same(phantom):
    found = digests(phantom / "kaggle")

    assert len(set(found.values())) == len(found) == 640


def test_cohort_has_the_counts_of_its_settings(truth):
    counts = defaultdict(int)
    for row in truth:
        counts[row["path"].split("/")[1], row["subtype"] or row["label"]] += 1

    # test: 0.45 of 160 = 72 normal; 0.6 of the other 88 = 53 bacteria; 35 virus
    assert [counts["test", kind] for kind in ("NORMAL", "bacteria", "virus")] == [72, 53, 35]
    assert [counts["val", kind] for kind in ("NORMAL", "bacteria", "virus")] == [7, 5, 4]
    assert [counts["train", kind] for kind in ("NORMAL", "bacteria", "virus")] == [209, 153, 102]


def test_every_name_is_one_of_kermanys(truth):
    for row in truth:
        name = row["path"].rsplit("/", 1)[1]
        pattern = NORMAL_NAME if row["label"] == "NORMAL" else PNEUMONIA_NAME
        assert pattern.match(name)
        assert name.startswith(row["patient"])


@pytest.mark.parametrize("seed", range(5))
def test_patients_never_straddle_splits_but_their_numbers_do(seed):
    splits, splits_of_number = defaultdict(set), defaultdict(set)
    for film in plan_films(PhantomSettings(seed=seed)):
        splits[film.patient].add(film.split)
        if film.subtype:
            splits_of_number[PNEUMONIA_NAME.match(Path(film.path).name)["p"]].add(film.split)

    assert all(len(found) == 1 for found in splits.values())
    assert sum(len(found) > 1 for found in splits_of_number.values()) > 20


def test_film_counter_rises_with_the_patient_number():
    for subtype in ("bacteria", "virus"):
        films = [film for film in plan_films(PhantomSettings()) if film.subtype == subtype]
        names = [PNEUMONIA_NAME.match(Path(film.path).name) for film in films]
        by_counter = sorted((int(name["n"]), int(name["p"])) for name in names)

        assert [n for n, _ in by_counter] == list(range(1, len(films) + 1))
        assert [p for _, p in by_counter] == sorted(p for _, p in by_counter)


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
            assert width_share >= 0.1  # seen at 64 px
            assert lungs[mask > 0].mean() >= 0.95 * 255
    assert n_masks == len(list((phantom / "masks").iterdir()))


def test_truth_names_the_side_of_the_patient(phantom, truth):
    for row in truth[::7]:
        stem = Path(row["path"]).stem
        for k in range(1, int(row["n_opacities"]) + 1):
            mask = np.asarray(Image.open(phantom / f"masks/{stem}_{k}.png")) > 0
            side = "left" if ndimage.center_of_mass(mask)[1] > mask.shape[1] / 2 else "right"
            assert side in row["sides"].split()


def test_phantom_is_small_grey_and_holds_nothing_else(phantom, truth):
    names = {path.name for path in phantom.iterdir()}
    n_bytes = sum(path.stat().st_size for path in phantom.rglob("*") if path.is_file())

    assert names == {"kaggle", "masks", "lungs", "README.md", "truth.csv", "phantom.json"}
    assert n_bytes < 20e6
    for row in truth:
        with Image.open(phantom / "kaggle" / row["path"]) as film:
            assert (film.mode, film.format) == ("L", "JPEG")
    assert "synthetic" in (phantom / "README.md").read_text(encoding="utf-8")


def test_bytes_do_not_depend_on_the_number_of_workers_or_the_run(tmp_path):
    for name, n_workers in (("one", 1), ("again", 1), ("two", 2)):
        write_phantom(tmp_path / name, SMALL, n_workers)

    assert digests(tmp_path / "one") == digests(tmp_path / "again") == digests(tmp_path / "two")


def test_another_seed_draws_other_films(tmp_path):
    write_phantom(tmp_path / "a", SMALL, 1)
    write_phantom(tmp_path / "b", PhantomSettings(6, 8, 4, 4), 1)

    assert not set(digests(tmp_path / "a/kaggle").values()) & set(
        digests(tmp_path / "b/kaggle").values()
    )


def test_complete_phantom_is_left_alone_and_a_changed_or_broken_one_replaced(tmp_path):
    root = tmp_path / "phantom"
    assert write_phantom(root, SMALL, 1).written
    before = digests(root)
    assert not write_phantom(root, SMALL, 1).written

    next((root / "kaggle").rglob("*.jpeg")).unlink()
    assert write_phantom(root, SMALL, 1).written
    assert digests(root) == before

    assert write_phantom(root, PhantomSettings(6, 8, 4, 4), 1).written
    assert json.loads((root / "phantom.json").read_text())["settings"]["seed"] == 6
    assert [path.name for path in tmp_path.iterdir()] == ["phantom"]


def test_leftovers_of_a_killed_run_are_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    leftover = tmp_path / f".phantom.{ended.pid}.part"
    (leftover / "kaggle").mkdir(parents=True)

    write_phantom(tmp_path / "phantom", SMALL, 1)

    assert not leftover.exists()


def test_interrupt_leaves_nothing_half_written(tmp_path, monkeypatch):
    from tasks.core.phantom import radiograph

    drawn = []

    def interrupted(*args):
        drawn.append(args)
        if len(drawn) == 3:
            raise KeyboardInterrupt
        return real(*args)

    real = radiograph.draw_film
    monkeypatch.setattr(radiograph, "draw_film", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_phantom(tmp_path / "phantom", SMALL, 1)

    assert list(tmp_path.iterdir()) == []


def test_folder_of_other_files_is_refused_and_kept(tmp_path):
    (tmp_path / "scan.jpeg").write_bytes(b"mine")

    with pytest.raises(LunglineError, match="a phantom replaces only a phantom"):
        write_phantom(tmp_path, SMALL, 1)
    assert (tmp_path / "scan.jpeg").read_bytes() == b"mine"


def test_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(LunglineError, match=r"(?s)whole or not at all.*file/phantom.*--out"):
        write_phantom(tmp_path / "file" / "phantom", SMALL, 1)


def test_full_disk_ends_with_one_message_and_no_phantom(tmp_path):
    out = tmp_path / "phantom"
    run = subprocess.run(
        [
            "bash",
            "-c",
            f"ulimit -f 4; exec {sys.executable} -m tasks.core.phantom --films 16 --out {out}",
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert "a phantom is written whole or not at all" in run.stderr
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changes", [{"seed": -1}, {"seed": 2**32}, {"n_val": 3}])
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(LunglineError, match="a seed is 0 to 4294967295, and each split has 4"):
        PhantomSettings(**changes)


@pytest.mark.parametrize("n_films", [16, 100, 640, 1000])
def test_size_of_a_cohort_is_the_number_of_films_asked_for(n_films):
    assert len(plan_films(PhantomSettings.of_size(n_films))) == n_films


def test_help_answers_without_heavy_imports():
    started = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "tasks.core.phantom", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert time.perf_counter() - started < 2
    assert "--films" in run.stdout
