"""Stage `ingest`: write one row of the manifest for every file of the source.

Reads       the folder, zip or URL that `ingest.source` names; `ingest.corrections`
Writes      data/manifest.parquet, data/thumbnails/, data/pairs.parquet, data/corrections.parquet
Params      ingest, evaluate.negative_class
Fails when  the source is missing, empty or damaged, or has no known layout; a reviewer's mark
            breaks a rule
Run         python -m tasks.ingest
"""

import argparse
import logging
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:  # imported where they are used, so that `--help` answers at once
    import pandas as pd


def main(_: argparse.Namespace) -> None:
    """Load the params, build the tables, write them."""
    from tasks.core.corrections import CORRECTIONS_SCHEMA
    from tasks.core.image_store.store import ImageStore
    from tasks.core.marks_files import read_marks
    from tasks.core.params import load_params
    from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, write_table
    from tasks.ingest.corrections.apply_marks import apply_marks
    from tasks.ingest.duplicate_pairs import find_pairs
    from tasks.ingest.manifest import build_manifest, check_usable
    from tasks.ingest.thumbnails import collect_thumbnails

    all_params = load_params(paths.PARAMS)
    params = all_params.ingest
    marks = read_marks(params.corrections)
    with collect_thumbnails(paths.THUMBNAILS) as keep_thumbnail:
        manifest = build_manifest(
            params, keep_thumbnail, all_params.compute, all_params.evaluate.negative_class or ""
        )
    manifest, corrections = apply_marks(manifest, marks)
    check_usable(manifest, params.source)
    pairs = find_pairs(manifest, ImageStore(paths.THUMBNAILS), params)
    write_table(pairs, PAIRS_SCHEMA, paths.PAIRS)
    write_table(corrections, CORRECTIONS_SCHEMA, paths.CORRECTIONS)
    write_table(manifest, MANIFEST_SCHEMA, paths.MANIFEST)
    _log_corrections(corrections)
    _log_causes(manifest)
    _log_counts(manifest, pairs)


def _log_corrections(corrections: "pd.DataFrame") -> None:
    """Print how many marks were applied, and each kind of mark that changed nothing."""
    from tasks.core.corrections import OPEN_OUTCOMES, OUTCOMES_OF_MARKS

    if corrections.empty:
        return
    logger = logging.getLogger(__name__)
    counts = corrections["outcome"].value_counts().sort_index()
    told = ", ".join(f"{n} {outcome}" for outcome, n in counts.items())
    logger.info("%d films were marked by reviewers: %s", len(corrections), told)
    for outcome in OPEN_OUTCOMES:
        films = corrections[corrections["outcome"] == outcome]
        if len(films):
            meaning = OUTCOMES_OF_MARKS[outcome]
            logger.warning("%s: %s, such as %s", outcome, meaning, films["path"].iloc[0])


def _log_causes(manifest: "pd.DataFrame") -> None:
    """Print the three most frequent reasons for which films are lost, each with its cause."""
    from itertools import islice

    from tasks.core.reasons import REASONS
    from tasks.ingest.causes import cause_in_words, count_causes

    lost = (cause for cause in count_causes(manifest) if REASONS[cause[0]].is_lost_film)
    for code, n_files, cause in islice(lost, 3):
        logging.getLogger(__name__).warning(
            "%s, such as %s; next: %s",
            cause_in_words(code, n_files, cause),
            cause.paths[0],
            cause.next_step,
        )


def _log_counts(manifest: "pd.DataFrame", pairs: "pd.DataFrame") -> None:
    status, kinds = manifest["status"].value_counts(), pairs["kind"].value_counts()
    layout = manifest["layout"].iloc[0]
    films = f"{status.get('ok', 0)} usable films, {status.get('rejected', 0)} rejected"
    duplicates = f"{kinds.get('exact', 0)} exact and {kinds.get('near', 0)} near duplicate pairs"
    logging.getLogger(__name__).info(
        "%d files found: %s (layout %s); %s", len(manifest), films, layout, duplicates
    )


if __name__ == "__main__":
    stage.run("ingest", __doc__, main)
