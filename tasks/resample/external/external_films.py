"""Choose the films of an external cohort: classes of the model, no training film, no duplicate."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tasks.core.class_mapping import MappedClasses
from tasks.core.statistics.groups import join_groups, patients
from tasks.core.tables import EXCLUDED_SCHEMA, SAMPLES_SCHEMA, usable
from tasks.resample.cohort import find_exclusions
from tasks.resample.external.known_at_home import splits_at_home

EXTERNAL_SPLIT = "external"
_AT_HOME = "its group holds a film that is at home: "
_UNMAPPED = "no class of the model for "
NO_CLASS, IN_TRAINING = "no_class_of_model", "also_in_training"


@dataclass(frozen=True)
class AtHome:
    """The films of the source.

    samples: data/samples.parquet. groups: from `known_at_home.groups_at_home`. overlap: films that
    the cohort holds too.
    """

    samples: pd.DataFrame
    groups: pd.DataFrame
    overlap: pd.DataFrame


@dataclass(frozen=True)
class ChosenFilms:
    """The films of a cohort that are judged, and those that are left out.

    samples, excluded: As `tables.SAMPLES_SCHEMA` and `EXCLUDED_SCHEMA`, sorted by path.
    n_in_test: Films that are judged although the test split at home holds them too.
    """

    samples: pd.DataFrame
    excluded: pd.DataFrame
    n_in_test: int


def choose_films(
    manifest: pd.DataFrame,
    pairs: pd.DataFrame,
    mapped: MappedClasses,
    classes: Sequence[str],
    at_home: AtHome,
) -> ChosenFilms:
    """Choose the films that a model can be judged on.

    Left out, in this order: films whose class the model lacks (`no_class_of_model`); films whose
    group reaches a training or validation film (`also_in_training`); of equal pixels all but one
    (`duplicate`), or all if the labels differ (`label_conflict`), as at home. Without any label
    every film stays, with a null class.

    Args:
        manifest: Manifest of the cohort.
        pairs: Duplicates within the cohort.
        mapped: Classes of its usable films, in the order of `tables.usable`.
        classes: Classes of the model, in the order of its outputs.
        at_home: Films of the source.
    """
    films = usable(manifest).drop(columns="reason")
    has_labels = bool(films["label"].notna().any())
    films["theirs"], films["label"] = films["label"], mapped.labels
    films = films.sort_values("path", ignore_index=True)
    films["group_id"] = join_groups(films, pairs)
    films["patient_id"] = patients(films)
    known = splits_at_home(films, at_home.overlap, at_home.samples, at_home.groups)
    films = films.join(known).join(_repeats(films))
    _leave_out(films, films["in_training"], IN_TRAINING, _AT_HOME + films["known_as"].astype("str"))
    if has_labels:
        theirs = films["theirs"].astype("str")
        _leave_out(films, films["label"].isna(), NO_CLASS, _UNMAPPED + theirs)
    stays = films["reason"].isna()
    left_out = films.assign(label=films["theirs"])[~stays][EXCLUDED_SCHEMA.names]
    samples = _as_samples(films[stays].reset_index(drop=True), classes)
    n_in_test = int((stays & films["in_test"]).sum())
    return ChosenFilms(samples, left_out.reset_index(drop=True), n_in_test)


def _leave_out(
    films: pd.DataFrame, chosen: "pd.Series[bool]", reason: str, because: pd.Series
) -> None:
    films.loc[chosen, "reason"] = reason
    films.loc[chosen, "because"] = because


def _repeats(films: pd.DataFrame) -> pd.DataFrame:
    """`find_exclusions`, where a class that the model lacks counts as a label of its own."""
    own = films["label"].fillna(films["theirs"])
    return find_exclusions(films.assign(label=own, in_kept_test=False))


def _as_samples(films: pd.DataFrame, classes: Sequence[str]) -> pd.DataFrame:
    index = films["label"].map({name: number for number, name in enumerate(classes)})
    samples = films.assign(
        class_index=index.astype("Int32"),
        split=EXTERNAL_SPLIT,
        sample_weight=1.0,
        n_repeats=1,
        fold=pd.array([None] * len(films), dtype="Int32"),
    )
    ordered: pd.DataFrame = samples[SAMPLES_SCHEMA.names]
    return ordered
