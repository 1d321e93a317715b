"""Stage `report`: one page: the models, where every film went, what the networks saw.

Reads       data/manifest.parquet, data/samples.parquet, data/excluded.parquet,
            reports/validation.json, reports/resize.json, reports/resize.jpg, data/summaries/,
            data/predictions/
Writes      reports/index.html
Params      ingest.source, models, evaluate, report
Fails when  the counts of films do not add up from the source to a model's test films
Run         python -m tasks.report
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, render, write."""
    import pandas as pd

    from tasks.core.atomic import read_json, write_text
    from tasks.core.params import load_params
    from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table
    from tasks.report.film_flow import check_gate, check_models, check_resized, follow_films
    from tasks.report.framing import view_framing
    from tasks.report.ranking import rank
    from tasks.report.render import render_index

    params = load_params(paths.PARAMS)
    flow = follow_films(
        read_table(MANIFEST_SCHEMA, paths.MANIFEST),
        read_table(SAMPLES_SCHEMA, paths.SAMPLES),
        read_table(EXCLUDED_SCHEMA, paths.EXCLUDED),
    )
    gate = read_json(paths.VALIDATION_JSON)
    resized = read_json(paths.RESIZE_JSON)
    summaries = [read_json(paths.summary(model)) for model in params.models]
    check_gate(flow, gate)
    check_resized(flow, resized)
    check_models(flow, summaries)
    predictions = {model: pd.read_parquet(paths.predictions(model)) for model in params.models}
    places = rank(summaries, predictions, params.evaluate)
    framing = view_framing(resized, paths.RESIZE_PICTURE)
    write_text(paths.INDEX, render_index(flow, gate, framing, summaries, places, params))
    logging.getLogger(__name__).info("%s: %d models", paths.INDEX, len(summaries))


if __name__ == "__main__":
    stage.run("report", __doc__, main)
