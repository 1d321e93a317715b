"""Load everything that a model's page shows, and check that the parts belong together."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from tasks.core import paths
from tasks.core.errors import TableError
from tasks.core.hash_chain.links import Link, links_of_model
from tasks.core.json_form import read_form
from tasks.core.readings import read_readings
from tasks.core.result_forms import (
    ADAPTATION_FORM,
    BASELINES_FORM,
    COMPARISON_FORM,
    CONTRACT_FORM,
    DESCRIPTION_FORM,
    EVALUATION_FORM,
    EXPLANATIONS_FORM,
    EXTERNAL_FORM,
    GRADES_FORM,
    LABELS_FORM,
    ROBUSTNESS_FORM,
)
from tasks.core.tables import OUTCOMES, SAMPLES_SCHEMA, SPLITS, read_table

SPLIT_TITLES_ON_PAGE = {"train": "training", "val": "validation", "test": "test"}

UNKNOWN_PATIENT = "film:"  # begins the key that `core.statistics.groups.patients` makes

JsonObject = Mapping[str, Any]


@dataclass(frozen=True)
class PageInputs:
    """Results of one trained model.

    evaluation, external, adaptation, robustness: contents of the JSON files in `reports/<model>/`.
    contract_sha256: hash of the decisions that validation made, as the contract states it.
    baselines, comparison, labels: contents of `reports/baselines.json` and its neighbours.
    n_readings: readings of the test films by model, from the ledger.
    description: content of `data/models/<model>/model.json`.
    predictions: one row per validation and test film, see `data/predictions/`.
    cohort: films and patients (values of `group_id`) by split:
        {"train": {"films": 550, "patients": 431}, ...}.
    history: loss and accuracy by epoch: {"train/loss": [0.61, 0.42, ...], ...}.
    explanations, grades: contents of the JSON files in `reports/<model>/explanations/`.
    contact_sheet: PNG file of training films under each augmentation preset.
    links: artifacts from the films to the predictions, each with its hash.
    """

    model: str
    evaluation: JsonObject
    contract_sha256: str
    external: JsonObject
    adaptation: JsonObject
    robustness: JsonObject
    baselines: Sequence[JsonObject]
    comparison: JsonObject
    labels: JsonObject
    n_readings: Mapping[str, int]
    description: JsonObject
    predictions: pd.DataFrame
    cohort: Mapping[str, Mapping[str, int]]
    history: Mapping[str, list[float]]
    explanations: JsonObject
    grades: JsonObject
    contact_sheet: Path
    links: tuple[Link, ...]

    def films(self, split: str) -> pd.DataFrame:
        """Predictions of one split, in the order of the table."""
        rows = self.predictions["split"] == split
        return self.predictions[rows].reset_index(drop=True)

    def n_without_patient(self) -> int:
        """Test films whose patient is not known; each counts as a patient of its own."""
        return int(self.films("test")["patient_id"].str.startswith(UNKNOWN_PATIENT).sum())


def load_page_inputs(model: str) -> PageInputs:
    """Read the results of one model, below the current folder.

    Args:
        model: One of `models` in params.yaml.

    Raises:
        TableError: The predictions lack a column; or predictions, evaluation and cohort count
            different films.
    """
    evaluation = read_form(paths.evaluation(model), EVALUATION_FORM)
    description = read_form(paths.contract_file(paths.model_dir(model)), DESCRIPTION_FORM)
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    inputs = PageInputs(
        model=model,
        evaluation=evaluation,
        contract_sha256=read_form(paths.decision_file(model), CONTRACT_FORM)["sha256"],
        external=read_form(paths.external_evaluation(model), EXTERNAL_FORM),
        adaptation=read_form(paths.adaptation(model), ADAPTATION_FORM),
        robustness=read_form(paths.robustness(model), ROBUSTNESS_FORM),
        baselines=read_form(paths.BASELINES, BASELINES_FORM),
        comparison=read_form(paths.COMPARISON, COMPARISON_FORM),
        labels=read_form(paths.LABELS_JSON, LABELS_FORM),
        n_readings=count_readings(),
        description=description,
        predictions=read_table(_prediction_columns(evaluation), paths.predictions(model)),
        cohort={split: _counts(samples[samples["split"] == split]) for split in SPLITS},
        history=read_training_history(paths.training_history(model), description["epochs_run"]),
        explanations=read_form(paths.explanations_json(model), EXPLANATIONS_FORM),
        grades=read_form(paths.grades_json(model), GRADES_FORM),
        contact_sheet=paths.augmentation(model),
        links=links_of_model(model),
    )
    for split in ("val", "test"):
        _check_counts(inputs, split)
    return inputs


def count_readings() -> dict[str, int]:
    """Number of readings of the test films by model, sorted by name, from the ledger."""
    return dict(sorted(Counter(one.model for one in read_readings(paths.TEST_LEDGER)).items()))


def read_training_history(folder: Path, n_epochs: int) -> dict[str, list[float]]:
    """Loss and accuracy by epoch, from the files of DVCLive. `eval` is the validation split.

    Args:
        folder: Folder with `<split>/<metric>.tsv`.
        n_epochs: Epochs of the training; a file that was cut has fewer.

    Returns:
        One list per file found for loss and accuracy, train and eval. Item k is epoch k + 1.

    Raises:
        TableError: A file is damaged.
    """
    history = {}
    for name in ("train/loss", "eval/loss", "train/accuracy", "eval/accuracy"):
        path = folder / f"{name}.tsv"
        if path.is_file():
            history[name] = _read_epochs(path, n_epochs)
    return history


def _read_epochs(path: Path, n_epochs: int) -> list[float]:
    """One number for each epoch; a file that was cut has fewer, or empty fields, or no column."""
    try:
        table = pd.read_csv(path, sep="\t").sort_values("step")
        values = table[path.stem].astype(float)
    except (ValueError, KeyError) as error:  # pandas' errors of parsing are ValueErrors
        found = f"{type(error).__name__}: {error}"
    else:
        if values.notna().all() and len(values) == n_epochs:
            return [float(value) for value in values]
        found = f"numbers of {values.notna().sum()} of {n_epochs} epochs"
    raise TableError(
        f"the training history must have `step` and `{path.stem}` for each epoch",
        found=found,
        where=str(path),
        next_step="delete it and run `dvc repro`, which trains the model again",
    )


def _prediction_columns(evaluation: JsonObject) -> pa.Schema:
    text = ["image_id", "path", "split", "label", "patient_id", "group_id", "called_class"]
    numbers = [f"prob_{name}" for name in evaluation["classes"]]
    columns = [(name, pa.string()) for name in text]
    columns += [(name, pa.float64()) for name in numbers]
    if evaluation["negative_class"] is None:
        return pa.schema(columns)
    two_sided = [
        ("outcome", pa.string()),
        ("positive", pa.bool_()),
        ("prob_positive", pa.float64()),
    ]
    return pa.schema(columns + two_sided)


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
