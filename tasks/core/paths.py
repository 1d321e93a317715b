"""Paths of every artifact, relative to the repository root. No other module builds such a path.

`tests/contract/test_pipeline.py` checks that dvc.yaml names the same paths.
"""

from pathlib import Path

from tasks.core.cohort_paths import EXTERNAL as EXTERNAL
from tasks.core.cohort_paths import external_dir as external_dir
from tasks.core.cohort_paths import external_excluded as external_excluded
from tasks.core.cohort_paths import external_images as external_images
from tasks.core.cohort_paths import external_manifest as external_manifest
from tasks.core.cohort_paths import external_overlap as external_overlap
from tasks.core.cohort_paths import external_pairs as external_pairs
from tasks.core.cohort_paths import external_samples as external_samples
from tasks.core.cohort_paths import external_source as external_source
from tasks.core.cohort_paths import external_summary as external_summary
from tasks.core.cohort_paths import external_thumbnails as external_thumbnails
from tasks.core.cohort_paths import external_validation_html as external_validation_html
from tasks.core.cohort_paths import external_validation_json as external_validation_json
from tasks.core.explain_paths import FILMS as FILMS
from tasks.core.explain_paths import activations_json as activations_json
from tasks.core.explain_paths import explanations as explanations
from tasks.core.explain_paths import explanations_json as explanations_json
from tasks.core.explain_paths import film_fields as film_fields
from tasks.core.explain_paths import films_json as films_json
from tasks.core.explain_paths import grades_json as grades_json
from tasks.core.explain_paths import heat_maps as heat_maps
from tasks.core.gate_paths import GATE_HTML as GATE_HTML
from tasks.core.gate_paths import GATE_JSON as GATE_JSON
from tasks.core.monitor_paths import MONITOR as MONITOR
from tasks.core.monitor_paths import MONITOR_HISTORY as MONITOR_HISTORY
from tasks.core.monitor_paths import MONITOR_HTML as MONITOR_HTML
from tasks.core.monitor_paths import MONITOR_JSON as MONITOR_JSON
from tasks.core.monitor_paths import monitored_films as monitored_films
from tasks.core.monitor_paths import monitored_inbox as monitored_inbox
from tasks.core.monitor_paths import network_reference as network_reference
from tasks.core.monitor_paths import quarantine_csv as quarantine_csv
from tasks.core.monitor_paths import quarantine_dir as quarantine_dir
from tasks.core.release_paths import CHAMPIONS as CHAMPIONS
from tasks.core.release_paths import MONITOR_REFERENCE as MONITOR_REFERENCE
from tasks.core.release_paths import RELEASE as RELEASE
from tasks.core.release_paths import champion_folder as champion_folder
from tasks.core.release_paths import release_films as release_films
from tasks.core.release_paths import release_json as release_json
from tasks.core.release_paths import release_onnx as release_onnx
from tasks.core.screen_paths import SCREEN_STATE as SCREEN_STATE
from tasks.core.screen_paths import SCREENED as SCREENED
from tasks.core.screen_paths import screening_journal as screening_journal
from tasks.core.screen_paths import simulation_dir as simulation_dir
from tasks.core.screen_paths import simulation_html as simulation_html
from tasks.core.screen_paths import simulation_json as simulation_json
from tasks.core.screen_paths import worklist_csv as worklist_csv
from tasks.core.screen_paths import worklist_html as worklist_html

PARAMS = Path("params.yaml")
PIPELINE = Path("dvc.yaml")
STAGE_CODE = Path("tasks")
README = Path("README.md")
REQUIREMENTS = Path("requirements.txt")
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
ACQUISITION_CLUSTERS = Path("data/acquisition.parquet")
IMAGES = Path("data/images")
RESIZE_JSON = Path("reports/resize.json")
RESIZE_PICTURE = Path("reports/resize.jpg")
SUMMARIES = Path("data/summaries")
CORRECTIONS = Path("data/corrections.parquet")
COMPLIANCE = Path("reports/compliance")  # checklists, model cards and the data card
COMPLIANCE_HTML = COMPLIANCE / "index.html"
BASELINES = Path("reports/baselines.json")
BASELINE_FILMS = Path("data/baselines.parquet")  # their answers for the test films
PREDICTIONS = Path("data/predictions")
TEST_LEDGER = Path("reports/test_ledger.csv")  # in git; no stage declares it as an output
COMPARISON = Path("reports/comparison.json")
LABELS_JSON = Path("reports/labels.json")
LABELS_HTML = Path("reports/labels.html")
INDEX = Path("reports/index.html")


def zoo_file(model: str) -> Path:
    """File that defines one network; its name is the name of the network."""
    return STAGE_CODE / "train/zoo" / f"{model}.py"


def model_dir(model: str) -> Path:
    """Folder of one trained model: `model.keras` and `model.json`.

    Example:
        >>> model_dir("minivggnet").as_posix()
        'data/models/minivggnet'
    """
    return Path("data/models") / model


def onnx_file(model: str) -> Path:
    """Network of one model with its contract, for ONNX Runtime."""
    return Path("data/onnx") / model / "model.onnx"


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
    return PREDICTIONS / f"{model}.parquet"


def metrics(model: str) -> Path:
    """Metrics of one model; git tracks this file."""
    return Path("reports") / model / "metrics.json"


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


def true_opacities(source: str) -> Path:
    """Folder of opacity masks that the phantom wrote beside its films: `data/phantom/masks`.

    Args:
        source: Folder of the phantom's films, as `ingest.source`.
    """
    return Path(source).parent / "masks"


def evaluation(model: str) -> Path:
    """Full evaluation of one model."""
    return Path("reports") / model / "evaluation.json"


def scores(model: str) -> Path:
    """Scores of one model's test films by patient, without any identity."""
    return Path("reports") / model / "scores.json"


def evaluation_plots(model: str) -> Path:
    """Folder of the points of one model's DVC plots."""
    return Path("reports") / model / "plots"


def training_history(model: str) -> Path:
    """Folder with one TSV per metric and epoch, as DVCLive writes them."""
    return training_plots(model) / "metrics"


def decision_dir(model: str) -> Path:
    """Folder of what validation decided for one model: `contract.json` and `novelty.npz`."""
    return Path("data/contracts") / model


def decision_file(model: str) -> Path:
    """Contract of one model with its operating points, calibration and hashes."""
    return decision_dir(model) / "contract.json"


def novelty_file(model: str) -> Path:
    """What the novelty score of one model compares a film with."""
    return decision_dir(model) / "novelty.npz"


def external_predictions(model: str) -> Path:
    """Folder with one table of probabilities for each external cohort."""
    return Path("data/external-predictions") / model


def external_evaluation(model: str) -> Path:
    """Evaluation of one model on every external cohort."""
    return Path("reports") / model / "external.json"


def adapted_dir(model: str) -> Path:
    """Folder of the adapted copies of one model: `<cohort>/model.keras` with its contract."""
    return Path("data/adapted") / model


def provenance_file(folder: Path) -> Path:
    """How an adapted network came to be, in the folder of that network."""
    return folder / "provenance.json"


def adaptation(model: str) -> Path:
    """What adapting one model to each external cohort changes."""
    return Path("reports") / model / "adaptation.json"


def robustness(model: str) -> Path:
    """Negative controls and disturbed films of one model."""
    return Path("reports") / model / "robustness.json"


def error_book(model: str) -> Path:
    """Every wrong call of one model on test films, with the nearest training films."""
    return Path("reports") / model / "errors.json"
