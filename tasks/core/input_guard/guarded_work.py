"""Do the work of a stage between two looks at its inputs."""

import os
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.errors import InputMovedError
from tasks.core.input_guard.input_state import changed_places, state_of_files, state_of_params
from tasks.core.input_guard.stage_inputs import StageInputs, inputs_of_stage
from tasks.core.params_read import noted_params

# Stages of other networks add rows to the ledger while a page is made, and `report` deletes the
# summaries of removed networks: the work is then done again with what is there now
_SETTLING = (paths.TEST_LEDGER, paths.SUMMARIES)
_MOST_ATTEMPTS = 3
_MOST_NAMED = 3  # changes in the message


def do_guarded(work: Callable[[], None]) -> None:
    """Do the work; if DVC runs it as a stage, refuse the result if an input changed meanwhile.

    Work that read the test ledger before a row came is done again (`_SETTLING`).

    Args:
        work: Work of the stage in the current folder.

    Raises:
        InputMovedError: A parameter, a code file or a data file of the stage changed.
    """
    name = os.environ.get("DVC_STAGE", "").rpartition(":")[2]
    is_stage = bool(name) and paths.PIPELINE.is_file()
    params = _read_params() if is_stage else {}
    inputs = _read_inputs(name, params) if is_stage else None
    if inputs is None:
        work()
        return
    for _ in range(_MOST_ATTEMPTS):
        before = state_of_files(inputs.files)
        work()
        moved = changed_places(before, state_of_files(inputs.files))
        moved |= _moved_params(inputs, state_of_params(params, inputs.keys))
        if not moved or not all(map(_settles, moved)):
            break
    if moved:
        raise _refusal(name, moved)


def _settles(place: str) -> bool:
    return any(Path(place).is_relative_to(one) for one in _SETTLING)


def _read_inputs(name: str, params: Any) -> StageInputs | None:
    """Inputs of the stage; None if this dvc.yaml has no such stage."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        pipeline = yaml.load(paths.PIPELINE.read_bytes(), loader)  # noqa: S506 - it is a SafeLoader
        return inputs_of_stage(name, pipeline, params)
    except (LookupError, TypeError, yaml.YAMLError) as error:
        told = " ".join(str(error).split())
        raise _refusal(name, {f"{paths.PIPELINE} or {paths.PARAMS} ({told})": "changed"}) from error


def _read_params() -> Any:
    """Content of params.yaml; nothing if it cannot be read: the stage says why when it reads it."""
    import yaml

    from tasks.core.params.yaml_file import read_yaml

    try:
        return read_yaml(paths.PARAMS.read_bytes())
    except (FileNotFoundError, yaml.YAMLError):
        return {}


def _moved_params(inputs: StageInputs, before: Mapping[str, str]) -> dict[str, str]:
    """Keys whose value changed, or was another one when the work read params.yaml."""
    states = [state_of_params(values, inputs.keys) for values in (*noted_params(), _read_params())]
    keys = {key for state in states for key in changed_places(before, state)}
    return {f"{key} in {paths.PARAMS}": "changed" for key in sorted(keys)}


def _refusal(name: str, moved: Mapping[str, str]) -> InputMovedError:
    named = [f"{place} {how}" for place, how in islice(moved.items(), _MOST_NAMED)]
    more = f", and {len(moved) - _MOST_NAMED} more" if len(moved) > _MOST_NAMED else ""
    return InputMovedError(
        "parameters, code and data of a stage must stay as they are while it runs",
        found=", ".join(named) + more,
        where=f"stage {name}",
        next_step="run `dvc repro` again, which makes this result with the inputs of now; DVC has"
        " recorded nothing. To work on meanwhile, use a tree of your own: `git worktree add`",
    )
