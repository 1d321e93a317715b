"""What dvc.yaml lists for one stage: keys of params.yaml, and the paths of files and folders.

DVC's own reader takes half a second to import. A test compares this one with it, for every stage.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_TEMPLATE = re.compile(r"\$\{([^}]+)\}")
_PART = re.compile(r"[^.\[\]]+")  # of `models[0]` or `item.model`


@dataclass(frozen=True)
class StageInputs:
    """Inputs of one stage.

    keys: dotted keys of params.yaml. files: paths of files and folders; a URL is left out.
    """

    keys: tuple[str, ...]
    files: tuple[str, ...]


def inputs_of_stage(
    name: str, pipeline: Mapping[str, Any], params: Mapping[str, Any]
) -> StageInputs | None:
    """Inputs of one stage, with all templates replaced; None if dvc.yaml has no such stage.

    Args:
        name: Name of the stage, with its item: `train@minivggnet`.
        pipeline: Content of dvc.yaml.
        params: Content of params.yaml.

    Raises:
        LookupError: The stage has no such item, or a template names no key of params.yaml.

    Example:
        >>> stage = {"matrix": {"model": "${models}"}, "deps": ["data/${item.model}"]}
        >>> params = {"models": ["ann"]}
        >>> inputs_of_stage("train@ann", {"stages": {"train": stage}}, params)
        StageInputs(keys=(), files=('data/ann',))
    """
    stage = pipeline["stages"].get(name.partition("@")[0])
    if stage is None:
        return None
    for item, names in _items(stage, params):
        if name.partition("@")[2] == item:
            return _inputs(stage.get("do", stage), {**params, **names})
    raise LookupError(f"no item {name}")


def _items(
    stage: Mapping[str, Any], params: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each item of a stage: its text behind the `@`, and the names that templates may use."""
    if "matrix" in stage:
        axes = {axis: _value(values, params) for axis, values in stage["matrix"].items()}
        for chosen in itertools.product(*axes.values()):
            yield "-".join(map(str, chosen)), {"item": dict(zip(axes, chosen, strict=True))}
    elif "foreach" in stage:
        found = _value(stage["foreach"], params)
        for key, item in found.items() if isinstance(found, Mapping) else enumerate(found):
            yield str(key if isinstance(found, Mapping) else item), {"key": key, "item": item}
    else:
        yield "", {}


def _inputs(stage: Mapping[str, Any], names: Mapping[str, Any]) -> StageInputs:
    """A key of another file than params.yaml makes that whole file an input."""
    params, deps = (
        [_replaced(next(iter(entry)) if isinstance(entry, Mapping) else entry, names)
         for entry in stage.get(kind, [])] for kind in ("params", "deps")
    )  # fmt: skip
    others = [isinstance(entry, Mapping) for entry in stage.get("params", [])]
    keys = [key for key, is_other in zip(params, others, strict=True) if not is_other]
    files = [file for file, is_other in zip(params, others, strict=True) if is_other]
    local = [path for path in (*deps, *files) if "://" not in path]
    return StageInputs(tuple(keys), tuple(local))


def _replaced(text: str, names: Mapping[str, Any]) -> str:
    return _TEMPLATE.sub(lambda found: str(_look_up(found[1], names)), text)


def _value(given: Any, params: Mapping[str, Any]) -> Any:
    """A value of dvc.yaml; one that is a template as a whole stands for a list or mapping."""
    whole = _TEMPLATE.fullmatch(given) if isinstance(given, str) else None
    return _look_up(whole[1], params) if whole else given


def _look_up(place: str, names: Mapping[str, Any]) -> Any:
    value: Any = names
    for part in _PART.findall(place):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value
