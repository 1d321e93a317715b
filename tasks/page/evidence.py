"""What a model's page is made from, read from the artifacts and checked against each other."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.errors import TableError
from tasks.core.tables import SAMPLES_SCHEMA, SPLITS, read_table

SPLIT_NAMES = {"train": "training", "val": "validation", "test": "test"}
OUTCOMES = ("FN", "FP", "TP", "TN")  # what went wrong comes first

Record = Mapping[str, Any]  # one JSON object of an artifact


@dataclass(frozen=True)
class Evidence:
    """All that is known of one trained model.

    metrics: `reports/<model>/metrics.json`.
    contract: `data/models/<model>/model.json`.
    predictions: one row per validation and test film, see `data/predictions/`.
    cohort: films and patients (one per `group_id`, as the metrics count them) by split:
        {"train": {"films": 550, "patients": 431}, ...}.
    curves: loss and accuracy by epoch: {"train/loss": [0.61, 0.42, ...], ...}.
    explanations: `reports/<model>/explanations/explanations.json`.
    pictures_dir: folder that the picture names in `explanations` are relative to.
    contact_sheet: training films under each preset of augmentation, a PNG file.
    synthetic: whether the films are phantoms, drawn by a program.
    """

    model: str
    metrics: Record
    contract: Record
    predictions: pd.DataFrame
    cohort: Mapping[str, Mapping[str, int]]
    curves: Mapping[str, list[float]]
    explanations: Record
    pictures_dir: Path
    contact_sheet: Path
    synthetic: bool

    @property
    def test(self) -> pd.DataFrame:
        """Rows of the test films, in the order of their image ids."""
        return self.predictions[self.predictions["split"] == "test"].reset_index(drop=True)

    @property
    def positive_classes(self) -> list[str]:
        """Classes that count as a finding."""
        negative = self.metrics["negative_class"]
        return [label for label in self.metrics["classes"] if label != negative]


def load_evidence(model: str, *, synthetic: bool) -> Evidence:
    """Read the artifacts of one model, below the current folder.

    Args:
        model: A name of `models` in params.yaml.
        synthetic: `ingest.is_synthetic`.

    Raises:
        TableError: The predictions lack a column, or the predictions, the metrics and the cohort
            count different films.
    """
    metrics = read_json(paths.metrics(model))
    samples = read_table(SAMPLES_SCHEMA, paths.SAMPLES)
    evidence = Evidence(
        model=model,
        metrics=metrics,
        contract=read_json(paths.model_dir(model) / "model.json"),
        predictions=read_table(_prediction_columns(metrics), paths.predictions(model)),
        cohort={split: _counts(samples[samples["split"] == split]) for split in SPLITS},
        curves=read_curves(paths.training_dir(model)),
        explanations=read_json(paths.explanations(model) / "explanations.json"),
        pictures_dir=paths.explanations(model),
        contact_sheet=paths.augmentation(model),
        synthetic=synthetic,
    )
    _check_counts(evidence)
    return evidence


def read_curves(folder: Path) -> dict[str, list[float]]:
    """Metrics by epoch, as DVCLive wrote them (`eval` is the validation split).

    Args:
        folder: DVCLive's folder, with `plots/metrics/<split>/<metric>.tsv`.

    Returns:
        One list per curve found among loss and accuracy, train and eval; item k is epoch k + 1.
    """
    curves = {}
    for name in ("train/loss", "eval/loss", "train/accuracy", "eval/accuracy"):
        path = folder / "plots" / "metrics" / f"{name}.tsv"
        if path.is_file():
            table = pd.read_csv(path, sep="\t").sort_values("step")
            curves[name] = [float(value) for value in table[path.stem]]
    return curves


def _prediction_columns(metrics: Record) -> pa.Schema:
    text = ("image_id", "path", "split", "label", "patient_id", "outcome")
    raw = f"prob_{metrics['negative_class']}_raw"
    return pa.schema(
        [(name, pa.string()) for name in text]
        + [("positive", pa.bool_()), ("prob_positive", pa.float64()), (raw, pa.float64())]
    )


def _counts(films: pd.DataFrame) -> dict[str, int]:
    return {"films": len(films), "patients": int(films["group_id"].nunique())}


def _check_counts(evidence: Evidence) -> None:
    """Every film of the cohort's validation and test splits was judged, and counted once."""
    for split, key in (("val", "validation"), ("test", "test")):
        predicted = evidence.predictions[evidence.predictions["split"] == split]
        reported = evidence.metrics[key]
        outcomes = predicted["outcome"].value_counts()
        found = {
            "cohort": evidence.cohort[split]["films"],
            "predictions": len(predicted),
            "metrics": reported["n_images"],
        } | {
            name: (int(outcomes.get(name, 0)), reported["confusion"][name.lower()])
            for name in OUTCOMES
        }
        films = {found["cohort"], found["predictions"], found["metrics"]}
        if len(films) > 1 or any(found[name][0] != found[name][1] for name in OUTCOMES):
            raise TableError(
                "cohort, predictions and metrics of a model must count the same films",
                found=", ".join(f"{name} {value}" for name, value in found.items()),
                where=f"{SPLIT_NAMES[split]} films of {evidence.model} "
                "(outcomes as predictions, metrics)",
                next_step="run `dvc repro`: they come from different runs",
            )
