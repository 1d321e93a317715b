"""Stage `evaluate`: evaluate one model on the validation and test films.

Reads       data/models/<model>/, data/samples.parquet, data/images/, data/manifest.parquet
Writes      data/predictions/<model>.parquet, reports/<model>/evaluation.json,
            reports/<model>/metrics.json, reports/<model>/plots/
Params      evaluate
Fails when  the model has other classes than the films, the negative class is not one of them, or
            a split has positive or negative films only
Run         python -m tasks.evaluate --model minivggnet
"""

import argparse
import logging
from typing import Any

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, evaluate, write."""
    from tasks.core.atomic import write_json
    from tasks.core.classifier import load_classifier, predict_logits, read_contract
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table, write_table
    from tasks.evaluate.evaluation import SPLIT_TITLES, build_evaluation, main_metrics
    from tasks.evaluate.plot_points import plot_points
    from tasks.evaluate.predictions import build_predictions, predictions_schema
    from tasks.evaluate.refused import count_refused
    from tasks.evaluate.sides import require_same_classes

    name = arguments.model
    params = load_params(paths.PARAMS).evaluate
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    manifest = read_table(MANIFEST_SCHEMA, paths.MANIFEST, ["is_synthetic"])
    contract = read_contract(paths.model_dir(name))
    held_out = samples[samples["split"] != "train"].sort_values(["split", "image_id"])
    require_same_classes(contract.classes, list(samples["label"]), name)
    model = load_classifier(paths.model_dir(name))
    images = ImageStore(paths.IMAGES).read(list(held_out["image_id"]))
    logits = predict_logits(model, images)
    predictions, choices = build_predictions(held_out, logits, contract.classes, params)
    evaluation = build_evaluation(name, predictions, contract.classes, choices, params)
    evaluation["is_synthetic"] = bool(manifest["is_synthetic"].eq(True).any())
    evaluation["guard"] = count_refused(model, images, list(held_out["split"]), SPLIT_TITLES)
    write_table(predictions, predictions_schema(contract.classes), paths.predictions(name))
    write_json(paths.evaluation(name), evaluation)
    write_json(paths.metrics(name), main_metrics(evaluation))
    for plot, points in plot_points(predictions).items():
        write_json(paths.evaluation_plots(name) / f"{plot}.json", points)
    logging.getLogger(__name__).info("%s: %s", name, _summary(evaluation["test"]))


def _summary(test: dict[str, Any]) -> str:
    """Test AUROC with its interval, for the log."""
    auroc = test["auroc"]
    interval = "too few patients for an interval"
    if auroc["low"] is not None:
        interval = f"95 % interval {auroc['low']:.3f} to {auroc['high']:.3f}"
    return f"test AUROC {auroc['value']:.3f} ({interval}) on {test['n_images']} films"


if __name__ == "__main__":
    stage.run("evaluate", __doc__, main, per_model=True)
