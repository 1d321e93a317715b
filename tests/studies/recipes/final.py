"""The test: the only code of the search that reads films of the split `test`.

`--final` writes the logits of the test films into a sealed file and shows nothing.
`python -m tests.studies.recipes.publish --test` opens the sealed files, once every choice is made.
"""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.core import paths
from tasks.core.atomic import atomic_path, write_json
from tasks.core.errors import ParamsError
from tasks.core.image_store.store import ImageStore
from tasks.core.statistics.arrays import Floats
from tasks.core.statistics.auroc import auroc
from tasks.core.tables import SAMPLES_SCHEMA, read_table
from tests.studies.recipes.cohort import FilmSet, film_set
from tests.studies.recipes.conditions import operating_point, read_scores
from tests.studies.recipes.trial import WHOLE
from tests.studies.recipes.work_folder import WorkFolder, next_step_of

TEST = "test"
_SEAL_AGAIN = "delete this file and run the search with --final, which writes it again"

logger = logging.getLogger(__name__)


def films_of_test(work: WorkFolder, form: str, negative: str) -> FilmSet:
    """Films of the split `test` in one form."""
    folder = work.squares(form)
    samples = read_table(SAMPLES_SCHEMA, folder / paths.SAMPLES)
    return film_set(samples[samples["split"] == TEST], ImageStore(folder / paths.IMAGES), negative)


def seal_test(work: WorkFolder, negative: str) -> int:
    """Write the sealed test logits of every finished network that has none.

    Args:
        work: Folder of the search.
        negative: Class that means "no finding".

    Returns:
        Number of sealed files in all.
    """
    from tasks.core.classifier import load_classifier
    from tasks.evaluate.repeated_inference import FilmReader

    finished = [facts for facts in work.all_facts() if facts["split"] == WHOLE]
    for facts in finished:
        path = work.sealed(facts["key"])
        if path.exists():
            continue
        films = films_of_test(work, facts["form"], negative).read()
        logits = FilmReader(load_classifier(work.trial(facts["key"]) / "model")).read(films)[0]
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **{TEST: logits})
        logger.info("%s: sealed", facts["key"])
    return len(finished)


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
    """
    if not all(work.sealed(key).exists() for key in keys):
        return None
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
