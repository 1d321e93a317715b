"""Stage `validate`: Great Expectations decides whether the manifest may go on.

Reads       data/manifest.parquet
Writes      reports/validation.json, reports/validation.html
Params      validate, ingest.min_side_px, ingest.source (only to call the phantom set synthetic)
Fails when  an expectation of severity `error` fails; both reports are written first
Run         python -m tasks.validate
"""

import argparse
import logging
from pathlib import Path

from tasks import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, judge, write, and close the gate if it must be closed."""
    import pyarrow as pa

    from tasks.atomic import write_json, write_text
    from tasks.params import load_params
    from tasks.tables import read_table
    from tasks.validate.gate import judge
    from tasks.validate.html import render_page
    from tasks.validate.suite import build_suite
    from tasks.validate.verdict import build_verdict, failed, failure

    params = load_params(paths.PARAMS)
    # no column is asked for here: the suite judges them, and the page says which are missing
    manifest = read_table(pa.schema([]), paths.MANIFEST)
    outcomes = judge(manifest, build_suite(params.validate_, params.ingest.min_side_px))
    synthetic = Path(params.ingest.source).is_relative_to(paths.PHANTOM)
    verdict = build_verdict(manifest, outcomes, synthetic=synthetic)
    write_json(paths.VALIDATION_JSON, verdict)
    write_text(paths.VALIDATION_HTML, render_page(verdict))
    logging.getLogger(__name__).info(
        "%d of %d expectations hold; %d warning(s); %d of %d files usable",
        sum(outcome.passed for outcome in outcomes),
        len(outcomes),
        len(failed(outcomes, "warning")),
        verdict["n_usable"],
        verdict["n_rows"],
    )
    if not verdict["passed"]:
        raise failure(outcomes, table=str(paths.MANIFEST), page=str(paths.VALIDATION_HTML))


if __name__ == "__main__":
    stage.run("validate", __doc__, main)
