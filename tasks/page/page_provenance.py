"""Where the page of one model comes from."""

from tasks.core import paths
from tasks.core.provenance import Provenance, collect_provenance

# As the stage declares them in dvc.yaml, beside those of the model
_SECTIONS = (
    "ingest.source",
    "models",
    "resample",
    "resize",
    "train",
    "evaluate",
    "explain",
    "page",
)


def page_provenance(model: str) -> Provenance:
    """Hashes of the data behind the page, and the parameters of all stages that shape it.

    Args:
        model: One of `models` in params.yaml.
    """
    inputs = [
        *(paths.SAMPLES, paths.MANIFEST, paths.FILMS),
        *(paths.IMAGES, paths.predictions(model), paths.BASELINES),
        *(paths.COMPARISON, paths.LABELS_JSON, paths.TEST_LEDGER),
        *(paths.evaluation(model), paths.external_evaluation(model), paths.adaptation(model)),
        *(paths.robustness(model), paths.error_book(model), paths.explanations(model)),
        *(paths.augmentation(model), paths.training_plots(model)),
    ]
    return collect_provenance("page", inputs, [*_SECTIONS, f"per_model.{model}"], model)
