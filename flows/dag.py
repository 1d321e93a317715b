"""Read the graph of stages from DVC, and which stages are up to date.

Only dvc.yaml lists the stages; this module knows no stage by name.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from flows.dvc_errors import cure_of, dvc_errors, messages_of
from flows.whole_lock import read_when_whole
from tasks.core.errors import LunglineError

# For each changed stage, the entries of `dvc status --json`
StageChanges = Mapping[str, Sequence[Any]]
_Found = TypeVar("_Found")


class FlowError(LunglineError):
    """The flow cannot start: no DVC project, an invalid dvc.yaml, an unknown stage or no server."""


@dataclass(frozen=True)
class StageDag:
    """Stages of a DVC project, and the stages that each one waits for.

    Attributes:
        root: Folder that holds `.dvc`.
        upstream: For each stage, the stages whose outputs it reads, sorted. The names are those
            that `dvc repro` takes (`ingest`, `train@minivggnet`, `data/raw.dvc`). The keys are
            sorted so that every stage follows its upstream.
        meta: For each stage, its `meta:` in dvc.yaml; DVC does not use it.
    """

    root: Path
    upstream: Mapping[str, tuple[str, ...]]
    meta: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def restricted_to(self, target: str) -> "StageDag":
        """Return the graph of `target` and all its ancestors.

        Args:
            target: Name of a stage. The name of a matrix stage means all its members: `train`
                means every `train@...`, but not `train-augmentation@...`.

        Raises:
            FlowError: No stage has that name.
        """
        wanted = [name for name in self.upstream if name == target or _is_member(name, target)]
        if not wanted:
            raise FlowError(
                "The target must be a stage of dvc.yaml.",
                found=repr(target),
                where=f"--target; the stages are: {', '.join(self.upstream)}",
                next_step="Name one of these stages, or omit --target to run all.",
            )
        return self._with_ancestors(wanted)

    def without_other_files(self) -> "StageDag":
        """Return the graph of what `dvc repro` runs in the root.

        A stage of another dvc.yaml stays only if a stage of the root's dvc.yaml needs it.
        """
        others = [name for name in self.upstream if "/dvc.yaml:" in name]
        return self._with_ancestors([name for name in self.upstream if name not in others])

    def _with_ancestors(self, names: list[str]) -> "StageDag":
        kept: set[str] = set()
        while names:
            name = names.pop()
            kept.add(name)
            names.extend(set(self.upstream[name]) - kept)
        upstream = {name: above for name, above in self.upstream.items() if name in kept}
        return StageDag(self.root, upstream, self.meta)

    def up_to_date(self, changed: Collection[str]) -> frozenset[str]:
        """Return the stages that are unchanged and whose ancestors are all unchanged."""
        fresh: set[str] = set()
        for name, upstream in self.upstream.items():
            if name not in changed and fresh.issuperset(upstream):
                fresh.add(name)
        return frozenset(fresh)


def read_dag(root: Path, target: str | None = None) -> StageDag:
    """Read the graph of the DVC project that holds `root`.

    Args:
        root: Folder of the project, or a folder inside it.
        target: Stage to keep, together with all its ancestors; None keeps what `dvc repro` runs.

    Raises:
        FlowError: There is no DVC project, DVC cannot read its files, they define no stage, or
            they do not define `target`.
    """
    return _read(root, lambda repo: _read_dag(repo, root, target))


def read_plan(root: Path, target: str | None = None) -> tuple[StageDag, StageChanges]:
    """Read the graph like `read_dag`, and the changes like `read_changes`, in half the time."""

    def read(repo: Any) -> tuple[StageDag, StageChanges]:
        dag = _read_dag(repo, root, target)
        return dag, _read_changes(repo, dag)

    return _read(root, read)


def read_changes(dag: StageDag) -> StageChanges:
    """Return the stages whose command, dependencies or outputs differ from dvc.lock.

    Imported data is compared with dvc.lock and not with its origin; `dvc update` does that.

    Returns:
        For each changed stage, what `dvc status --json` says of it. If another DVC process runs a
        stage, every stage, without a word: only `dvc repro`, which waits for that process, can
        compare them.
    """
    return _read(dag.root, lambda repo: _read_changes(repo, dag))


def _read(root: Path, read: Callable[[Any], _Found]) -> _Found:
    """Open the project and read it; again, if another DVC is just writing dvc.lock."""

    def once() -> _Found:
        with open_project(root) as repo:
            return read(repo)

    return read_when_whole(root, once)


def _read_dag(repo: Any, root: Path, target: str | None) -> StageDag:
    import networkx as nx

    try:
        graph = repo.index.graph
    except dvc_errors() as error:
        raise FlowError(
            "DVC must be able to read its project files.",
            found=messages_of(error),
            where=str(root),
            next_step="Run `dvc dag`, which reads the same files, and correct what it names;"
            " `git checkout dvc.lock` restores that file if a stop has cut it off.",
        ) from error
    names = {stage: _name(stage, repo.root_dir) for stage in graph}
    order = nx.lexicographical_topological_sort(graph.reverse(), key=names.__getitem__)
    upstream = {names[s]: tuple(sorted(names[up] for up in graph.successors(s))) for s in order}
    if not upstream:
        raise FlowError(
            "The project must have at least one stage.",
            found="no stage in dvc.yaml and no .dvc file",
            where=str(root),
            next_step="Write the stages into dvc.yaml, or name another project with `--root`.",
        )
    meta = {name: stage.meta or {} for stage, name in names.items()}
    dag = StageDag(Path(repo.root_dir), upstream, meta)
    return dag.without_other_files() if target is None else dag.restricted_to(target)


def _read_changes(repo: Any, dag: StageDag) -> StageChanges:
    from dvc.lock import LockError

    changes: dict[str, Sequence[Any]] = {}
    try:
        with repo.lock:
            for stage in repo.index.graph:
                name = _name(stage, repo.root_dir)
                if name in dag.upstream and (found := stage.status(check_updates=False)):
                    changes[name] = next(iter(found.values()))
        return changes
    except LockError:
        return dict.fromkeys(dag.upstream, ())
    except (OSError, UnicodeEncodeError, *dvc_errors()) as error:  # type: ignore[misc]
        raise FlowError(
            "DVC must be able to compare the project with dvc.lock.",
            found=messages_of(error),
            where=str(dag.root),
            next_step=cure_of(error),
        ) from error


def project_root(root: Path) -> Path:
    """Folder that holds `.dvc`; neither dvc.yaml nor params.yaml is read.

    Raises:
        FlowError: There is no DVC project, or DVC cannot open it.
    """
    with open_project(root) as repo:
        return Path(repo.root_dir)


@contextmanager
def open_project(root: Path) -> Iterator[Any]:
    """Open DVC's `Repo` for a while.

    Raises:
        FlowError: There is no DVC project, or DVC cannot open it.
    """
    repo = _open(root)
    try:
        yield repo
    finally:
        repo.close()


def _open(root: Path) -> Any:
    """Open the DVC project; wait while another process holds its lock."""
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    try:
        return Repo(str(root), _wait_for_lock=True)
    except NotDvcRepoError as error:
        raise FlowError(
            "The flow needs a DVC project.",
            found="no `.dvc` folder here or in a parent folder"
            if root.is_dir()
            else "no such folder",
            where=str(root.absolute()),
            next_step="Start the flow in the project, or name its folder with `--root`. If `.dvc`"
            " was lost, `git checkout .dvc` restores it.",
        ) from error
    except (OSError, *dvc_errors()) as error:  # type: ignore[misc]
        raise FlowError(
            "DVC must be able to open its project.",
            found=messages_of(error),
            where=str(root.absolute()),
            next_step=cure_of(error),
        ) from error


def _name(stage: Any, root: str) -> str:
    """Name of a stage relative to `root`; DVC's own is relative to the current folder."""
    path = Path(os.path.relpath(stage.path, root)).as_posix()
    name = getattr(stage, "name", None)
    if name is None:
        return path
    return str(name) if path == "dvc.yaml" else f"{path}:{name}"


def _is_member(name: str, target: str) -> bool:
    """Whether `matrix` or `foreach` made the stage `name` from the stage `target`."""
    return name.startswith(f"{target}@")
