"""Stage `explain-films`: every test film, large enough to be read, with its lungs.

Reads       data/samples.parquet, data/images/, the films of `ingest.source`, and those films of
            data/films/ that an earlier run drew with the same settings; for the phantom the true
            lungs and opacities beside its films
Writes      data/films/
Params      explain.film_px, ingest.source, resize
Fails when  a film changed or disappeared after `ingest` read it
Run         python -m tasks.explain.films
"""

import argparse
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:
    from tasks.explain.films.fill_films import WantedFilm


def main(_: argparse.Namespace) -> None:
    """Draw the test films of the cohort."""
    from tasks.core.params import load_params
    from tasks.explain.films.fill_films import write_films

    params = load_params(paths.PARAMS)
    write_films(
        _test_films(),
        params.ingest.source,
        params.resize,
        params.explain.film_px,
        paths.FILMS,
        params.compute,
    )


def _test_films() -> "list[WantedFilm]":
    """All test films in the order of their ids, with the regions that `resize` found."""
    from tasks.core.image_store.store import ImageStore
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.explain.films.fill_films import WantedFilm

    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES, ["image_id", "path", "split"])
    test = samples[samples["split"] == "test"].sort_values("image_id", ignore_index=True)
    store = ImageStore(paths.IMAGES)
    facts = store.facts(store.rows(test["image_id"].tolist()))
    edges = (facts[name].astype(int).tolist() for name in ("left", "top", "right", "bottom"))
    regions = zip(*edges, strict=True)
    films = zip(test["image_id"], test["path"], regions, strict=True)
    return [WantedFilm(image_id, path, region) for image_id, path, region in films]


if __name__ == "__main__":
    stage.run("explain-films", __doc__, main)
