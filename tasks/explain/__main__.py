"""Stage `explain`: pictures of what a model saw in chosen test films.

Reads       data/models/<model>/, data/predictions/<model>.parquet, data/images/,
            reports/<model>/metrics.json
Writes      reports/<model>/explanations/
Params      explain
Fails when  the predictions and the metrics do not belong together, or the model has neither a 2-D
            convolution nor a dense layer on its pixels
Run         python -m tasks.explain --model minivggnet
"""

import argparse

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Choose films, look into the model, draw."""
    from tasks.core.atomic import read_json
    from tasks.core.classifier import load_classifier, prepare_backend, read_contract
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.explain.selection import choose_films, read_test_predictions

    prepare_backend()
    from tasks.explain.gallery import Subject, write_gallery

    model: str = arguments.model
    params = load_params(paths.PARAMS).explain
    contract = read_contract(paths.model_dir(model))
    metrics = read_json(paths.metrics(model))
    predictions = read_test_predictions(paths.predictions(model), metrics)
    threshold = metrics["operating_point"]["threshold"]
    films = choose_films(predictions, threshold, params.n_per_outcome)
    images = ImageStore(paths.IMAGES).read([film.image_id for film in films])
    subject = Subject(model, contract.classes, metrics["negative_class"], threshold)
    network = load_classifier(paths.model_dir(model))
    write_gallery(
        paths.explanations(model), subject, network, films, images, n_channels=params.n_channels
    )


if __name__ == "__main__":
    stage.run("explain", __doc__, main, per_model=True)
