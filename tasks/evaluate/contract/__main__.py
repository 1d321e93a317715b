"""Stage `evaluate-contract`: decide on validation how a model's outputs become calls.

Reads       data/models/<model>/, data/samples.parquet, data/images/ of training and validation
Writes      data/contracts/<model>/
Params      evaluate.coverage, max_novel_share, missed_finding_cost, negative_class,
            operating_point, target_sensitivity, target_specificity, threshold_on, seed
Fails when  the model has other classes than the films, the negative class is not one of them, or
            validation has positive or negative films only
Run         python -m tasks.evaluate.contract --model minivggnet
"""

import argparse
import logging
from typing import Any

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, decide, write."""
    from tasks.core.classifier import load_classifier, read_contract
    from tasks.core.decision.hashes import hash_file
    from tasks.core.decision.threshold_choice import ON_VALIDATION, UNCHANGED
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.evaluate.contract.conditions import logits_of_changes
    from tasks.evaluate.contract.decide import decide, draw_reference
    from tasks.evaluate.contract.decision_files import write_decision
    from tasks.evaluate.contract.novelty_fit import fit_novelty
    from tasks.evaluate.inference import infer
    from tasks.evaluate.sides import require_films, require_same_classes

    name = arguments.model
    params = load_params(paths.PARAMS).evaluate
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    samples = samples[samples["split"] != "test"].sort_values("image_id")  # test stays unread
    require_films(samples, ("train", "val"))
    folder = paths.model_dir(name)
    network = read_contract(folder)
    require_same_classes(network.classes, list(samples["label"]), name)
    model = load_classifier(folder)
    store = ImageStore(paths.IMAGES)
    films = {split: samples[samples["split"] == split] for split in ("train", "val")}
    films["train"] = draw_reference(films["train"], params.seed)
    images = {split: store.read(list(rows["image_id"])) for split, rows in films.items()}
    outputs = {split: infer(model, images[split]) for split in films}
    novelty = fit_novelty(
        outputs["train"].features,
        images["train"],
        outputs["val"].features,
        images["val"],
        params.max_novel_share,
    )
    sha256 = hash_file(paths.network_file(folder))
    by_condition = {UNCHANGED: outputs["val"].logits}
    if params.threshold_on != ON_VALIDATION and params.negative_class is not None:
        by_condition |= logits_of_changes(model, images["val"])
    contents = decide(films["val"], by_condition, network, sha256, params)
    write_decision(contents, novelty)
    logging.getLogger(__name__).info("%s: %s", name, _summary(contents))


def _summary(contents: dict[str, Any]) -> str:
    """Calibration and threshold, for the log."""
    text = f"calibration by {contents['calibration']['method']}"
    for point in contents["operating_points"]:
        if point["name"] == contents["operating_point"]:
            text += f", threshold {point['threshold']:.3f} ({point['rule']})"
    return f"{text}, on {contents['validation']['n_images']} validation films"


if __name__ == "__main__":
    stage.run("evaluate-contract", __doc__, main, per_model=True)
