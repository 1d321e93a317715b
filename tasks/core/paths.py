"""Where every artifact lives, relative to the repository root; nothing else builds a path.

dvc.yaml names the same places; `tests/contract/test_pipeline.py` holds the two together.
"""

from pathlib import Path

PARAMS = Path("params.yaml")
PHANTOM = Path("data/phantom")
MANIFEST = Path("data/manifest.parquet")
PAIRS = Path("data/pairs.parquet")
THUMBNAILS = Path("data/thumbnails")
VALIDATION_JSON = Path("reports/validation.json")
VALIDATION_HTML = Path("reports/validation.html")
SAMPLES = Path("data/samples.parquet")
EXCLUDED = Path("data/excluded.parquet")
IMAGES = Path("data/images")
RESIZE_JSON = Path("reports/resize.json")
RESIZE_PICTURE = Path("reports/resize.jpg")
SUMMARIES = Path("data/summaries")
INDEX = Path("reports/index.html")


def model_dir(model: str) -> Path:
    """Folder of one trained model: `model.keras` and `model.json`."""
    return Path("data/models") / model


def checkpoint_dir(model: str) -> Path:
    """Folder of a training run that has not ended: one file per seed. No artifact."""
    return Path("data/checkpoints") / model


def training_dir(model: str) -> Path:
    """DVCLive's folder of one training run: `metrics.json` and one TSV per metric."""
    return Path("reports") / model / "training"


def augmentation(model: str) -> Path:
    """Contact sheet of the training films under each preset of augmentation."""
    return Path("reports") / model / "augmentation.png"


def predictions(model: str) -> Path:
    """Table of one model's probabilities for the validation and test films."""
    return Path("data/predictions") / f"{model}.parquet"


def metrics(model: str) -> Path:
    """Metrics of one model, kept in git."""
    return Path("reports") / model / "metrics.json"


def explanations(model: str) -> Path:
    """Folder of one model's activation maps, filters and Grad-CAM pictures."""
    return Path("reports") / model / "explanations"


def page(model: str) -> Path:
    """Self-contained report page of one model."""
    return Path("reports") / f"{model}.html"


def summary(model: str) -> Path:
    """The row of one model in the comparison on `reports/index.html`."""
    return SUMMARIES / f"{model}.json"


BASELINES = Path("reports/baselines.json")
RESULTS = Path("reports/results")


def evaluation(model: str) -> Path:
    """Full evaluation of one model."""
    return Path("reports") / model / "evaluation.json"


def model_description(model: str) -> Path:
    """Description of one trained model: input, classes, parameters, seeds, epochs."""
    return model_dir(model) / "model.json"


def explanations_json(model: str) -> Path:
    """List of the explained films of one model, with the names of their pictures."""
    return explanations(model) / "explanations.json"


def training_history(model: str) -> Path:
    """Folder with one TSV per metric and epoch, as DVCLive writes them."""
    return training_dir(model) / "plots" / "metrics"
