"""Upside-down films are found by their thumbnails; upright films are not."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from tasks.core.image_store.builder import write_store
from tasks.core.image_store.store import ImageStore
from tasks.core.params import ValidateParams
from tasks.validate.orientation import upside_down
from tests.unit.validate.cases import check, pairs_of

# Great Expectations imports a module that Python has deprecated
pytestmark = pytest.mark.filterwarnings("ignore:module 'sre_:DeprecationWarning")


def films(n_films: int, seed: int = 0) -> NDArray[np.uint8]:
    """(n, 64, 64) pictures of one anatomy, each with its own noise."""
    rng = np.random.default_rng(seed)
    anatomy = rng.integers(60, 190, (16, 16))
    noise = rng.integers(-60, 60, (n_films, 16, 16))
    return np.kron(anatomy + noise, np.ones((1, 4, 4))).astype(np.uint8)


def stored(folder: Path, ids: list[str], pictures: NDArray[np.uint8]) -> ImageStore:
    write_store(folder, ids, 64, pictures)
    return ImageStore(folder)


def test_only_turned_films_are_found(tmp_path: Path) -> None:
    ids = [f"{number:03d}" for number in range(300)]
    pictures = films(300)
    pictures[::20] = pictures[::20, ::-1]
    found = upside_down(pd.Series(ids), stored(tmp_path / "thumbnails", ids, pictures))
    assert found[found == 1].index.tolist() == ids[::20]


def test_exposure_and_contrast_do_not_matter(tmp_path: Path) -> None:
    ids = [f"{number:03d}" for number in range(60)]
    pictures = films(60)
    pictures[1] = pictures[1] // 4
    pictures[2] = 90  # of one grey level
    found = upside_down(pd.Series(ids), stored(tmp_path / "thumbnails", ids, pictures))
    assert not found.any()


def test_films_without_a_thumbnail_are_left_out(tmp_path: Path) -> None:
    store = stored(tmp_path / "thumbnails", ["a", "b"], films(2))
    assert upside_down(pd.Series(["b", "c", "b", None]), store).index.tolist() == ["b"]
    assert upside_down(pd.Series([None], dtype="str"), store).empty


def test_gate_names_the_upside_down_film(
    clean: pd.DataFrame, thresholds: ValidateParams, tmp_path: Path
) -> None:
    ids = sorted(clean["image_id"].tolist() + [f"f{number:063d}" for number in range(280)])
    pictures = films(300)
    turned = int(np.flatnonzero(np.array(ids) == clean["image_id"][7])[0])
    pictures[turned] = pictures[turned, ::-1]
    found = upside_down(pd.Series(ids), stored(tmp_path / "thumbnails", ids, pictures))
    results, _ = check(clean, pairs_of(), thresholds, found)
    failed = {result.name: result for result in results if not result.passed}
    assert set(failed) == {"films_upright"}
    assert failed["films_upright"].observed == "5.0 % (1 of 20)"
    assert [row["path"] for row in failed["films_upright"].rows] == [clean["path"][7]]
