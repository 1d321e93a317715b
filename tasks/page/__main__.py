"""Stage `page`: everything that is known of one model, on one page that needs no network.

Reads       data/models/M/model.json, data/predictions/M.parquet, data/samples.parquet,
            reports/M/metrics.json, reports/M/training/, reports/M/augmentation.png,
            reports/M/explanations/
Writes      reports/M.html, data/summaries/M.json
Params      ingest.source, train, per_model.M, page
Fails when  the predictions, the metrics and the cohort do not count the same films
Run         python -m tasks.page --model M
"""

import argparse
import logging

from tasks.core import paths, stage

MOST_BYTES = 3_000_000  # what mail gateways pass and a phone opens at once


def main(arguments: argparse.Namespace) -> None:
    """Load, render, write."""
    from tasks.core.atomic import write_json, write_text
    from tasks.core.params import load_params
    from tasks.page.evidence import load_evidence
    from tasks.page.render import render_page
    from tasks.page.summary import summarise

    params = load_params(paths.PARAMS)
    evidence = load_evidence(arguments.model, synthetic=params.ingest.is_synthetic)
    page = render_page(evidence, params)
    write_text(paths.page(arguments.model), page)
    write_json(paths.summary(arguments.model), summarise(evidence))
    n_bytes = len(page.encode())
    logger = logging.getLogger(__name__)
    logger.info("%s: %.1f MB", paths.page(arguments.model), n_bytes / 1e6)
    if n_bytes > MOST_BYTES:
        logger.warning(
            "the page is above %.0f MB: lower explain.n_per_outcome or explain.n_channels",
            MOST_BYTES / 1e6,
        )


if __name__ == "__main__":
    stage.run("page", __doc__, main, per_model=True)
