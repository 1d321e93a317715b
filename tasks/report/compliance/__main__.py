"""Stage `report-compliance`: reporting checklists, a card of each model and a card of the data.

An item of a checklist is filled from the results of the run where these show it. What a person
must write is marked so; nothing is invented.

Reads       data/manifest.parquet, data/samples.parquet, data/excluded.parquet, data/summaries/,
            reports/validation.json, reports/labels.json, reports/resize.json,
            reports/test_ledger.csv, requirements.txt, dvc.yaml
Writes      reports/compliance/ (index.html, checklists.json, data_card.md, MODEL.md)
Params      all sections but `flows`
Fails when  an item that is filled automatically has lost its evidence
Run         python -m tasks.report.compliance
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load the results, fill the checklists and cards, write the folder."""
    from tasks.core.atomic import atomic_path, write_json, write_text
    from tasks.core.params import load_params
    from tasks.core.provenance import collect_provenance
    from tasks.core.readings import read_readings
    from tasks.report.comparison import read_summaries
    from tasks.report.compliance.cards import data_card, model_card
    from tasks.report.compliance.checklist import fill_checklists
    from tasks.report.compliance.compliance_page import (
        COMPLIANCE_INPUTS,
        COMPLIANCE_PARAMS,
        as_json,
        render_compliance,
    )
    from tasks.report.compliance.study_records import load_records

    params = load_params(paths.PARAMS)
    provenance = collect_provenance("report-compliance", COMPLIANCE_INPUTS, COMPLIANCE_PARAMS)
    n_readings = len(read_readings(paths.TEST_LEDGER))
    summaries = read_summaries(paths.SUMMARIES, params.models)
    records = load_records(params, provenance.libraries, n_readings, summaries)
    filled = list(fill_checklists(records))
    with atomic_path(paths.COMPLIANCE) as folder:
        folder.mkdir()
        write_text(
            folder / paths.COMPLIANCE_HTML.name, render_compliance(filled, records, provenance)
        )
        write_json(folder / "checklists.json", as_json(filled))
        write_text(folder / "data_card.md", data_card(records))
        for summary in summaries:
            write_text(folder / f"{summary['model']}.md", model_card(summary, records))
    logger = logging.getLogger(__name__)
    for checklist in filled:
        counts = ", ".join(f"{n} {status}" for status, n in checklist.counts().items())
        logger.info("%s: %s", checklist.title, counts)


if __name__ == "__main__":
    stage.run("report-compliance", __doc__, main)
