"""Stage `evaluate-robustness`: one model on films without lungs and on disturbed films.

Reads       data/contracts/<model>/, data/models/<model>/, data/samples.parquet, data/images/
Writes      reports/<model>/robustness.json; a line of reports/test_ledger.csv
Params      evaluate
Fails when  the contract is not that of the network, or a floor of evaluate.robustness is broken;
            the report is written before
Run         python -m tasks.evaluate.robustness --model minivggnet
"""

import argparse
import logging
from typing import Any

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, disturb, judge, write, and check the floors."""
    from tasks.core.atomic import write_json
    from tasks.core.classifier import load_classifier
    from tasks.core.decision.decision import read_decision
    from tasks.core.decision.hashes import hash_films
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.core.test_ledger import record_reading
    from tasks.evaluate.judged_films import judged_films
    from tasks.evaluate.repeated_inference import FilmReader
    from tasks.evaluate.robustness.floors import check_floors, require_floors
    from tasks.evaluate.robustness.stress_test import StressTest

    name = arguments.model
    params = load_params(paths.PARAMS).evaluate
    decision = read_decision(name)
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    test = samples[samples["split"] == "test"].sort_values("image_id")
    image_ids = list(test["image_id"])
    films_sha = hash_films(image_ids, test["label"])
    record_reading(name, "robustness", decision.sha256, decision.network_sha256, films_sha)
    images = ImageStore(paths.IMAGES).read(image_ids)
    reader = FilmReader(load_classifier(paths.model_dir(name)))
    films = judged_films(test, decision, params)
    report = {
        "model": name,
        **StressTest(reader, films, images, image_ids, params.seed).report(),
    }
    report["floors"] = check_floors(report, params.robustness)
    write_json(paths.robustness(name), report)
    logging.getLogger(__name__).info("%s: %s", name, _summary(report))
    require_floors(report["floors"], name)


def _summary(report: dict[str, Any]) -> str:
    """AUROC without lungs and the largest loss of the grid, for the log."""
    without = report["controls"][0]["auroc"]["value"]
    losses = [(cell["loss"]["value"], cell["disturbance"]) for cell in report["grid"]]
    defined = [loss for loss in losses if loss[0] is not None]
    if without is None or not defined:
        return "AUROC is undefined on the test films"
    loss, disturbance = max(defined)
    return f"AUROC {without:.3f} without lungs; largest loss {loss:.3f}, with {disturbance}"


if __name__ == "__main__":
    stage.run("evaluate-robustness", __doc__, main, per_model=True)
