"""The settings that a network was trained with: `model.json` keeps them beside its weights."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tasks.core import paths
from tasks.core.errors import TrainingError
from tasks.core.params import Params
from tasks.core.params.training import StatedTrainParams


def trained_settings(
    description: Mapping[str, Any], params: Params, model: str
) -> StatedTrainParams:
    """Settings of one network, after a check that params.yaml still states them.

    Args:
        description: Content of `model.json`. One without `settings`, from an earlier release, is
            taken as trained with those of params.yaml.
        params: All parameters.
        model: One of `params.models`.

    Raises:
        TrainingError: A setting differs, so a page would show numbers of one training beside the
            settings of another.
    """
    stated = params.train_of(model)
    used = description.get("settings")
    if used is None:
        return stated
    now, then = (dict(_flat(each)) for each in (stated.model_dump(mode="json"), used))
    differ = [key for key in now | then if now.get(key, "nothing") != then.get(key, "nothing")]
    if differ:
        texts = [f"{key} {_shown(now, key)}, trained with {_shown(then, key)}" for key in differ]
        raise TrainingError(
            "params.yaml must state the settings that the network was trained with",
            found="; ".join(texts),
            where=f"train and per_model.{model} in {paths.PARAMS}, against "
            f"{paths.contract_file(paths.model_dir(model))}",
            next_step=f"`dvc repro --force --single-item train@{model}` trains with these "
            "settings; or write the earlier ones into params.yaml; then `dvc repro`",
        )
    return stated


def _shown(values: Mapping[str, Any], key: str) -> str:
    return json.dumps(values[key]) if key in values else "nothing"


def _flat(values: Mapping[str, Any], prefix: str = "train.") -> Iterator[tuple[str, Any]]:
    """Each setting by its dotted name."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
