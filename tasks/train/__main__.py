"""Stage `train`: fit one network on the training films, with validation after each epoch.

A killed run resumes: its state after each epoch is in data/checkpoints/<model>/ until all outputs
are written.

Reads       data/samples.parquet, data/images/, data/acquisition.parquet (for group DRO)
Writes      data/models/<model>/, reports/<model>/training/
Params      train, per_model.M
Fails when  the zoo has no such network, the initial weights are not the expected file, a loss is
            not a finite number, or the disk is full
Run         python -m tasks.train --model minivggnet
"""

import argparse
import logging
import shutil

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.core.classifier import prepare_backend
    from tasks.core.errors import TrainingError
    from tasks.core.exclusive_lock import exclusive_lock
    from tasks.core.film_defaults import settings_for_films
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import ACQUISITION_SCHEMA, SAMPLES_SCHEMA, read_table

    prepare_backend()
    from tasks.train.fitting.artifact import save_classifier
    from tasks.train.fitting.fit import Resources, fit
    from tasks.train.network.guard import guard_films

    name = arguments.model
    params = load_params(paths.PARAMS)
    stated = params.train_of(name)
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    settings = settings_for_films(stated, samples)
    if settings.group_dro_step is not None:
        clusters = read_table(ACQUISITION_SCHEMA, paths.ACQUISITION_CLUSTERS)
        samples = samples.merge(clusters, how="left", on="image_id")
    store = ImageStore(paths.IMAGES)
    checkpoints = paths.checkpoint_dir(name)
    rule, next_step = "one process at a time trains a network", "wait for the other one to end"
    with exclusive_lock(checkpoints / "lock", rule, checkpoints, next_step, TrainingError):
        resources = Resources(checkpoints, params.compute.n_workers)
        run = fit(name, samples, store, settings, paths.training_dir(name), resources)
        films = guard_films(samples, store)
        save_classifier(run, paths.model_dir(name), films, stated.model_dump(mode="json"))
        shutil.rmtree(checkpoints)  # last: a failure before this line loses no training
    logging.getLogger(__name__).info("%s: saved (networks averaged: %d)", name, run.n_seeds)


if __name__ == "__main__":
    stage.run("train", __doc__, main, per_model=True)
