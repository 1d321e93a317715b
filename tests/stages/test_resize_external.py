"""The stage `resize-external`: the films of a cohort are fitted as those at home."""

from pathlib import Path

import numpy as np
import pytest

from tasks.core import paths
from tasks.core.errors import SourceError
from tasks.core.image_store.store import ImageStore
from tasks.core.tables import SAMPLES_SCHEMA, read_table
from tests.external_cohorts import make_sources, run_cohort, run_here, run_home
from tests.films import jpeg, run_stage


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_sources(tmp_path_factory.mktemp("cohorts"))
    run_home(root)
    for cohort in ("clinic", "gone"):
        run_cohort(root, cohort, "resize", gate=False)
    return root


def images_in(root: Path, cohort: str) -> ImageStore:
    return ImageStore(root / paths.external_images(cohort))


def test_the_store_holds_every_chosen_film_with_the_settings_of_home(root: Path) -> None:
    samples = read_table(SAMPLES_SCHEMA, root / paths.external_samples("clinic"))
    store, home = images_in(root, "clinic"), ImageStore(root / paths.IMAGES)
    assert store.ids == sorted(samples["image_id"])
    assert store.settings == home.settings


def test_a_film_that_is_at_home_too_becomes_the_same_square(root: Path) -> None:
    samples = read_table(SAMPLES_SCHEMA, root / paths.external_samples("clinic"))
    shared = samples.set_index("path")["image_id"]["Normal/tested.jpeg"]
    home = ImageStore(root / paths.IMAGES)
    assert np.array_equal(images_in(root, "clinic").read([shared]), home.read([shared]))


def test_a_cohort_without_films_has_a_store_without_images(root: Path) -> None:
    store = images_in(root, "gone")
    assert (len(store), store.size_px) == (0, 16)
    assert store.read([]).shape == (0, 16, 16, 1)


def test_the_program_counts_the_films(root: Path) -> None:
    end = run_stage("resize.external", root, "--cohort", "clinic")
    assert end.returncode == 0, end.stderr
    assert end.stderr == "[resize-external] clinic: 15 films: 0 decoded, 15 reused, 0 removed\n"


def test_a_film_that_changed_is_an_error_that_names_the_cohort(tmp_path: Path) -> None:
    root = make_sources(tmp_path)
    run_home(root)
    run_cohort(root, "ill", "resample", gate=False)
    (root / "ill/COVID/1.jpeg").write_bytes(jpeg(1))
    with pytest.raises(SourceError, match=r"COVID/1.jpeg \(evaluate.external.ill\)"):
        run_here("resize.external", root, cohort="ill")
