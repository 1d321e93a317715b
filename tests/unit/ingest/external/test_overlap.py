"""Films of a cohort that are at home too: equal pixels, near duplicates, and nothing else."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image

from tasks.core.image_store.store import ImageStore
from tasks.core.tables import PAIRS_SCHEMA
from tasks.ingest.duplicate_pairs import find_pairs
from tasks.ingest.external.overlap import find_overlap
from tasks.ingest.manifest import build_manifest
from tasks.ingest.thumbnails import collect_thumbnails
from tests.films import encode, film_pixels, ingest_params, on_workers, write_tree

Pixels = NDArray[np.uint8]
PARAMS = ingest_params("anywhere")


def ingested(root: Path, films: dict[str, Pixels]) -> tuple[pd.DataFrame, ImageStore]:
    files = {path: encode(pixels, "PNG") for path, pixels in films.items()}
    write_tree(root / "films", files)
    with collect_thumbnails(root / "thumbnails") as keep:
        manifest = build_manifest(ingest_params(root / "films"), keep, on_workers(1))
    return manifest, ImageStore(root / "thumbnails")


def smaller(pixels: Pixels) -> Pixels:
    return np.asarray(Image.fromarray(pixels).resize((72, 60), Image.Resampling.BICUBIC))


def test_copies_and_resized_copies_are_found_and_other_films_are_not(tmp_path: Path) -> None:
    films = [film_pixels(seed) for seed in range(8)]
    home = {"A/0.png": films[0], "A/1.png": films[1], "B/2.png": films[2], "B/7.png": films[0]}
    cohort = {
        "A/x.png": films[0],  # equal pixels, twice at home: the first stands for both
        "A/y.png": smaller(films[1]),
        "B/z.png": films[5],
        "B/w.png": films[6],
    }
    theirs, ours = ingested(tmp_path / "there", cohort), ingested(tmp_path / "home", home)
    found = find_overlap(theirs, ours, PARAMS)
    assert list(found.columns) == PAIRS_SCHEMA.names
    rows = found[["path_a", "path_b", "kind"]].to_numpy().tolist()
    assert rows == [["A/x.png", "A/0.png", "exact"], ["A/y.png", "A/1.png", "near"]]
    assert found["correlation"].min() > PARAMS.near_duplicate_correlation


def test_the_near_pairs_are_those_of_one_joint_search(tmp_path: Path) -> None:
    """The rule is that of the source: a joint manifest gives the same pairs across the two."""
    films = [film_pixels(seed) for seed in range(5)]
    home = {f"A/{k}.png": film for k, film in enumerate(films)} | {"B/n.png": film_pixels(90)}
    cohort = {f"C/{k}.png": smaller(film) for k, film in enumerate(films[:3])}
    cohort |= {"D/n.png": film_pixels(91)}
    found = find_overlap(ingested(tmp_path / "c", cohort), ingested(tmp_path / "h", home), PARAMS)
    joint, thumbnails = ingested(tmp_path / "joint", home | cohort)
    both = find_pairs(joint, thumbnails, PARAMS)
    across = both[both["path_a"].str[0].isin(list("AB")) & both["path_b"].str[0].isin(list("CD"))]
    expected = set(zip(across["path_b"], across["path_a"], across["n_bits"], strict=True))
    assert len(expected) == 3
    assert set(zip(found["path_a"], found["path_b"], found["n_bits"], strict=True)) == expected


def test_a_cohort_without_films_overlaps_with_nothing(tmp_path: Path) -> None:
    home = ingested(tmp_path, {"A/0.png": film_pixels(1), "B/1.png": film_pixels(2)})
    with collect_thumbnails(tmp_path / "none"):
        pass
    nothing = home[0].iloc[:0], ImageStore(tmp_path / "none")
    assert find_overlap(nothing, home, PARAMS).empty
    assert find_pairs(*nothing, PARAMS).empty
