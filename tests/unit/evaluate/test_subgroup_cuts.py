"""Groups of films: where the cuts lie, and what is left out."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.evaluate.subgroup_cuts import age_groups, film_groups, thirds
from tasks.ingest.manifest import build_manifest
from tests.cohorts import manifest_of, squares_cohort
from tests.films import ingest_params, pack


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (0, "under 1 year"), (0.999, "under 1 year"), (1, "1 to 4 years"), (4.99, "1 to 4 years"),
        (5, "5 to 17 years"), (17.9, "5 to 17 years"), (18, "18 to 64 years"),
        (64.9, "18 to 64 years"), (65, "65 years and older"), (90, "65 years and older"),
    ],
)  # fmt: skip
def test_ages_are_cut_where_clinics_cut_them(age: float, group: str) -> None:
    assert age_groups(pd.Series([age])).tolist() == [group]


def test_an_unknown_age_has_no_group() -> None:
    assert age_groups(pd.Series([np.nan, 3.0])).isna().tolist() == [True, False]


def test_thirds_are_those_of_the_cohort_and_not_of_the_films() -> None:
    cohort = pd.Series([10.0, 20.0, 30.0, 40.0, 50.0, 60.0])
    films = pd.Series([41.0, 20.0, np.nan, 40.5, 20.1], index=[9, 8, 7, 6, 5])
    found = thirds(films, cohort, "grey", "")
    low, middle, high = "grey up to 20", "grey above 20 to 40", "grey above 40"
    assert found.fillna("unknown").tolist() == [high, low, "unknown", high, middle]
    assert found.index.tolist() == [9, 8, 7, 6, 5]


def test_a_cut_is_the_number_that_the_name_states() -> None:
    """A tertile of 1.23456 is rounded to 1.235, and so is the cut."""
    found = thirds(pd.Series([1.2349, 1.2351]), pd.Series([1.23456] * 6), "aspect", "")
    assert found.tolist() == ["aspect up to 1.235", "aspect above 1.235"]


def test_without_a_number_there_is_no_group() -> None:
    nothing = pd.Series([np.nan, np.nan])
    assert thirds(nothing, nothing, "quality", "").isna().all()


@given(st.lists(st.floats(0.1, 9000), min_size=1), st.lists(st.floats(0.1, 9000), min_size=1))
def test_each_number_has_one_of_three_groups_in_its_order(
    films: list[float], cohort: list[float]
) -> None:
    found = thirds(pd.Series(films), pd.Series(cohort), "side", " px")
    assert found.notna().all()
    bounds = pd.Series(films).groupby(found).agg(["min", "max"]).sort_values("min")
    assert len(bounds) <= 3
    assert (bounds["max"].to_numpy()[:-1] < bounds["min"].to_numpy()[1:]).all()


def test_attributes_in_which_films_do_not_differ_are_left_out() -> None:
    films = squares_cohort()
    manifest = manifest_of(films)
    assert list(film_groups(films, manifest)) == ["class"]
    manifest["width"] = np.where(manifest["path"].str.contains("-0.png"), 300, 900)
    manifest["sex"] = manifest["path"].str.extract("(test)", expand=False)  # or null
    found = film_groups(films, manifest)
    assert list(found) == ["class", "size", "aspect"]
    assert set(found["size"]) == {"shorter side up to 300 px", "shorter side above 300 to 400 px"}


def test_rejected_and_repeated_files_do_not_move_the_cuts() -> None:
    films = squares_cohort()
    manifest = manifest_of(films).assign(width=np.arange(len(films)) + 100.0)
    expected = film_groups(films, manifest)["size"]
    others = manifest.assign(path="z" + manifest["path"], status="rejected", width=5000)
    again = manifest.assign(path="zz" + manifest["path"], width=7000)
    found = film_groups(films, pd.concat([manifest, others, again]))["size"]
    assert found.tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("kermany-original",
         ["class", "subtype", "size", "aspect", "brightness", "sharpness", "jpeg_quality"]),
        ("covid-3class", ["class", "brightness", "sharpness", "jpeg_quality"]),  # all 640 x 640 px
    ],
)  # fmt: skip
def test_real_packs_show_their_groups(name: str, attributes: list[str]) -> None:
    manifest = build_manifest(ingest_params(pack(name)))
    films = manifest[manifest["status"] == "ok"].drop_duplicates("image_id")
    found = film_groups(films, manifest)
    assert list(found) == attributes
    assert all(2 <= found[attribute].nunique() <= 4 for attribute in attributes)
    n_brightness = found["brightness"].value_counts()
    assert n_brightness.min() > len(films) / 4  # tertiles of real films are thirds, roughly
