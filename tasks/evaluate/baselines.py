"""Stage `evaluate-baselines`: score the trivial baselines, once for all models.

Reads       data/samples.parquet, data/images/, data/manifest.parquet
Writes      reports/baselines.json, data/baselines.parquet
Params      evaluate
Fails when  the negative class is not one of the classes, or the training films lack one side or,
            without a negative class, one of the classes
Run         python -m tasks.evaluate.baselines
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, score, write."""
    from tasks.core.atomic import write_json
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table, write_table
    from tasks.evaluate.baseline_models import baseline_films, fit_baselines, score_baselines

    params = load_params(paths.PARAMS).evaluate
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    manifest = read_table(MANIFEST_SCHEMA, paths.MANIFEST)
    baselines = fit_baselines(samples, manifest, ImageStore(paths.IMAGES), params)
    scores = score_baselines(baselines, params)
    films, schema = baseline_films(baselines)
    write_table(films, schema, paths.BASELINE_FILMS)
    write_json(paths.BASELINES, scores)
    values = {row["name"]: row["test"]["auroc"]["value"] for row in scores}
    defined = {name: value for name, value in values.items() if value is not None}
    if defined:
        best = max(defined, key=lambda name: defined[name])
        logging.getLogger(__name__).info("best: %s, test AUROC %.3f", best, defined[best])


if __name__ == "__main__":
    stage.run("evaluate-baselines", __doc__, main)
