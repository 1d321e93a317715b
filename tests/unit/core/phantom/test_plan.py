"""The plan of a phantom: names, patients and splits as in Kermany's set."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from tasks.core.errors import LunglineError
from tasks.core.phantom.plan import PhantomSettings, plan_films

PNEUMONIA_NAME = re.compile(r"^person(?P<p>\d+)_(bacteria|virus)_(?P<n>\d+)(?:_(\d+))?\.jpeg$")


@pytest.mark.parametrize("seed", range(5))
def test_a_patient_is_in_one_split_but_numbers_occur_in_several(seed):
    splits, splits_of_number = defaultdict(set), defaultdict(set)
    for film in plan_films(PhantomSettings(seed=seed)):
        splits[film.patient].add(film.split)
        if film.subtype:
            splits_of_number[PNEUMONIA_NAME.match(Path(film.path).name)["p"]].add(film.split)

    assert all(len(found) == 1 for found in splits.values())
    assert sum(len(found) > 1 for found in splits_of_number.values()) > 20


def test_film_numbers_rise_with_patient_numbers():
    for subtype in ("bacteria", "virus"):
        films = [film for film in plan_films(PhantomSettings()) if film.subtype == subtype]
        names = [PNEUMONIA_NAME.match(Path(film.path).name) for film in films]
        by_counter = sorted((int(name["n"]), int(name["p"])) for name in names)

        assert [n for n, _ in by_counter] == list(range(1, len(films) + 1))
        assert [p for _, p in by_counter] == sorted(p for _, p in by_counter)


@pytest.mark.parametrize("changes", [{"seed": -1}, {"seed": 2**32}, {"n_val": 3}])
def test_settings_out_of_range_are_refused(changes):
    with pytest.raises(LunglineError, match="a seed is 0 to 4294967295, and each split has 4"):
        PhantomSettings(**changes)


@pytest.mark.parametrize("n_films", [16, 100, 640, 1000])
def test_a_phantom_has_as_many_films_as_its_size(n_films):
    assert len(plan_films(PhantomSettings.of_size(n_films))) == n_films
