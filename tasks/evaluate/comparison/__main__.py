"""Stage `evaluate-comparison`: models in pairs, and with the baselines, on the same test films.

Predictions of models that params.yaml no longer names are not read. One model gives no pair.

Reads       data/predictions/<model>.parquet of each model, data/baselines.parquet
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
    import pyarrow as pa

    from tasks.core.atomic import write_json
    from tasks.core.decision.hashes import hash_films
    from tasks.core.params import load_params
    from tasks.core.tables import read_table
    from tasks.core.test_ledger import record_reading
    from tasks.evaluate.comparison.baseline_differences import compare_with_baselines
    from tasks.evaluate.comparison.paired_calls import COLUMNS, compare_models
    from tasks.evaluate.comparison.prediction_tables import read_test_films

    params = load_params(paths.PARAMS)
    baselines = read_table(pa.schema([]), paths.BASELINE_FILMS)
    probs = [str(name) for name in baselines if str(name).startswith("prob_")]
    columns = list(dict.fromkeys([*COLUMNS, *probs]))
    films = {name: read_test_films(paths.predictions(name), columns) for name in params.models}
    for name, table in films.items():
        films_sha256 = hash_films(table["image_id"], table["label"])
        record_reading(name, "comparison", "", "", films_sha256)
    settings = params.evaluate
    found = compare_models(films, settings.n_bootstrap, settings.seed)
    rivals = compare_with_baselines(films, baselines, settings.n_bootstrap, settings.seed)
    write_json(paths.COMPARISON, found | {"baselines": rivals})
    better = sum(pair["better"] is not None for pair in found["pairs"])
    logging.getLogger(__name__).info(
        "pairs of models: %d, with a better one: %d", len(found["pairs"]), better
    )


if __name__ == "__main__":
    stage.run("evaluate-comparison", __doc__, main)
