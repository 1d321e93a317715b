"""Stage `evaluate`: judge one model on the films it was not fitted to.

Reads       data/models/<model>/, data/samples.parquet, data/images/, data/manifest.parquet
Writes      data/predictions/<model>.parquet, reports/<model>/metrics.json
Params      evaluate
Fails when  the negative class is not among the classes, or a split lacks one of the two sides
Run         python -m tasks.evaluate --model minivggnet
"""

import argparse
import logging

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.core.atomic import write_json
    from tasks.core.classifier import load_classifier, predict_logits, read_contract
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table, write_table
    from tasks.evaluate.baselines import score_baselines
    from tasks.evaluate.predictions import build_predictions, predictions_schema
    from tasks.evaluate.verdict import judge

    name = arguments.model
    params = load_params(paths.PARAMS).evaluate
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    store = ImageStore(paths.IMAGES)
    contract = read_contract(paths.model_dir(name))
    held_out = samples[samples["split"] != "train"].sort_values(["split", "image_id"])
    model = load_classifier(paths.model_dir(name))
    logits = predict_logits(model, store.read(list(held_out["image_id"])))
    predictions, choices = build_predictions(held_out, logits, contract.classes, params)
    metrics = judge(name, predictions, contract.classes, choices, params)
    manifest = read_table(MANIFEST_SCHEMA, paths.MANIFEST)
    metrics["baselines"] = score_baselines(samples, manifest, store, params)
    write_table(predictions, predictions_schema(contract.classes), paths.predictions(name))
    write_json(paths.metrics(name), metrics)
    auroc = metrics["test"]["auroc"]
    span = "too few patients for an interval"
    if auroc["low"] is not None:
        span = f"95 % interval {auroc['low']:.3f} to {auroc['high']:.3f}"
    logging.getLogger(__name__).info(
        "%s: test AUROC %.3f (%s) on %d films",
        *(name, auroc["value"], span, metrics["test"]["n_images"]),
    )


if __name__ == "__main__":
    stage.run("evaluate", __doc__, main, per_model=True)
