"""Load what the evaluation of one model found, from the files of the stages before."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.readings import read_readings
from tasks.page.evaluation.statement import Finding


@dataclass(frozen=True)
class EvaluationInputs:
    """Contents of the JSON files of one model, and how often the test films have been read.

    contract_sha256: hash of the decisions that validation made, as the contract states it.
    n_readings: readings of the test films by model, from the ledger.
    """

    model: str
    evaluation: Finding
    contract_sha256: str
    baselines: Sequence[Finding]
    external: Finding
    adaptation: Finding
    robustness: Finding
    errors: Finding
    comparison: Finding
    labels: Finding
    n_readings: Mapping[str, int]


def load_evaluation_inputs(model: str) -> EvaluationInputs:
    """Read the results of one model, below the current folder.

    Args:
        model: One of `models` in params.yaml.
    """
    return EvaluationInputs(
        model=model,
        evaluation=read_json(paths.evaluation(model)),
        contract_sha256=read_json(paths.decision_file(model))["sha256"],
        baselines=read_json(paths.BASELINES),
        external=read_json(paths.external_evaluation(model)),
        adaptation=read_json(paths.adaptation(model)),
        robustness=read_json(paths.robustness(model)),
        errors=read_json(paths.error_book(model)),
        comparison=read_json(paths.COMPARISON),
        labels=read_json(paths.LABELS_JSON),
        n_readings=count_by_model(),
    )


def count_by_model() -> dict[str, int]:
    """Number of readings of the test films by model, sorted by name, from the ledger."""
    return dict(sorted(Counter(one.model for one in read_readings(paths.TEST_LEDGER)).items()))
