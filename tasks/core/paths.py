"""Paths of every artifact, relative to the repository root. No other module builds such a path.

`tests/contract/test_pipeline.py` checks that dvc.yaml names the same paths.
"""

from pathlib import Path

PARAMS = Path("params.yaml")
PIPELINE = Path("dvc.yaml")
README = Path("README.md")
CHECKPOINTS = Path("data/checkpoints")
RECORDS = Path("reports/results")  # results of studies, in git
BENCHMARKS = Path("reports/benchmarks.json")
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
    """Folder of one trained model: `model.keras` and `model.json`.

    Example:
        >>> model_dir("minivggnet").as_posix()
        'data/models/minivggnet'
    """
    return Path("data/models") / model


def checkpoint_dir(model: str) -> Path:
    """Folder of an unfinished training run: one file per seed. It is not an output."""
    return CHECKPOINTS / model


def training_dir(model: str) -> Path:
    """Folder that DVCLive writes for one training run: `metrics.json` and one TSV per metric."""
    return Path("reports") / model / "training"


def augmentation(model: str) -> Path:
    """Contact sheet of training films under each augmentation preset."""
    return Path("reports") / model / "augmentation.png"


def predictions(model: str) -> Path:
    """Table of one model's probabilities for validation and test films."""
    return Path("data/predictions") / f"{model}.parquet"


def metrics(model: str) -> Path:
    """Metrics of one model; git tracks this file."""
    return Path("reports") / model / "metrics.json"


def explanations(model: str) -> Path:
    """Folder of one model's activation maps, filters and Grad-CAM images."""
    return Path("reports") / model / "explanations"


def page(model: str) -> Path:
    """Self-contained report page of one model."""
    return Path("reports") / f"{model}.html"


def summary(model: str) -> Path:
    """Row of one model in the comparison on `reports/index.html`, as JSON."""
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


def explanations_json(model: str) -> Path:
    """List of the explained films of one model, with the names of their pictures."""
    return explanations(model) / "explanations.json"


def training_history(model: str) -> Path:
    """Folder with one TSV per metric and epoch, as DVCLive writes them."""
    return training_plots(model) / "metrics"
