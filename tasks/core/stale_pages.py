"""Mark pages at their top when what they show is being made again, or is gone.

A stage marks the pages that depend on it when it starts. A run that ends well writes them again,
or DVC restores them: the marks are gone. A run that fails or is interrupted leaves the marks.
This module imports the standard library only: every program imports it.
"""

import html
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core import paths
from tasks.core.atomic import atomic_path

# No stage writes these pages, and each names the network that it is about
_OF_PROGRAMS = (paths.GATE_HTML, paths.MONITOR_HTML)
_BODY = b"<body>\n"
_OURS = b'<meta name="generator" content="Lungline">'  # base.html.j2 writes it
_MARK = '<section class="stale" aria-label="Out of date"><p>'
_MARK_END = "</p></section>\n"
_STARTED = (
    "stage <code>{}</code> has started again since this page was written. "
    "Next: <code>dvc repro</code>"
)
_GONE = (
    "no stage writes this page any more, so what it shows is not part of the run. "
    "Next: delete it, or put its network or cohort back into <code>params.yaml</code>"
)


@dataclass(frozen=True)
class _Stage:
    """A stage of dvc.yaml for one model or cohort. `model` is empty if it belongs to none."""

    name: str
    model: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def mark_pages(stage: str, item: str | None = None) -> None:
    """Mark the pages that a stage is about to make older than their inputs.

    A page that no stage writes any more is marked too. Pages of other models stay as they are if
    the stage belongs to one model. A page that cannot be replaced is named in the log.

    Args:
        stage: Name of the stage that starts, as in dvc.yaml. A program that is no stage marks none.
        item: The model or the cohort of the stage.
    """
    pages = [page for page in sorted(paths.INDEX.parent.rglob("*.html")) if _is_markable(page)]
    stages = _read_stages() if pages else []
    name = f"{stage}@{item}" if item else stage
    if not any(one.name == name for one in stages):
        return
    affected = {out for one in _stages_after(name, stages) for out in one.outputs}
    written = {out for one in stages for out in one.outputs} | set(map(str, _OF_PROGRAMS))
    for page in pages:
        places = {page.as_posix(), *(folder.as_posix() for folder in page.parents)}
        if places & affected:
            _mark(page, _STARTED.format(html.escape(name)))
        elif not places & written:  # an output may be a folder of pages
            _mark(page, _GONE)


def _is_markable(page: Path) -> bool:
    """Whether we wrote the page, and it has no mark yet."""
    try:
        content = page.read_bytes()
    except OSError as error:
        logging.getLogger(__name__).warning("cannot read %s: %s", page, error.strerror)
        return False
    top = content.partition(_BODY)[2]
    return _OURS in content and bool(top) and not top.startswith(_MARK.encode())


def _mark(page: Path, why: str) -> None:
    """Put the mark behind `<body>`, in a new file: the old one may be a link into DVC's cache."""
    try:
        before, body, after = page.read_bytes().partition(_BODY)
        mark = f"{_MARK}Out of date: {why}{_MARK_END}".encode()
        with atomic_path(page) as temporary:
            temporary.write_bytes(before + body + mark + after)
    except OSError as error:  # the stage can do its work without the mark
        logging.getLogger(__name__).warning(
            "cannot mark %s as out of date: %s", page, error.strerror
        )


def _read_stages() -> list[_Stage]:
    """The stages of dvc.yaml, one for each item of a matrix; none if there is no pipeline here."""
    if not (paths.PIPELINE.is_file() and paths.PARAMS.is_file()):
        return []
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        params, pipeline = (
            yaml.load(path.read_bytes(), loader)  # noqa: S506 - it is a SafeLoader
            for path in (paths.PARAMS, paths.PIPELINE)
        )
        return [one for name, it in pipeline["stages"].items() for one in _expand(name, it, params)]
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        logging.getLogger(__name__).warning("cannot read dvc.yaml, so no page is marked: %s", error)
        return []


def _expand(name: str, found: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[_Stage]:
    """A stage with a matrix over the models, a stage for each cohort, or one stage."""
    if "matrix" in found:
        for model in map(str, params["models"]):
            yield _stage(f"{name}@{model}", model, found, ("${item.model}", model))
    elif "foreach" in found:
        for cohort in map(str, params["evaluate"]["external"]):
            yield _stage(f"{name}@{cohort}", "", found["do"], ("${key}", cohort))
    else:
        yield _stage(name, "", found, ("", ""))


def _stage(name: str, model: str, found: Mapping[str, Any], value: tuple[str, str]) -> _Stage:
    """The files of one stage. `value`: a placeholder in its paths, and what stands for it."""

    def files(*kinds: str) -> tuple[str, ...]:
        entries = (entry for kind in kinds for entry in found.get(kind, []))
        texts = (entry if isinstance(entry, str) else next(iter(entry)) for entry in entries)
        return tuple(text.replace(*value) for text in texts)

    return _Stage(name, model, files("deps"), files("outs", "metrics", "plots"))


def _stages_after(name: str, stages: list[_Stage]) -> list[_Stage]:
    """A stage and all stages that read what it or they write, other models left out."""
    start = next(one for one in stages if one.name == name)
    left = [one for one in stages if one is not start and _may_follow(one, start)]
    reached = [start]
    for source in reached:  # it grows
        found = [one for one in left if _reads(one, source)]
        reached += found
        left = [one for one in left if one not in found]
    return reached


def _may_follow(one: _Stage, start: _Stage) -> bool:
    """Whether both belong to one model, or one of them to all models."""
    return not (one.model and start.model) or one.model == start.model


def _reads(reader: _Stage, writer: _Stage) -> bool:
    """Whether an input is an output, holds one, or is part of one."""
    pairs = ((f"{given}/", f"{out}/") for given in reader.inputs for out in writer.outputs)
    return any(given.startswith(out) or out.startswith(given) for given, out in pairs)
