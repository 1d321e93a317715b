"""Stage `evaluate`: evaluate one model on the validation and test films.

Reads       data/contracts/<model>/ (before the films), data/models/<model>/, data/samples.parquet,
            data/images/, data/manifest.parquet
Writes      data/predictions/<model>.parquet, reports/<model>/evaluation.json,
            reports/<model>/scores.json, reports/<model>/plots/; counts the reading of test in
            reports/test_ledger.csv
Params      evaluate.n_bootstrap, prevalences, seed, target_sensitivity
Fails when  validation decided for another network, the model has other classes than the films, a
            class has no training film, or a split has positive or negative films only
Run         python -m tasks.evaluate --model minivggnet
"""

import argparse
import logging
from functools import partial
from typing import Any

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, evaluate, write."""
    from tasks.core.atomic import write_json
    from tasks.core.classifier import load_classifier
    from tasks.core.decision.decision import read_decision
    from tasks.core.decision.hashes import hash_films
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, read_table, write_table
    from tasks.core.test_ledger import record_reading
    from tasks.evaluate.abstention import evaluate_abstention
    from tasks.evaluate.calibration_report import report_calibration
    from tasks.evaluate.evaluation import build_evaluation, count_refused
    from tasks.evaluate.film_scores import film_scores
    from tasks.evaluate.inference import infer
    from tasks.evaluate.novelty_probes import judge_probes
    from tasks.evaluate.plot_points import plot_points
    from tasks.evaluate.predictions import predict_films, predictions_schema
    from tasks.evaluate.sides import (
        require_films,
        require_same_classes,
        require_trained_classes,
    )
    from tasks.evaluate.subgroups import evaluate_subgroups, reuse_intervals

    name = arguments.model
    params = load_params(paths.PARAMS).evaluate
    decision = read_decision(name)  # before anything of the test films
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    manifest = read_table(MANIFEST_SCHEMA, paths.MANIFEST)
    require_same_classes(decision.classes, list(samples["label"]), name)
    require_trained_classes(samples)
    require_films(samples, ("val", "test"))
    held_out = samples[samples["split"] != "train"].sort_values(["split", "image_id"])
    images = ImageStore(paths.IMAGES).read(list(held_out["image_id"]))
    model = load_classifier(paths.model_dir(name))
    predictions = predict_films(held_out, infer(model, images), decision, images)
    on_test = (held_out["split"] == "test").to_numpy()
    test = predictions[on_test]
    films = hash_films(test["image_id"], test["label"])
    record_reading(name, "evaluate", decision.sha256, decision.network_sha256, films)
    probes = judge_probes(test, images[on_test], partial(infer, model), decision, params.seed)
    found = build_evaluation(predictions, decision, params)
    evaluation = found | {
        "calibration": report_calibration(test, decision, params),
        "abstention": evaluate_abstention(test, decision, params, probes),
        "subgroups": reuse_intervals(evaluate_subgroups(test, manifest, params), found),
        "is_synthetic": bool(manifest["is_synthetic"].eq(True).any()),
        "guard": count_refused(predictions),
    }
    write_table(predictions, predictions_schema(decision.classes), paths.predictions(name))
    for plot, points in plot_points(predictions, decision).items():
        write_json(paths.evaluation_plots(name) / f"{plot}.json", points)
    write_json(paths.scores(name), film_scores(test, decision, evaluation["is_synthetic"]))
    write_json(paths.evaluation(name), evaluation)
    logging.getLogger(__name__).info("%s: %s", name, _summary(evaluation))


def _summary(evaluation: dict[str, Any]) -> str:
    """Test AUROC with its interval, for the log."""
    n_films, auroc = evaluation["test"]["n_images"], evaluation["test"]["auroc"]
    metric = "AUROC"
    if evaluation["negative_class"] is None:
        metric, auroc = "macro AUROC", evaluation["classes_view"]["test"]["macro"]["auroc"]
    if auroc["value"] is None:
        return f"test {metric} is undefined on {n_films} films"
    interval = "too few patients for an interval"
    if auroc["low"] is not None:
        interval = f"95 % interval {auroc['low']:.3f} to {auroc['high']:.3f}"
    return f"test {metric} {auroc['value']:.3f} ({interval}) on {n_films} films"


if __name__ == "__main__":
    stage.run("evaluate", __doc__, main, per_model=True)
