"""The network of a trial: trained, resumed, or with the weights of an equal trial.

Views are averaged after the training, so recipes that differ in `train.n_views` only have the same
weights. They are trained once, without views.
"""

import logging
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tasks.core import paths
from tasks.core.atomic import atomic_path, read_json, write_json
from tasks.core.image_store.store import ImageStore
from tasks.core.params import TrainParams
from tests.studies.recipes.checked_files import read_checked
from tests.studies.recipes.work_folder import WorkFolder, differing_facts, next_step_of

logger = logging.getLogger(__name__)


def make_network(
    facts: Mapping[str, Any],
    name: str,
    params: TrainParams,
    films: pd.DataFrame,
    store: ImageStore,
    work: WorkFolder,
) -> bool:
    """Write the network of a trial into its folder `model`.

    Args:
        facts: Facts of the trial.
        name: Network of the zoo.
        params: Section `train` of the trial.
        films: Samples of the splits `train` and `val`.
        store: Their images.
        work: Folder of the search.

    Returns:
        Whether its weights were trained here, and not taken from an equal trial.
    """
    folder, n_views = work.trial(facts["key"]), views_of(params)
    plain = folder / ("model" if n_views == 1 else "plain")
    twin = None if plain.exists() else find_twin(facts, work)
    if twin is None and not plain.exists():
        _train(name, params, films, store, folder, plain)
    if n_views > 1:
        _add_views(twin or plain, folder / "model", n_views)
    elif twin is not None:
        with atomic_path(plain) as temporary:
            shutil.copytree(twin, temporary)
    return twin is None


def note_start(facts: Mapping[str, Any], work: WorkFolder) -> None:
    """Note the facts of a trial before its training; remove a network that has others.

    A network whose facts are not known is removed too. Where its checkpoint fits the settings of
    today, the training goes on from there, so this costs little.
    """
    folder = work.trial(facts["key"])
    before = work.started(facts["key"])
    differing = ["started.json"] if before is None else differing_facts(before, facts)
    if not differing:
        return
    for network in filter(Path.exists, (folder / "model", folder / "plain")):
        logger.warning("%s: trained again, it has other %s", network, ", ".join(differing))
        shutil.rmtree(network)
    write_json(folder / "started.json", facts)


def views_of(params: TrainParams) -> int:
    """Views of each film that a network averages."""
    return int(params.model_dump().get("n_views", 1))


def find_twin(facts: Mapping[str, Any], work: WorkFolder) -> Path | None:
    """Folder of a network without views, of a finished trial that differs in its views only."""
    for other in work.all_facts():
        if _without_views(other) == _without_views(facts):
            has_views = other["train"].get("n_views", 1) > 1
            folder = work.trial(other["key"]) / ("plain" if has_views else "model")
            if folder.exists():  # else it took the weights of another trial itself
                return folder
    return None


def precision_of(keys: Iterable[str], work: WorkFolder, stated: str) -> str:
    """Precision of trained networks, from their contracts: `auto` depends on the machine.

    Args:
        keys: Trials.
        work: Folder of the search.
        stated: What params.yaml says, for a search whose networks were deleted.

    Raises:
        ParamsError: A contract is damaged.
    """
    folders = [work.trial(key) for key in keys]
    contracts = [
        (paths.contract_file(folder / "model"), next_step_of(folder)) for folder in folders
    ]
    found = {
        read_checked(path, {"precision": str}, step)["precision"]
        for path, step in contracts
        if path.exists()
    }
    return ", ".join(sorted(found)) or stated


def _without_views(facts: Mapping[str, Any]) -> dict[str, Any]:
    names = ("split", "size_px", "epochs", "seed", "form", "by_subtype", "resize")
    train = {key: value for key, value in facts["train"].items() if key != "n_views"}
    return {name: facts[name] for name in names} | {"train": train}


def _train(
    name: str,
    params: TrainParams,
    films: pd.DataFrame,
    store: ImageStore,
    folder: Path,
    network: Path,
) -> None:
    """Train and save a network without views, or go on with it."""
    import keras

    from tasks.train.fitting.artifact import save_classifier
    from tasks.train.fitting.fit import Resources, fit

    keras.utils.clear_session()  # or the graphs of a long search fill the memory
    if views_of(params) > 1:
        params = params.model_copy(update={"n_views": 1})
    resources = Resources(folder / "checkpoints")
    save_classifier(fit(name, films, store, params, folder / "live", resources), network)


def _add_views(plain: Path, network: Path, n_views: int) -> None:
    """Save a trained network again, with the mean over some views of each film."""
    from tasks.core.classifier import load_classifier, read_contract
    from tasks.train.fitting.artifact import save_classifier
    from tasks.train.fitting.fit import TrainingRun
    from tasks.train.network.ensemble import average_logits

    known = read_json(paths.contract_file(plain))
    names = ("precision", "seed", "epochs_run", "best_epoch")
    facts = {name: known[name] for name in names} | {"n_views": n_views}
    model = average_logits([load_classifier(plain)], n_views)
    classes = read_contract(plain).classes
    save_classifier(TrainingRun(model, classes, best_loss=0.0, **facts), network)
