"""Stage `evaluate-errors`: every wrong call on test films, and the training films nearest to each.

Reads       data/models/<model>/, data/contracts/<model>/, data/predictions/<model>.parquet,
            data/samples.parquet, data/images/
Writes      reports/<model>/errors.json; counts the reading in reports/test_ledger.csv
Params      evaluate.negative_class, through the contract
Fails when  the predictions are not those of these films, or the contract is not that of the network
Run         python -m tasks.evaluate.errors --model minivggnet
"""

import argparse
import logging

from tasks.core import paths, stage


def main(arguments: argparse.Namespace) -> None:
    """Load, compare, write."""
    from tasks.core.atomic import write_json
    from tasks.core.classifier import load_classifier
    from tasks.core.decision.decision import read_decision
    from tasks.core.decision.hashes import hash_films
    from tasks.core.image_store.store import ImageStore
    from tasks.core.tables import SAMPLES_SCHEMA, read_table
    from tasks.core.test_ledger import record_reading
    from tasks.evaluate.errors.error_list import list_errors, require_films_of, wrong_calls
    from tasks.evaluate.errors.nearest_films import nearest_films, without_paths
    from tasks.evaluate.inference import infer
    from tasks.evaluate.predictions import predictions_schema

    name = arguments.model
    decision = read_decision(name)
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    predictions = read_table(predictions_schema(decision.classes), paths.predictions(name))
    test = predictions[predictions["split"] == "test"]
    films_sha256 = hash_films(test["image_id"], test["label"])
    require_films_of(samples, films_sha256, paths.predictions(name))
    record_reading(name, "errors", decision.sha256, decision.network_sha256, films_sha256)
    wrong = wrong_calls(test, decision.negative_class)
    test = test.sort_values("image_id", ignore_index=True)
    training = samples[samples["split"] == "train"].sort_values("image_id", ignore_index=True)
    shown = [*test["image_id"], *training["image_id"]]
    network, images = load_classifier(paths.model_dir(name)), ImageStore(paths.IMAGES).read(shown)
    features = infer(network, images).features
    nearest = nearest_films(features[: len(test)], training, features[len(test) :])
    of_test = dict(zip(test["image_id"], nearest, strict=True))
    book = list_errors(wrong, of_test, decision.negative_class)
    found = {
        **{"model": name, "n_images": len(test), "n_errors": len(book), "errors": book},
        "nearest_of_test": {image_id: without_paths(films) for image_id, films in of_test.items()},
    }
    write_json(paths.error_book(name), found)
    logging.getLogger(__name__).info("%s: %d of %d films called wrong", name, len(book), len(test))


if __name__ == "__main__":
    stage.run("evaluate-errors", __doc__, main, per_model=True)
