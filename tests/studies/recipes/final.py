"""The test: the only code of the search that reads films of the split `test`.

`--final` writes the logits of the test films into a sealed file and shows nothing.
`python -m tests.studies.recipes.publish --test` opens the sealed files, once every choice is made.
"""

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.core import paths
from tasks.core.atomic import atomic_path, write_json
from tasks.core.errors import ParamsError
from tasks.core.image_store.store import ImageStore, Pixels
from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.auroc import auroc
from tasks.core.tables import SAMPLES_SCHEMA, read_table
from tests.studies.recipes.checked_files import read_text_of
from tests.studies.recipes.cohort import FilmSet, film_set
from tests.studies.recipes.conditions import operating_point, read_scores
from tests.studies.recipes.trial import WHOLE
from tests.studies.recipes.work_folder import WorkFolder, next_step_of

TEST, NETWORK = "test", "network"  # the arrays of a sealed file
_SEAL_AGAIN = "delete this file and run the search with --final, which writes it again"

logger = logging.getLogger(__name__)


def films_of_test(work: WorkFolder, form: str, negative: str) -> FilmSet:
    """Films of the split `test` in one form."""
    folder = work.squares(form)
    samples = read_table(SAMPLES_SCHEMA, folder / paths.SAMPLES)
    return film_set(samples[samples["split"] == TEST], ImageStore(folder / paths.IMAGES), negative)


def seal_test(work: WorkFolder, negative: str) -> int:
    """Write the sealed test logits of every finished network that has none of its own.

    Args:
        work: Folder of the search.
        negative: Class that means "no finding".

    Returns:
        Number of sealed files in all.

    Raises:
        ParamsError: A sealed file is damaged, or was opened and is that of another network.
    """
    finished = [facts for facts in work.all_facts() if facts["split"] == WHOLE]
    for facts in finished:
        key = facts["key"]
        if work.sealed(key).exists() and not _is_to_be_sealed_again(work, key):
            continue
        films = films_of_test(work, facts["form"], negative).read()
        logits = network_logits(work.trial(key) / "model", films)
        with atomic_path(work.sealed(key)) as temporary, temporary.open("wb") as file:
            np.savez(file, **{TEST: logits, NETWORK: np.array(work.fingerprint(key))})
        logger.info("%s: sealed", key)
    return len(finished)


def network_logits(network: Path, films: Pixels) -> NDArray[np.float32]:
    """Logits of a saved network for some films."""
    from tasks.core.classifier import load_classifier
    from tasks.evaluate.repeated_inference import FilmReader

    return FilmReader(load_classifier(network)).read(films)[0]


def _is_to_be_sealed_again(work: WorkFolder, key: str) -> bool:
    """Whether a sealed file is that of another network, or does not tell its network."""
    sealed = _network_of(work, key)
    if sealed is not None and work.opened.exists():
        check_sealed(work, [key])
    return sealed != work.fingerprint(key)


def _network_of(work: WorkFolder, key: str) -> str | None:
    """Fingerprint of the network of a sealed file; those of older releases do not tell it."""
    return read_text_of(work.sealed(key), NETWORK, _SEAL_AGAIN)


def check_sealed(work: WorkFolder, keys: Iterable[str]) -> None:
    """Check that each sealed file belongs to the network that the folder holds now.

    Args:
        work: Folder of the search.
        keys: Keys of finished networks; one without a sealed file is left out.

    Raises:
        ParamsError: One belongs to another network, or does not tell its network.
    """
    for key in keys:
        if not work.sealed(key).exists():
            continue
        sealed = _network_of(work, key)
        if sealed != work.fingerprint(key):
            was_opened = sealed is not None and work.opened.exists()
            raise ParamsError(
                "sealed test scores must be those of the network that the folder holds",
                found="no name of a network" if sealed is None else "those of another network",
                where=str(work.sealed(key)),
                next_step="the test was opened: put the former trial back, or name another"
                " folder with --work for a new search"
                if was_opened
                else "run the search with --final, which seals them again",
            )


def check_not_opened(work: WorkFolder) -> None:
    """Refuse to train after the test was read: whatever is tried then has seen it.

    Raises:
        ParamsError: `publish --test` has opened sealed files of this folder.
    """
    if work.opened.exists():
        raise ParamsError(
            "the test is read once, after the search",
            found="publish --test has opened the test scores of this search",
            where=str(work.opened),
            next_step="name another folder with --work for a new search",
        )


def open_test(
    work: WorkFolder, keys: Sequence[str], val: FilmSet, negative: str, target: float
) -> dict[str, Any] | None:
    """Open the sealed test logits of the networks of one recipe.

    Args:
        work: Folder of the search.
        keys: Keys of the networks.
        val: Ordinary validation films, which give the threshold.
        negative: Class that means "no finding".
        target: Sensitivity at the threshold, on validation.

    Returns:
        `one_network`: mean AUROC of the networks. `auroc`, `sensitivity`, `specificity`: of their
        mean, at the threshold of validation. None if a network has no sealed file.

    Raises:
        ParamsError: A sealed file belongs to another network, or a file is damaged.
    """
    if not all(work.sealed(key).exists() for key in keys):
        return None
    check_sealed(work, keys)
    write_json(work.opened, {"test": "read"})
    films = films_of_test(work, work.facts(keys[0])["form"], negative)
    of_test, of_val = [], []
    for key in keys:
        facts, folder = work.facts(key), work.trial(key)
        n_test, n_val = {TEST: len(films.positive)}, {"val": len(val.positive)}
        sealed = read_scores(work.sealed(key), facts, negative, n_test, _SEAL_AGAIN)
        known = read_scores(folder / "logits.npz", facts, negative, n_val, next_step_of(folder))
        of_test.append(sealed[TEST])
        of_val.append(known["val"])
    threshold = operating_point(np.mean(of_val, axis=0)[val.positive], target)
    called = np.mean(of_test, axis=0) >= threshold
    return {
        "one_network": _mean_auroc(of_test, films),
        "auroc": auroc(np.mean(of_test, axis=0), films.positive),
        "sensitivity": float(called[films.positive].mean()),
        "specificity": float((~called)[~films.positive].mean()),
        "n_networks": len(keys),
    }


def _mean_auroc(scores: Sequence[Floats], films: FilmSet) -> float:
    return float(np.mean([auroc(one, films.positive) for one in scores]))
