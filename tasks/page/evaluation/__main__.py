"""Stage `page-evaluation`: what one model is good for and what not, with every table.

Reads       reports/M/evaluation.json, reports/M/external.json, reports/M/adaptation.json,
            reports/M/robustness.json, reports/M/errors.json, reports/baselines.json,
            reports/comparison.json, reports/labels.json, reports/test_ledger.csv,
            data/contracts/M/, data/images/
Writes      reports/M/evaluation.html
Params      page
Fails when  the error book names a film that is not among the squares
Run         python -m tasks.page.evaluation --model M
"""

import argparse
import logging

from tasks.core import paths, stage

MOST_BYTES_OF_EVALUATION = 3_000_000  # size limit of many mail gateways; a phone opens it at once


def main(arguments: argparse.Namespace) -> None:
    """Load the results, render the page, write it."""
    from tasks.core.atomic import write_text
    from tasks.page.evaluation.error_cases import view_errors
    from tasks.page.evaluation.evaluation_inputs import load_evaluation_inputs
    from tasks.page.evaluation.evaluation_page import render_evaluation_page

    model: str = arguments.model
    inputs = load_evaluation_inputs(model)
    page = render_evaluation_page(inputs, view_errors(inputs.errors, paths.IMAGES))
    write_text(paths.evaluation_page(model), page)
    logger = logging.getLogger(__name__)
    n_bytes = len(page.encode())
    logger.info("wrote %s (%.1f MB)", paths.evaluation_page(model), n_bytes / 1e6)
    if n_bytes > MOST_BYTES_OF_EVALUATION:
        logger.warning("the page is larger than %.0f MB", MOST_BYTES_OF_EVALUATION / 1e6)


if __name__ == "__main__":
    stage.run("page-evaluation", __doc__, main, per_model=True)
