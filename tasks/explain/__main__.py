"""Stage `explain`: pictures of what a network computes for some test films.

Reads       data/models/<model>/, data/predictions/<model>.parquet, data/images/,
            reports/<model>/evaluation.json
Writes      reports/<model>/explanations/
Params      explain
Fails when  the predictions and the evaluation come from different runs, or the model has neither
            a 2-D convolution nor a dense layer on its pixels
Run         python -m tasks.explain --model minivggnet
"""

import argparse

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Select films, compute their explanations, write the pictures."""
    from tasks.core.atomic import read_json
    from tasks.core.classifier import load_classifier, prepare_backend, read_contract
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.core.tables import OUTCOMES
    from tasks.explain.called_class import CALLS, read_called_classes, select_calls
    from tasks.explain.selection import read_test_predictions, select_films

    prepare_backend()
    from tasks.explain.explanations import ExplainedModel, write_explanations

    model: str = arguments.model
    params = load_params(paths.PARAMS).explain
    contract = read_contract(paths.model_dir(model))
    evaluation = read_json(paths.evaluation(model))
    if evaluation["negative_class"] is None:
        threshold = None
        calls = read_called_classes(paths.predictions(model), evaluation)
        films = select_calls(calls, params.n_per_outcome)
    else:
        threshold = evaluation["operating_point"]["threshold"]
        predictions = read_test_predictions(paths.predictions(model), evaluation)
        films = select_films(predictions, threshold, params.n_per_outcome)
    images = ImageStore(paths.IMAGES).read([film.image_id for film in films])
    explained = ExplainedModel(
        name=model,
        network=load_classifier(paths.model_dir(model)),
        classes=contract.classes,
        negative_class=evaluation["negative_class"],
        threshold=threshold,
        outcomes=CALLS if threshold is None else OUTCOMES,
    )
    folder = paths.explanations(model)
    write_explanations(folder, explained, films, images, n_channels=params.n_channels)


if __name__ == "__main__":
    stage.run("explain", __doc__, main, per_model=True)
