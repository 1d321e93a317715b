"""Stage `validate`: Great Expectations decides whether the manifest may go on.

Reads       data/manifest.parquet, data/pairs.parquet, data/thumbnails/, validate.reference
Writes      reports/validation.json, reports/validation.html
Params      validate, ingest.min_side_px, ingest.source (only to call the phantom set synthetic)
Fails when  an expectation of severity `error` fails; both reports are written first
Run         python -m tasks.validate
"""

import argparse
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.core import paths, stage

if TYPE_CHECKING:
    import pandas as pd

    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import Params
    from tasks.validate.gate import Outcome


def main(_: argparse.Namespace) -> None:
    """Load, judge, write, and close the gate if it must be closed."""
    from tasks.core.atomic import write_json, write_text
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.validate.gallery import draw_pictures
    from tasks.validate.html import render_page
    from tasks.validate.verdict import failed, failure

    params = load_params(paths.PARAMS)
    thumbnails = ImageStore(paths.THUMBNAILS)
    films, outcomes, verdict = examine(params, thumbnails)
    write_json(paths.VALIDATION_JSON, verdict)
    page = render_page(verdict, draw_pictures(verdict, films, thumbnails), params.validate_)
    write_text(paths.VALIDATION_HTML, page)
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


def examine(
    params: "Params", thumbnails: "ImageStore"
) -> "tuple[pd.DataFrame, list[Outcome], dict[str, Any]]":
    """Table `films` of the frames, what was found for each rule, and the verdict."""
    import pandas as pd
    import pyarrow as pa

    from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, read_table, usable
    from tasks.validate.frames import build_frames, drift_frames
    from tasks.validate.gate import judge
    from tasks.validate.orientation import upside_down
    from tasks.validate.pairs import same_patient
    from tasks.validate.shortcuts import audit
    from tasks.validate.suite import build_suite
    from tasks.validate.verdict import build_verdict

    rules = build_suite(params.validate_, params.ingest.min_side_px)
    # no column is asked for here: the suite judges them, and the page says which are missing
    manifest = read_table(pa.schema([]), paths.MANIFEST)
    pairs = read_table(PAIRS_SCHEMA, paths.PAIRS)
    promised = manifest.reindex(columns=MANIFEST_SCHEMA.names)
    shortcuts = audit(promised, pairs)
    turned = upside_down(usable(promised)["image_id"], thumbnails)
    frames = build_frames(manifest, pairs, shortcuts["rows"], turned)
    if params.validate_.reference is not None:
        reference = read_table(MANIFEST_SCHEMA, Path(params.validate_.reference))
        frames |= drift_frames(reference, manifest)
        del reference
    del manifest, promised  # of a million rows: half a gigabyte
    films = frames["films"]
    outcomes = judge(frames, rules)
    listed = [frames["pairs"], same_patient(films)]
    verdict = build_verdict(
        films,
        outcomes,
        synthetic=params.ingest.is_synthetic,
        shortcuts=shortcuts,
        pairs=pd.concat([table.astype(object) for table in listed], ignore_index=True),
    )
    verdict["reference_given"] = params.validate_.reference is not None
    return films, outcomes, verdict


if __name__ == "__main__":
    stage.run("validate", __doc__, main)
