"""The files of a decision: the sealed contract and the novelty reference."""

from collections.abc import Mapping
from typing import Any

from tasks.core import paths
from tasks.core.atomic import atomic_path, write_json
from tasks.core.decision.hashes import hash_file, hash_json
from tasks.core.decision.novelty_score import NoveltyReference


def write_decision(contents: Mapping[str, Any], novelty: NoveltyReference) -> None:
    """Write `contract.json` and `novelty.npz` of one model, with their hashes.

    Args:
        contents: From `decide`.
        novelty: What films are compared with.
    """
    model = contents["model"]
    with atomic_path(paths.decision_dir(model)) as folder:
        folder.mkdir()
        arrays = folder / paths.novelty_file(model).name
        novelty.save(arrays)
        facts = {"threshold": novelty.threshold, "sha256": hash_file(arrays)}
        sealed = {**contents, "novelty": facts}
        sealed["sha256"] = hash_json(sealed)
        write_json(folder / paths.decision_file(model).name, sealed)
