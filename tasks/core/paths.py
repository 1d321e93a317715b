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
BASELINES = Path("reports/baselines.json")
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


def network_file(folder: Path) -> Path:
    """Network with its contract, in the folder of a trained model."""
    return folder / "model.keras"


def contract_file(folder: Path) -> Path:
    """Copy of the contract, in the folder of a trained model."""
    return folder / "model.json"


def training_metrics(model: str) -> Path:
    """Metrics of one training run: means over its networks, kept in git."""
    return training_dir(model) / "metrics.json"


def training_plots(model: str) -> Path:
    """Folder of the training curves of one model: one TSV per metric."""
    return training_dir(model) / "plots"


def true_lungs(source: str) -> Path:
    """Folder of lung masks that the phantom wrote beside its films: `data/phantom/lungs`.

    Args:
        source: Folder of the phantom's films, as `ingest.source`.
    """
    return Path(source).parent / "lungs"


def evaluation(model: str) -> Path:
    """Full evaluation of one model."""
    return Path("reports") / model / "evaluation.json"


def evaluation_plots(model: str) -> Path:
    """Folder of the points of one model's DVC plots."""
    return Path("reports") / model / "plots"
