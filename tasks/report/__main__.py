"""Stage `report`: one page with the models, the films of every step and the network input.

Reads       data/manifest.parquet, data/samples.parquet, data/excluded.parquet,
            reports/validation.json, reports/resize.json, reports/resize.jpg,
            reports/baselines.json, reports/test_ledger.csv, data/summaries/
Writes      reports/index.html
Params      models, evaluate, report
Fails when  the numbers of films do not add up from the source to the test films of a model
Run         python -m tasks.report
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load the results, render the page, write it."""
    from tasks.core.atomic import read_json, write_text
    from tasks.core.params import load_params
    from tasks.core.readings import read_readings
    from tasks.core.tables import EXCLUDED_SCHEMA, MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table
    from tasks.report.comparison import read_summaries
    from tasks.report.film_flow import check_gate, check_models, check_resized, follow_films
    from tasks.report.index_page import IndexInputs, render_index
    from tasks.report.network_input import view_network_input
    from tasks.report.ranking import rank_models

    params = load_params(paths.PARAMS)
    flow = follow_films(
        read_table(MANIFEST_SCHEMA, paths.MANIFEST),
        read_table(SAMPLES_SCHEMA, paths.SAMPLES),
        read_table(EXCLUDED_SCHEMA, paths.EXCLUDED),
    )
    gate = read_json(paths.VALIDATION_JSON)
    resized = read_json(paths.RESIZE_JSON)
    summaries = read_summaries(paths.SUMMARIES, params.models)
    check_gate(flow, gate)
    check_resized(flow, resized)
    check_models(flow, summaries)
    inputs = IndexInputs(
        flow=flow,
        gate=gate,
        network_input=view_network_input(resized, paths.RESIZE_PICTURE),
        summaries=summaries,
        baselines=read_json(paths.BASELINES),
        ranking=rank_models(summaries, params.evaluate),
        n_readings=len(read_readings(paths.TEST_LEDGER)),
    )
    write_text(paths.INDEX, render_index(inputs, params.report.title))
    logging.getLogger(__name__).info("wrote %s with %d models", paths.INDEX, len(summaries))


if __name__ == "__main__":
    stage.run("report", __doc__, main)
