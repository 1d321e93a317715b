"""When data grows, a held-out film never moves to training and other films keep their split."""

from dataclasses import dataclass
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.core.statistics.groups import join_groups
from tasks.core.statistics.groups import patients as patients_of
from tasks.resample.cohort import build_cohort
from tests.unit.resample.frames import (
    Row,
    digest,
    film,
    pairs_of,
    patients,
    resample_params,
    usable_films,
)

N_PATIENTS = 90  # a class without a group in the test has chance 0.8^90, about 2e-9


def base(given_test: bool) -> list[Row]:
    """Two classes of 90 patients; with `given_test`, 8 more of each in a given test split."""
    if not given_test:
        return [*patients("N", N_PATIENTS), *patients("P", N_PATIENTS)]
    in_test = [*patients("N", 8, given_split="test"), *patients("P", 8, given_split="test")]
    free = patients("N", N_PATIENTS, given_split="train")
    return [*in_test, *free, *patients("P", N_PATIENTS, given_split="train")]


@dataclass(frozen=True)
class More:
    """A film added to the base, of an old patient, a new one or none, maybe with old pixels.

    name: file name, which sorts before or after all others.
    """

    name: str
    twin: int
    label: str | None
    patient: str | None
    given_split: str
    copied: bool

    def row(self, rows: list[Row], given_test: bool) -> Row:
        twin = rows[self.twin % len(rows)]
        return film(
            self.name,
            self.label or twin["label"],
            twin["patient_id"] if self.patient == "old" else self.patient,
            given_split=self.given_split if given_test else None,
            pixel_hash=twin["pixel_hash"] if self.copied else digest("pixels of", self.name),
        )


MORE = st.builds(
    More,
    name=st.from_regex("[0z][0-9]{3}", fullmatch=True),
    twin=st.integers(0, 2 * N_PATIENTS - 1),
    label=st.sampled_from([None, None, "N", "P"]),
    patient=st.sampled_from(["old", "new:1", "new:2", None]),
    given_split=st.sampled_from(["train", "test"]),
    copied=st.booleans(),
)
AT = st.integers(0, 2 * N_PATIENTS + 10)


@dataclass(frozen=True)
class Growth:
    """Films added to the base: the first `n_old` before the growth, all after it.

    near: pairs of near duplicates, as positions.
    """

    given_test: bool
    more: list[More]
    n_old: int
    near: list[tuple[int, int]]


GROWTHS = st.builds(
    Growth,
    given_test=st.booleans(),
    more=st.lists(MORE, min_size=1, max_size=12, unique_by=lambda film: film.name),
    n_old=st.integers(0, 4),
    near=st.lists(st.tuples(AT, AT), max_size=6),
)
MODES = st.fixed_dictionaries({"seed": st.integers(0, 2**32 - 1), "keep_given_test": st.booleans()})


def grown(growth: Growth, **changes: Any) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cohort of the old films and the cohort of all: one row per usable film, by path."""
    rows = base(growth.given_test)
    n_base = len(rows)
    rows += [more.row(rows[:n_base], growth.given_test) for more in growth.more]
    cohorts = []
    for n_films in (min(n_base + growth.n_old, len(rows)), len(rows)):
        films = usable_films(rows[:n_films])
        pairs = [
            (rows[a]["path"], rows[b]["path"])
            for a, b in growth.near
            if a != b and max(a, b) < n_films
        ]
        samples, excluded = build_cohort(films, pairs_of(films, pairs), resample_params(**changes))
        table = pd.concat([samples, excluded.assign(split="excluded")])
        films["patient_id"] = patients_of(films)
        films["group"] = join_groups(films, pairs_of(films, pairs))  # also of excluded films
        facts = films.set_index("path")[["pixel_hash", "patient_id", "group"]]
        cohorts.append(table.set_index("path")[["split", "fold"]].join(facts))
    return cohorts[0], cohorts[1]


@given(GROWTHS, MODES)
@settings(max_examples=10, deadline=None)
def test_a_held_out_film_never_moves_to_training_when_data_grows(
    growth: Growth, mode: dict[str, Any]
) -> None:
    before, after = grown(growth, **mode)
    both = before.join(after["split"].rename("later"))
    assert set(both.loc[both["split"] == "test", "later"]) <= {"test", "excluded"}
    assert set(both.loc[both["split"] == "val", "later"]) <= {"val", "test", "excluded"}
    held_out_pixels = before.loc[before["split"].isin(["val", "test"]), "pixel_hash"]
    assert not set(held_out_pixels) & set(after.loc[after["split"] == "train", "pixel_hash"])


@given(GROWTHS, MODES)
@settings(max_examples=10, deadline=None)
def test_a_film_changes_its_split_only_if_its_group_gains_a_patient(
    growth: Growth, mode: dict[str, Any]
) -> None:
    before, after = grown(growth, **mode)
    patients_before = before.groupby("group")["patient_id"].agg(set)
    patients_after = after.groupby("group")["patient_id"].agg(set)
    for path, old in before[before["split"] != "excluded"].iterrows():
        new = after.loc[path]
        if new["split"] not in (old["split"], "excluded"):
            assert patients_before[old["group"]] < patients_after[new["group"]]


@given(GROWTHS, MODES, st.integers(2, 4))
@settings(max_examples=10, deadline=None)
def test_with_folds_test_films_never_train_and_films_of_unchanged_groups_keep_their_fold(
    growth: Growth, mode: dict[str, Any], n_folds: int
) -> None:
    before, after = grown(growth, n_folds=n_folds, **mode)
    both = before.join(after[["split", "fold", "group"]].add_suffix("_later"))
    assert set(both.loc[both["split"] == "test", "split_later"]) <= {"test", "excluded"}
    stay = both[both["fold"].notna() & both["fold_later"].notna()]
    stay = stay[stay["group"] == stay["group_later"]]
    assert (stay["fold"] == stay["fold_later"]).all()


def test_a_new_copy_that_replaces_a_held_out_film_is_held_out_too() -> None:
    """A patient still counts if its only film is left out as a duplicate."""
    old = base(given_test=False)
    twins = [
        film(f"twin{number}", row["label"], f"A:{number}", pixel_hash=row["pixel_hash"])
        for number, row in enumerate(old)
    ]
    before, _ = build_cohort(*tables_of(old), resample_params())
    after, excluded = build_cohort(*tables_of([*old, *twins]), resample_params())
    assert set(excluded["path"]) == {row["path"] for row in old}  # A sorts before N and P
    split_after = dict(zip(after["path"], after["split"], strict=True))
    twin_of = {row["path"]: twin["path"] for row, twin in zip(old, twins, strict=True)}
    for path, split in zip(before["path"], before["split"], strict=True):
        allowed = {"test": {"test"}, "val": {"val", "test"}, "train": {"train", "val", "test"}}
        assert split_after[twin_of[path]] in allowed[split]


def tables_of(rows: list[Row]) -> tuple[pd.DataFrame, pd.DataFrame]:
    films = usable_films(rows)
    return films, pairs_of(films)
