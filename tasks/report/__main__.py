"""Stage `report`: one page with the models, the films of every step and the network input.

Reads       data/manifest.parquet, data/samples.parquet, data/excluded.parquet,
            data/corrections.parquet,
            reports/validation.json, reports/resize.json, reports/resize.jpg,
            reports/baselines.json, reports/comparison.json, reports/test_ledger.csv,
            data/films/, data/summaries/
Writes      reports/index.html
Params      models, evaluate.external, evaluate.n_bootstrap, evaluate.seed, report
Fails when  the numbers of films do not add up from the source to the test films of a model
Run         python -m tasks.report
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load the results, render the page, write it."""
    from tasks.core.atomic import write_text
    from tasks.core.params import load_params
    from tasks.report.index_inputs import load_index_inputs
    from tasks.report.index_page import render_index

    params = load_params(paths.PARAMS)
    inputs = load_index_inputs(params)
    page = render_index(inputs, params)
    write_text(paths.INDEX, page)
    logging.getLogger(__name__).info(
        "wrote %s with %d models (%.1f MB)",
        paths.INDEX,
        len(inputs.summaries),
        len(page.encode()) / 1e6,
    )


if __name__ == "__main__":
    stage.run("report", __doc__, main)
