"""Stage `train`: fit one network on the training films, stop by the validation films.

A run that was killed goes on where it stood: its state after each epoch lies in
data/checkpoints/<model>/ until the model is written.

Reads       data/samples.parquet, data/images/
Writes      data/models/<model>/, reports/<model>/training/
Params      train
Fails when  the model is not in the zoo, its loss is no longer a number, or the disk is full
Run         python -m tasks.train --model minivggnet
"""

import argparse
import logging
import shutil

from tasks import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.classifier import prepare_backend
    from tasks.image_store import ImageStore
    from tasks.params import load_params
    from tasks.tables import SAMPLES, read_table

    prepare_backend()
    from tasks.train.artifact import save_classifier
    from tasks.train.fit import Workplace, fit

    name = arguments.model
    params = load_params(paths.PARAMS)
    samples = read_table(SAMPLES, paths.SAMPLES)
    checkpoints = paths.checkpoint_dir(name)
    workplace = Workplace(checkpoints, params.compute.n_workers or 1)
    store = ImageStore(paths.IMAGES)
    run = fit(name, samples, store, params.train, paths.training_dir(name), workplace)
    save_classifier(run, paths.model_dir(name))
    shutil.rmtree(checkpoints)
    logging.getLogger(__name__).info(
        "%s: %d epochs, validation loss %.3f after epoch %d, which is kept",
        name,
        run.epochs_run,
        run.best_loss,
        run.best_epoch,
    )


if __name__ == "__main__":
    stage.run("train", __doc__, main, per_model=True)
