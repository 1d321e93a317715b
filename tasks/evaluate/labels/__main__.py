"""Stage `evaluate-labels`: list the films whose label is most likely wrong, once for all models.

Nothing is chosen by this list: it names test films too, for people to look at.

Reads       data/samples.parquet, data/images/
Writes      reports/labels.json, reports/labels.html
Params      evaluate.labels, evaluate.seed, ingest.source
Fails when  a table or the image store is missing or damaged
Run         python -m tasks.evaluate.labels
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, audit, write."""
    from tasks.core.atomic import write_json, write_text
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.provenance import collect_provenance
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.evaluate.labels.label_audit import audit_labels
    from tasks.evaluate.labels.label_page import render_label_page

    params = load_params(paths.PARAMS).evaluate
    films = read_table(SAMPLES_SCHEMA, paths.SAMPLES).sort_values("image_id", ignore_index=True)
    images = ImageStore(paths.IMAGES).read(list(films["image_id"]))[..., 0]
    audit = audit_labels(films, images, params.labels, params.seed)
    listed = {film["image_id"] for film in audit["listed"]}
    rows = films.index[films["image_id"].isin(listed)]
    squares = {films["image_id"][row]: images[row] for row in rows}
    write_json(paths.LABELS_JSON, audit)
    provenance = collect_provenance(
        "evaluate-labels", [paths.SAMPLES, paths.IMAGES], ("evaluate.labels", "evaluate.seed")
    )
    write_text(paths.LABELS_HTML, render_label_page(audit, squares, provenance))
    logger = logging.getLogger(__name__)
    if audit["gap"]:
        logger.warning("no audit: %s", audit["gap"])
    else:
        logger.info("%d of %d films worth a second look", audit["n_issues"], audit["n_images"])


if __name__ == "__main__":
    stage.run("evaluate-labels", __doc__, main)
