"""The films on which two networks are compared: those that neither has learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tasks.core import paths
from tasks.core.external_cohort import source_of
from tasks.core.json_form import read_form
from tasks.core.params import Params
from tasks.core.statistics.groups import patients
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table
from tasks.gate.released_network import ReleasedNetwork

TEST = "test"  # name of the set of films at home
_COLUMNS = ("image_id", "path", "label", "patient_id", "group_id", "split")


@dataclass(frozen=True, eq=False)
class ComparedFilms:
    """A set of films.

    name: `test`, or that of an external cohort. films: `image_id`, `path`, `label`, `group_id`,
    sorted by `image_id`. left_out: number of films by the reason. gap: why there is nothing to
    compare, or None. source, store: where the films and their squares are.
    """

    name: str
    films: pd.DataFrame
    left_out: dict[str, int]
    gap: str | None
    source: str
    store: Path


def home_films(networks: Sequence[ReleasedNetwork], params: Params) -> ComparedFilms:
    """The films of the test split of today.

    Args:
        networks: The new network, and the one in use if there is one.
        params: All sections.

    Raises:
        TableError: A table is missing or damaged.
    """
    samples = _with_pixels(
        read_table(SAMPLES_SCHEMA, paths.SAMPLES, list(_COLUMNS)), paths.MANIFEST
    )
    seen = seen_films(samples, networks)
    return _compared(TEST, samples[samples["split"] == TEST], seen, params.ingest.source)


def cohort_films(cohort: str, networks: Sequence[ReleasedNetwork], params: Params) -> ComparedFilms:
    """The films of an external cohort; with a gap if they cannot be judged.

    Raises:
        TableError: A table is missing or damaged.
    """
    samples = read_table(SAMPLES_SCHEMA, paths.external_samples(cohort), list(_COLUMNS))
    summary = read_form(paths.external_summary(cohort), {"status": str, "gap": (str, None)})
    samples = _with_pixels(samples, paths.external_manifest(cohort))
    source = source_of(params.evaluate, cohort)
    gap = summary["gap"] if summary["status"] != "judged" else None
    return _compared(cohort, samples, seen_films(samples, networks), source, gap)


def _with_pixels(samples: pd.DataFrame, manifest: Path) -> pd.DataFrame:
    hashes = read_table(MANIFEST_SCHEMA, manifest, ["path", "pixel_hash"])
    return samples.merge(hashes, on="path", how="left")


def _compared(
    name: str, films: pd.DataFrame, seen: pd.Series, source: str, gap: str | None = None
) -> ComparedFilms:
    reasons = seen.loc[films.index]
    left = films[reasons == ""].sort_values("image_id", ignore_index=True)
    counts = {str(reason): int(n) for reason, n in reasons[reasons != ""].value_counts().items()}
    store = paths.IMAGES if name == TEST else paths.external_images(name)
    if gap is None and left.empty:
        gap = "no film is left" if len(films) else "there is no film"
    return ComparedFilms(name, left, dict(sorted(counts.items())), gap, source, store)


def seen_films(samples: pd.DataFrame, networks: Sequence[ReleasedNetwork]) -> pd.Series:
    """Why a film may not judge a network: it, or a film of its patient, made that network.

    Args:
        samples: All films of a cohort: `image_id`, `pixel_hash`, `patient_id` and `group_id`.
        networks: The new network, then the one in use.

    Returns:
        The reason for each film; empty if there is none. A group (a patient and near duplicates)
        shares it.
    """
    reason = pd.Series("", index=samples.index, dtype=object)
    for who, one in zip(("the new network", "the network in use"), networks, strict=False):
        for split, did in (("train", "trained"), ("validation", "chose the threshold of")):
            known = one.films[one.films["split"] == split]
            is_known = _shares_film(samples, known)
            groups = set(samples.loc[is_known, "group_id"])
            reason = reason.mask((reason == "") & samples["group_id"].isin(groups), f"{did} {who}")
    return reason


def _shares_film(samples: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Whether the bytes, the pixels or the patient of a film are among the known ones."""
    pixels = samples["pixel_hash"]
    return (
        samples["image_id"].isin(known["image_id"])
        | (pixels.notna() & pixels.isin(known["pixel_hash"]))
        | patients(samples).isin(known["patient_id"])
    )
