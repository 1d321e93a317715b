"""The inputs of stage `release`, a few kB each; all are real but the Keras network."""

from pathlib import Path

from tasks.core import paths
from tasks.core.atomic import write_json
from tasks.core.decision.hashes import hash_file
from tasks.core.tables import MANIFEST_SCHEMA, SAMPLES_SCHEMA, write_table
from tests.cohorts import manifest_of, squares_cohort
from tests.films import workspace
from tests.small_onnx import SIZE_PX, small_contract, small_onnx

MODEL = "minivggnet"
NETWORK = {"size_px": SIZE_PX, "precision": "float32", "input": {}}


def releasable(root: Path) -> Path:
    """Make a folder in which `python -m tasks.release` can run."""
    workspace(root)
    samples = squares_cohort()
    manifest = manifest_of(samples).assign(is_synthetic=True)
    write_table(samples, SAMPLES_SCHEMA, root / paths.SAMPLES)
    write_table(manifest, MANIFEST_SCHEMA, root / paths.MANIFEST)
    passed = {"balanced": False, "columns_present": True, "aspect": False}
    expectations = [{"name": name, "passed": found} for name, found in passed.items()]
    write_json(root / paths.VALIDATION_JSON, {"expectations": expectations})
    write_parts(root)
    return root


def write_parts(root: Path, bias: float = 0.0, auroc: float = 0.9) -> None:
    """Write a network and its figures.

    Args:
        root: Folder of the repository.
        bias: Makes another network.
        auroc: On validation and on test films.
    """
    model, decision = root / paths.model_dir(MODEL), root / paths.decision_dir(MODEL)
    onnx = root / paths.onnx_file(MODEL)
    for folder in (model, decision, onnx.parent):
        folder.mkdir(parents=True, exist_ok=True)
    network = paths.network_file(model)
    network.write_text(f"network with the bias {bias}")
    write_json(paths.contract_file(model), {"model": MODEL})
    changes = {"model": MODEL, "network": NETWORK | {"sha256": hash_file(network)}}
    small_onnx(onnx.parent, bias, **changes)
    novelty = (onnx.parent / "novelty.npz").rename(root / paths.novelty_file(MODEL))
    contract = small_contract(hash_file(novelty), changes)
    write_json(root / paths.decision_file(MODEL), contract)
    figures = {"auroc": {"value": auroc, "low": auroc - 0.1, "high": min(1.0, auroc + 0.05)}}
    write_json(root / paths.metrics(MODEL), {"validation": figures, "test": figures})
