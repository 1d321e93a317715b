"""Stage `page`: all results of one model on one page that needs no network.

Reads       data/models/M/model.json, data/contracts/M/contract.json, data/predictions/M.parquet,
            data/samples.parquet, reports/M/evaluation.json, reports/M/external.json,
            reports/M/adaptation.json, reports/M/robustness.json, reports/M/training/,
            reports/M/augmentation.png, reports/M/explanations/, reports/baselines.json,
            reports/comparison.json, reports/labels.json, reports/test_ledger.csv,
            reports/M/errors.json, data/films/, data/images/, data/manifest.parquet
Writes      reports/M.html, data/summaries/M.json
Params      ingest.source, models, resample, resize, train, per_model.M, evaluate, explain, page
Fails when  cohort, predictions and evaluation count different films
Run         python -m tasks.page --model M
"""

import argparse
import logging

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load the results, render the page, write page and summary."""
    from tasks.core.atomic import write_json, write_text
    from tasks.core.params import load_params
    from tasks.page.case_inputs import load_case_inputs
    from tasks.page.model_page import render_model_page, summarise_model
    from tasks.page.page_inputs import load_page_inputs

    params = load_params(paths.PARAMS)
    inputs = load_page_inputs(arguments.model)
    page = render_model_page(inputs, load_case_inputs(arguments.model), params)
    write_text(paths.page(arguments.model), page)
    write_json(paths.summary(arguments.model), summarise_model(inputs))
    n_bytes = len(page.encode())
    logger = logging.getLogger(__name__)
    logger.info("wrote %s (%.1f MB)", paths.page(arguments.model), n_bytes / 1e6)
    if n_bytes > params.page.most_megabytes * 1e6:
        logger.warning(
            "the page is larger than %.0f MB: reduce explain.n_per_outcome or explain.film_px",
            params.page.most_megabytes,
        )


if __name__ == "__main__":
    stage.run("page", __doc__, main, per_model=True)
