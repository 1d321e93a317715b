"""Stage `evaluate-comparison`: compare the models in pairs on the same test films.

Predictions of models that params.yaml no longer names are not read. One model gives an empty list.

Reads       data/predictions/<model>.parquet of each model
Writes      reports/comparison.json; counts the readings in reports/test_ledger.csv
Params      models, evaluate.n_bootstrap, evaluate.seed
Fails when  two models were evaluated on different test films or labels
Run         python -m tasks.evaluate.comparison
"""

import argparse
import logging

from tasks.core import paths, stage


def main(_: argparse.Namespace) -> None:
    """Load, compare, write."""
    from tasks.core.atomic import write_json
    from tasks.core.params import load_params
    from tasks.evaluate.comparison.paired_calls import COLUMNS, compare_models
    from tasks.evaluate.comparison.prediction_tables import read_test_films
    from tasks.evaluate.contract.hashes import hash_films
    from tasks.evaluate.test_ledger import record_reading

    params = load_params(paths.PARAMS)
    films = {name: read_test_films(paths.predictions(name), COLUMNS) for name in params.models}
    for name, table in films.items() if len(films) > 1 else ():
        films_sha256 = hash_films(table["image_id"], table["label"])
        record_reading(name, "comparison", "", "", films_sha256)
    found = compare_models(films, params.evaluate.n_bootstrap, params.evaluate.seed)
    write_json(paths.COMPARISON, found)
    better = sum(pair["better"] is not None for pair in found["pairs"])
    logging.getLogger(__name__).info(
        "pairs of models: %d, with a better one: %d", len(found["pairs"]), better
    )


if __name__ == "__main__":
    stage.run("evaluate-comparison", __doc__, main)
