"""Stage `train`: fit one network on the training films, watched on the validation films.

A run that was killed goes on where it stood: its state after each epoch lies in
data/checkpoints/<model>/ until all is written.

Reads       data/samples.parquet, data/images/
Writes      data/models/<model>/, reports/<model>/training/, reports/<model>/augmentation.png
Params      train, per_model.M
Fails when  the model is not in the zoo, the weights to start from are not those meant, its loss is
            no longer a number, or the disk is full
Run         python -m tasks.train --model minivggnet
"""

import argparse
import logging
import shutil

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.core.classifier import prepare_backend
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import SAMPLES_SCHEMA, read_table

    prepare_backend()
    from tasks.core.atomic import atomic_path
    from tasks.train.artifact import save_classifier
    from tasks.train.contact_sheet import choose_films, draw_sheet, sheet_rows
    from tasks.train.fit import Workplace, fit

    name = arguments.model
    params = load_params(paths.PARAMS)
    settings = params.train_of(name)
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    checkpoints = paths.checkpoint_dir(name)
    workplace = Workplace(checkpoints, params.compute.n_workers or 1)
    store = ImageStore(paths.IMAGES)
    run = fit(name, samples, store, settings, paths.training_dir(name), workplace)
    save_classifier(run, paths.model_dir(name))
    films = store.read(choose_films(samples))[..., 0]
    sheet = draw_sheet(films, sheet_rows(settings.augment), settings.seed)
    with atomic_path(paths.augmentation(name)) as temporary:
        sheet.save(temporary, format="PNG")
    shutil.rmtree(checkpoints)  # last: what fails before this costs no training
    logging.getLogger(__name__).info(
        "%s: %d epochs, validation loss %.3f after epoch %d, which is kept",
        name,
        run.epochs_run,
        run.best_loss,
        run.best_epoch,
    )


if __name__ == "__main__":
    stage.run("train", __doc__, main, per_model=True)
