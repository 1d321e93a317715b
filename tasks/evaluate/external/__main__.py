"""Stage `evaluate-external`: evaluate one model on the films of other hospitals.

Every operating point, the calibration and the conformal sets are those that validation fixed at
home. A cohort that cannot be judged is a stated gap. Folders of cohorts that params.yaml no longer
names are not read.

Reads       data/contracts/<model>/, data/models/<model>/, data/external/<cohort>/ (cohort.json,
            samples.parquet, images/), data/predictions/<model>.parquet and data/images/ (validation
            films), reports/<model>/evaluation.json
Writes      data/external-predictions/<model>/<cohort>.parquet, reports/<model>/external.json,
            reports/<model>/metrics.json (the main numbers at home and of each cohort)
Params      evaluate.external, evaluate.n_bootstrap, evaluate.prevalences, evaluate.seed
Fails when  the contract belongs to another network, or a table or store is missing
Run         python -m tasks.evaluate.external --model minivggnet
"""

import argparse
import logging
from typing import TYPE_CHECKING, Any

from tasks.core import paths, stage

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    import pandas as pd

    from tasks.core.decision.decision import Decision
    from tasks.evaluate.external.cohort_evaluation import Cohort
    from tasks.evaluate.external.unlikeness import SeenFilms


def main(arguments: argparse.Namespace) -> None:
    """Load the network and its contract, evaluate every cohort, write."""
    from tasks.core.atomic import atomic_path, read_json, write_json
    from tasks.core.decision.decision import read_decision
    from tasks.core.params import load_params
    from tasks.core.tables import write_table
    from tasks.evaluate.evaluation import main_metrics
    from tasks.evaluate.external.cohort_evaluation import cohort_metrics, evaluate_cohort
    from tasks.evaluate.predictions import predictions_schema

    name, params = arguments.model, load_params(paths.PARAMS).evaluate
    decision = read_decision(name)
    cohorts: list[Cohort] = []
    found: list[dict[str, Any]] = []
    if params.external:  # else the network is not needed
        home, cohorts = _read_films(decision, list(params.external))
        found = [evaluate_cohort(cohort, home, decision, params) for cohort in cohorts]
    metrics = main_metrics(read_json(paths.evaluation(name)))
    metrics |= {one["name"]: main for one in found if (main := cohort_metrics(one))}
    with atomic_path(paths.external_predictions(name)) as folder:  # without removed cohorts
        folder.mkdir()
        for cohort in cohorts:
            if cohort.films is not None:
                place = folder / f"{cohort.summary['name']}.parquet"
                write_table(cohort.films.table, predictions_schema(decision.classes), place)
    write_json(paths.external_evaluation(name), {"cohorts": found})
    write_json(paths.metrics(name), metrics)
    _log(name, found)


def _read_films(decision: "Decision", names: list[str]) -> "tuple[SeenFilms, list[Cohort]]":
    """Validation films and cohorts, with what the network says of them."""
    from tasks.core.atomic import read_json
    from tasks.core.classifier import load_classifier
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.evaluate.external.cohort_evaluation import Cohort, without_truth
    from tasks.evaluate.predictions import predictions_schema

    model = load_classifier(paths.model_dir(decision.model))
    schema = predictions_schema(decision.classes)
    at_home = read_table(schema, paths.predictions(decision.model))
    validation = at_home[at_home["split"] == "val"].reset_index(drop=True)
    home = _seen(model, validation, paths.IMAGES, decision)
    cohorts = []
    for name in names:
        summary = read_json(paths.external_summary(name))
        samples = read_table(SAMPLES_SCHEMA, paths.external_samples(name))
        films = None
        if len(samples):
            samples = without_truth(samples, summary)
            films = _seen(model, samples, paths.external_images(name), decision)
        cohorts.append(Cohort(summary, films))
    return home, cohorts


def _seen(
    model: "keras.Model", films: "pd.DataFrame", store: "Path", decision: "Decision"
) -> "SeenFilms":
    """Infer films of one store and call them as validation decided."""
    import numpy as np

    from tasks.core.image_store.store import ImageStore
    from tasks.evaluate.external.unlikeness import SeenFilms
    from tasks.evaluate.inference import infer
    from tasks.evaluate.predictions import predict_films

    images = ImageStore(store).read(list(films["image_id"]))
    inference = infer(model, images)
    table = predict_films(films, inference, decision, images)
    return SeenFilms(table, images, inference.features.astype(np.float64))


def _log(name: str, cohorts: list[dict[str, Any]]) -> None:
    from tasks.evaluate.external.cohort_evaluation import cohort_line

    logger = logging.getLogger(__name__)
    logger.info("%s: %d external cohorts", name, len(cohorts))
    for found in cohorts:
        level = logging.INFO if found["status"] == "judged" else logging.WARNING
        logger.log(level, "%s", cohort_line(found))


if __name__ == "__main__":
    stage.run("evaluate-external", __doc__, main, per_model=True)
