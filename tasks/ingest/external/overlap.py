"""Find the films that an external cohort and the source at home have in common."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.params import IngestParams
from tasks.core.tables import PAIRS_SCHEMA, usable
from tasks.ingest.duplicate_pairs import correlate, differing_bits
from tasks.ingest.near_duplicates import BLOCK, near_duplicates

Films = tuple[pd.DataFrame, ImageStore]  # the manifest, and the thumbnails of its usable films
_Rows = NDArray[np.int64]


def find_overlap(cohort: Films, home: Films, params: IngestParams) -> pd.DataFrame:
    """Find pairs of a cohort's film and a film at home, with equal pixels or near duplicates.

    Of films with equal pixels, the first of each place stands for all; of near duplicates at home,
    a film has about 16 pairs at most (see `near_duplicates`). Groups joined by these pairs and by
    the pairs within each place are therefore complete.

    Args:
        cohort: Manifest and thumbnails of the cohort.
        home: Manifest and thumbnails of the source.
        params: Section `ingest`: the rule for near duplicates is that of the source.

    Returns:
        Columns of `tables.PAIRS_SCHEMA`, `path_a` in the cohort and `path_b` at home, sorted.

    Raises:
        ImageStoreError: A usable film has no thumbnail.
    """
    if not (cohort[0]["status"] == "ok").any():
        return pd.DataFrame(columns=PAIRS_SCHEMA.names)
    theirs, ours = (_distinct(manifest) for manifest, _ in (cohort, home))
    exact = theirs[["path", "pixel_hash"]].merge(
        ours[["path", "pixel_hash"]], on="pixel_hash", suffixes=("_a", "_b")
    )
    exact = exact.assign(kind="exact", n_bits=0, correlation=1.0)
    others = theirs[~theirs["pixel_hash"].isin(ours["pixel_hash"])].reset_index(drop=True)
    near = _near_overlap((others, cohort[1]), (ours, home[1]), params)
    pairs = pd.concat([exact, near], ignore_index=True)[PAIRS_SCHEMA.names]
    ordered: pd.DataFrame = pairs.sort_values(["path_a", "path_b"], ignore_index=True)
    return ordered


def _distinct(manifest: pd.DataFrame) -> pd.DataFrame:
    """Usable films, of equal pixels the first by path."""
    films = usable(manifest).sort_values("path")
    return films.drop_duplicates("pixel_hash").reset_index(drop=True)


def _near_overlap(theirs: Films, ours: Films, params: IngestParams) -> pd.DataFrame:
    """Near duplicates across two tables of films with distinct pixels."""
    n_ours = len(ours[0])
    films = pd.concat([ours[0], theirs[0]], ignore_index=True)  # ours first: see `confirm`
    hashes = films["perceptual_hash"]
    rows = [store.rows(table["image_id"].tolist()) for table, store in (ours, theirs)]

    def pictures(places: _Rows) -> Pixels:
        found = np.empty((len(places), ours[1].size_px, ours[1].size_px), dtype=np.uint8)
        at_home = places < n_ours
        found[at_home] = ours[1].take(rows[0][places[at_home]])
        found[~at_home] = theirs[1].take(rows[1][places[~at_home] - n_ours])
        return found

    def across(first: _Rows, second: _Rows) -> NDArray[np.bool_]:
        """Whether the first is ours, the second theirs, and both look alike."""
        kept = (first < n_ours) & (second >= n_ours)
        r = correlate(pictures(first[kept]), pictures(second[kept]))
        kept[kept] = r >= params.near_duplicate_correlation
        return kept

    first, second = near_duplicates(hashes, params.near_duplicate_bits, across).T
    blocks = [slice(start, start + BLOCK) for start in range(0, len(first), BLOCK)]
    r = [correlate(pictures(first[block]), pictures(second[block])) for block in blocks]
    return pd.DataFrame(
        {
            "path_a": films["path"].to_numpy()[second],
            "path_b": films["path"].to_numpy()[first],
            "kind": "near",
            "n_bits": differing_bits(hashes, first, second),
            "correlation": np.concatenate([np.empty(0), *r]),
        }
    )
