"""Load everything that a model's page shows, and check that the parts belong together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.errors import TableError
from tasks.core.tables import OUTCOMES, SAMPLES_SCHEMA, SPLITS, read_table

SPLIT_TITLES_ON_PAGE = {"train": "training", "val": "validation", "test": "test"}

JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class PageInputs:
    """Results of one trained model.

    evaluation: content of `reports/<model>/evaluation.json`.
    baselines: content of `reports/baselines.json`.
    description: content of `data/models/<model>/model.json`.
    predictions: one row per validation and test film, see `data/predictions/`.
    cohort: films and patients (values of `group_id`) by split:
        {"train": {"films": 550, "patients": 431}, ...}.
    history: loss and accuracy by epoch: {"train/loss": [0.61, 0.42, ...], ...}.
    explanations: content of `reports/<model>/explanations/explanations.json`.
    pictures_dir: folder of the pictures that `explanations` names.
    contact_sheet: PNG file of training films under each augmentation preset.
    """

    model: str
    evaluation: JsonObject
    baselines: Sequence[JsonObject]
    description: JsonObject
    predictions: pd.DataFrame
    cohort: Mapping[str, Mapping[str, int]]
    history: Mapping[str, list[float]]
    explanations: JsonObject
    pictures_dir: Path
    contact_sheet: Path

    def films(self, split: str) -> pd.DataFrame:
        """Predictions of one split, in the order of the table."""
        rows = self.predictions["split"] == split
        return self.predictions[rows].reset_index(drop=True)


def load_page_inputs(model: str) -> PageInputs:
    """Read the results of one model, below the current folder.

    Args:
        model: One of `models` in params.yaml.

    Raises:
        TableError: The predictions lack a column; or predictions, evaluation and cohort count
            different films.
    """
    evaluation = read_json(paths.evaluation(model))
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    inputs = PageInputs(
        model=model,
        evaluation=evaluation,
        baselines=read_json(paths.BASELINES),
        description=read_json(paths.contract_file(paths.model_dir(model))),
        predictions=read_table(_prediction_columns(evaluation), paths.predictions(model)),
        cohort={split: _counts(samples[samples["split"] == split]) for split in SPLITS},
        history=read_training_history(paths.training_history(model)),
        explanations=read_json(paths.explanations_json(model)),
        pictures_dir=paths.explanations(model),
        contact_sheet=paths.augmentation(model),
    )
    for split in ("val", "test"):
        _check_counts(inputs, split)
    return inputs


def read_training_history(folder: Path) -> dict[str, list[float]]:
    """Loss and accuracy by epoch, from the files of DVCLive. `eval` is the validation split.

    Args:
        folder: Folder with `<split>/<metric>.tsv`.

    Returns:
        One list per file found for loss and accuracy, train and eval. Item k is epoch k + 1.
    """
    history = {}
    for name in ("train/loss", "eval/loss", "train/accuracy", "eval/accuracy"):
        path = folder / f"{name}.tsv"
        if path.is_file():
            table = pd.read_csv(path, sep="\t").sort_values("step")
            history[name] = [float(value) for value in table[path.stem]]
    return history


def _prediction_columns(evaluation: JsonObject) -> pa.Schema:
    text = ["image_id", "path", "split", "label", "patient_id", "group_id"]
    if evaluation["negative_class"] is None:
        numbers = [f"prob_{name}" for name in evaluation["classes"]]
        columns = [(name, pa.string()) for name in (*text, "called_class")]
        return pa.schema(columns + [(name, pa.float64()) for name in numbers])
    uncalibrated = f"prob_{evaluation['negative_class']}_raw"
    return pa.schema(
        [(name, pa.string()) for name in (*text, "outcome")]
        + [("positive", pa.bool_()), ("prob_positive", pa.float64()), (uncalibrated, pa.float64())]
    )


def _counts(films: pd.DataFrame) -> dict[str, int]:
    return {"films": len(films), "patients": int(films["group_id"].nunique())}


def _check_counts(inputs: PageInputs, split: str) -> None:
    """Check that cohort, predictions and evaluation count the same films of a split."""
    films, scores = inputs.films(split), inputs.evaluation[SPLIT_TITLES_ON_PAGE[split]]
    n_films = {
        "cohort": inputs.cohort[split]["films"],
        "predictions": len(films),
        "evaluation": scores["n_images"],
    }
    n_by_outcome = _count_outcomes(inputs, split)
    if len(set(n_films.values())) > 1 or any(a != b for a, b in n_by_outcome.values()):
        found = n_films | n_by_outcome
        raise TableError(
            "cohort, predictions and evaluation of a model must count the same films",
            found=", ".join(f"{name} {value}" for name, value in found.items()),
            where=f"{SPLIT_TITLES_ON_PAGE[split]} films of {inputs.model} "
            "(outcomes: predictions, evaluation)",
            next_step="run `dvc repro`: the files come from different runs",
        )


def _count_outcomes(inputs: PageInputs, split: str) -> dict[str, tuple[int, int]]:
    """Films by outcome in the predictions and in the evaluation; by class without a negative one.

    Without a negative class, the outcomes of a class are its films that are called that class.
    """
    films, key = inputs.films(split), SPLIT_TITLES_ON_PAGE[split]
    if inputs.evaluation["negative_class"] is None:
        view = inputs.evaluation["classes_view"][key]
        right = films.loc[films["label"] == films["called_class"], "label"].value_counts()
        stated = {name: view["matrix"][k][k] for k, name in enumerate(view["labels"])}
        return {name: (int(right.get(name, 0)), n) for name, n in stated.items()}
    predicted, confusion = films["outcome"].value_counts(), inputs.evaluation[key]["confusion"]
    return {name: (int(predicted.get(name, 0)), confusion[name.lower()]) for name in OUTCOMES}
