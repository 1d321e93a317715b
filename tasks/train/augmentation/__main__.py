"""Stage `train-augmentation`: draw the contact sheet of the augmentation.

It is a stage of its own, so that a change of the picture trains no network.

Reads       data/samples.parquet, data/images/
Writes      reports/<model>/augmentation.png
Params      train, per_model.M
Fails when  the image store lacks a film of the cohort
Run         python -m tasks.train.augmentation --model minivggnet
"""

import argparse

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, call, write."""
    from tasks.core.classifier import prepare_backend
    from tasks.core.film_defaults import settings_for_films
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import SAMPLES_SCHEMA, read_table

    prepare_backend()
    from tasks.core.atomic import atomic_path
    from tasks.train.augmentation.contact_sheet import choose_image_ids, draw_sheet, sheet_rows

    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    settings = settings_for_films(load_params(paths.PARAMS).train_of(arguments.model), samples)
    films = ImageStore(paths.IMAGES).read(choose_image_ids(samples))[..., 0]
    sheet = draw_sheet(films, sheet_rows(settings.augment), settings.seed)
    with atomic_path(paths.augmentation(arguments.model)) as temporary:
        sheet.save(temporary, format="PNG")


if __name__ == "__main__":
    stage.run("train.augmentation", __doc__, main, per_model=True)
