"""The graph of stages and what of it is up to date, both as DVC sees them.

dvc.yaml is the only place where stages are listed; nothing here knows the name of one.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from tasks.core.errors import LunglineError


class FlowError(LunglineError):
    """The flow cannot start: no DVC project, a broken dvc.yaml, an unknown stage, no server."""


@dataclass(frozen=True)
class StageDag:
    """Stages of a DVC project and what each waits for.

    Attributes:
        root: Folder that holds `.dvc`.
        upstream: For each stage, as `dvc repro` takes its name (`ingest`, `train@minivggnet`,
            `data/raw.dvc`), the stages whose outputs it reads, sorted. The keys stand in an order
            in which every stage follows its upstream.
    """

    root: Path
    upstream: Mapping[str, tuple[str, ...]]

    def restricted_to(self, target: str) -> "StageDag":
        """Return `target` and all its ancestors; `train` stands for every `train@...`.

        Raises:
            FlowError: No stage has that name.
        """
        wanted = [name for name in self.upstream if name == target or _is_member(name, target)]
        if not wanted:
            raise FlowError(
                "The target must be a stage of dvc.yaml.",
                found=repr(target),
                where=f"--target; the stages are: {', '.join(self.upstream)}",
                next_step="Name one of these stages, or leave the target out to run all.",
            )
        kept: set[str] = set()
        while wanted:
            name = wanted.pop()
            kept.add(name)
            wanted.extend(set(self.upstream[name]) - kept)
        return StageDag(self.root, {n: up for n, up in self.upstream.items() if n in kept})

    def up_to_date(self, changed: frozenset[str]) -> frozenset[str]:
        """Return the stages that are unchanged and so is everything above them."""
        fresh: set[str] = set()
        for name, upstream in self.upstream.items():
            if name not in changed and fresh.issuperset(upstream):
                fresh.add(name)
        return frozenset(fresh)


def read_dag(root: Path, target: str | None = None) -> StageDag:
    """Read the graph of the DVC project that holds `root`.

    Args:
        root: The project's folder or any folder inside it.
        target: If given, only this stage and all it needs.

    Raises:
        FlowError: There is no DVC project, DVC cannot read its files, or they hold no stage or no
            such stage.
    """
    import networkx as nx

    repo = _open(root)
    try:
        graph = repo.index.graph
        names = {stage: _name(stage, repo.root_dir) for stage in graph}
        order = nx.lexicographical_topological_sort(graph.reverse(), key=names.__getitem__)
        upstream = {names[s]: tuple(sorted(names[up] for up in graph.successors(s))) for s in order}
    except _dvc_errors() as error:
        raise FlowError(
            "DVC must be able to read its project files.",
            found=_first_lines(error),
            where=str(root),
            next_step="Run `dvc dag`, which reads the same files, and mend what it names.",
        ) from error
    finally:
        repo.close()
    if not upstream:
        raise FlowError(
            "The project must have at least one stage.",
            found="no dvc.yaml with stages and no .dvc file",
            where=str(root),
            next_step="Write the stages into dvc.yaml, or name another project with `--root`.",
        )
    dag = StageDag(Path(repo.root_dir), upstream)
    return dag if target is None else dag.restricted_to(target)


def read_changed(dag: StageDag) -> frozenset[str]:
    """Return the stages whose command, dependencies or outputs differ from dvc.lock.

    Imported data is compared with dvc.lock, not with its origin: only `dvc update` goes there.

    Returns:
        The names of the changed stages; all stages if another DVC process is at work on one, for
        then only `dvc repro` can say (it waits).
    """
    from dvc.lock import LockError

    repo = _open(dag.root)
    try:
        with repo.lock:
            changed = [s for s in repo.index.graph if s.status(check_updates=False)]
        return frozenset(_name(stage, repo.root_dir) for stage in changed)
    except LockError:
        return frozenset(dag.upstream)
    except _dvc_errors() as error:
        raise FlowError(
            "DVC must be able to compare the project with dvc.lock.",
            found=_first_lines(error),
            where=str(dag.root),
            next_step="Run `dvc status`, which makes the same comparison, and mend what it names.",
        ) from error
    finally:
        repo.close()


def _open(root: Path) -> Any:
    """Open the DVC project, waiting while another process holds its lock."""
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    try:
        return Repo(str(root), _wait_for_lock=True)
    except NotDvcRepoError as error:
        raise FlowError(
            "The flow runs the stages of a DVC project.",
            found="no `.dvc` folder here or above" if root.is_dir() else "no such folder",
            where=str(root.absolute()),
            next_step="Start it in the project's folder, or name that folder with `--root`.",
        ) from error
    except _dvc_errors() as error:
        raise FlowError(
            "DVC must be able to open its project.",
            found=_first_lines(error),
            where=str(root.absolute()),
            next_step="Run `dvc status` there and mend what it names.",
        ) from error


def _dvc_errors() -> type[Exception]:
    """DVC's base class of errors, imported late: DVC takes half a second."""
    from dvc.exceptions import DvcException

    return cast("type[Exception]", DvcException)


def _name(stage: Any, root: str) -> str:
    """Name of a stage as `dvc repro` takes it in `root`; DVC's own follows the current folder."""
    path = Path(os.path.relpath(stage.path, root)).as_posix()
    name = getattr(stage, "name", None)
    if name is None:
        return path
    return str(name) if path == "dvc.yaml" else f"{path}:{name}"


def _is_member(name: str, target: str) -> bool:
    """Whether `name` is a stage that `matrix` or `foreach` made of `target`."""
    return name.startswith(f"{target}@")


def _first_lines(error: Exception) -> str:
    """DVC's message and what caused it, each once."""
    messages: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        text = " ".join(str(cause).split())
        if text and not any(text in message for message in messages):
            messages.append(text)
        cause = cause.__cause__
    return "; ".join(messages)
