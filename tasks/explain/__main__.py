"""Stage `explain`: why a network called some test films so, and how far to trust the answers.

Reads       data/films/, data/images/, data/models/<model>/, data/predictions/<model>.parquet,
            data/samples.parquet, reports/<model>/evaluation.json
Writes      reports/<model>/explanations/
Params      explain
Fails when  the predictions and the evaluation come from different runs, or the model has neither
            a 2-D convolution nor a dense layer on its pixels
Run         python -m tasks.explain --model minivggnet
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.core import paths, stage

if TYPE_CHECKING:
    from tasks.core.image_store.store import ImageStore
    from tasks.explain.explanations import LabelledFilms


def main(arguments: argparse.Namespace) -> None:
    """Select films, explain them, write the folder."""
    import os

    from tasks.core.atomic import read_json
    from tasks.core.average_film import average_film
    from tasks.core.classifier import load_classifier, prepare_backend, read_contract
    from tasks.core.image_store.store import ImageStore
    from tasks.core.params import load_params
    from tasks.explain.called_films import outcomes_of, read_called_films
    from tasks.explain.selection import select_films

    # TensorFlow takes these kernels on some processors only; elsewhere it needs a third longer
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    prepare_backend()
    from tasks.explain.explained_model import ExplainedModel
    from tasks.explain.explanations import write_explanations

    model: str = arguments.model
    params = load_params(paths.PARAMS).explain
    evaluation = read_json(paths.evaluation(model))
    store = ImageStore(paths.IMAGES)
    contract = read_contract(paths.model_dir(model))
    _require_size(store.size_px, contract.size_px)
    explained = ExplainedModel(
        name=model,
        network=load_classifier(paths.model_dir(model)),
        classes=contract.classes,
        negative_class=evaluation["negative_class"],
        threshold=evaluation["operating_point"]["threshold"],
        outcomes=outcomes_of(evaluation),
        average_film=average_film(store, _training_films()),
    )
    films = select_films(
        read_called_films(paths.predictions(model), evaluation),
        explained.classes,
        explained.outcomes,
        explained.threshold,
        params.n_shared,
        params.n_per_outcome,
    )
    images = store.read([film.image_id for film in films])
    validation = _validation_films(paths.predictions(model), store)
    write_explanations(paths.explanations(model), explained, films, images, validation, params)


def _require_size(stored_px: int, wanted_px: int) -> None:
    from tasks.core.errors import EvaluationError

    if stored_px != wanted_px:
        raise EvaluationError(
            f"the model needs images (N, {wanted_px}, {wanted_px}, 1) uint8",
            found=f"squares of {stored_px} px",
            where=str(paths.IMAGES),
            next_step="run `dvc repro`: the store and the model have different sizes",
        )


def _training_films() -> list[str]:
    """Ids of all training films, sorted."""
    from tasks.core.tables import SAMPLES_SCHEMA, read_table

    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES, ["image_id", "split"])
    return sorted(samples.loc[samples["split"] == "train", "image_id"])


def _validation_films(predictions: Path, store: "ImageStore") -> "LabelledFilms":
    """Validation films with their labels: all of them, or 1,000 spread evenly over their ids."""
    import pyarrow as pa

    from tasks.core.tables import read_table
    from tasks.explain.activations.activation_folder import MAX_VALIDATION_FILMS
    from tasks.explain.activations.feature_maps import evenly_spaced
    from tasks.explain.explanations import LabelledFilms

    columns = pa.schema([(name, pa.string()) for name in ("image_id", "label", "split")])
    films = read_table(columns, predictions, columns.names)
    films = films[films["split"] == "val"].sort_values("image_id", ignore_index=True)
    films = films.iloc[evenly_spaced(len(films), MAX_VALIDATION_FILMS)]
    return LabelledFilms(store.read(films["image_id"].tolist()), films["label"].tolist())


if __name__ == "__main__":
    stage.run("explain", __doc__, main, per_model=True)
