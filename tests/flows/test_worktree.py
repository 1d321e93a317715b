"""The working tree of unattended runs: real git and DVC, next to a tree in which engineers work."""

# ruff: noqa: F811 - a fixture that is imported

import shutil
from pathlib import Path

import pytest

from flows.commit_results import commit_results, require_results_only
from flows.dag import FlowError, project_root
from flows.worktree import BRANCH, TREE, main_branch, own_worktree
from tasks.core import paths
from tasks.core.errors import ParamsError
from tests.films import ROOT
from tests.flows.night_tree import IGNORED, author, made, master, project, retrained  # noqa: F401
from tests.flows.tiny_project import Project
from tests.git_repository import git, new_commit


def state_of(root: Path) -> dict[str, object]:
    """What an engineer would see of a change: branch, index, and files in git."""
    return {
        "branch": git(root, "symbolic-ref", "HEAD"),
        "head": git(root, "rev-parse", "HEAD"),
        "index": git(root, "ls-files", "--stage"),
        "status": git(root, "status", "--porcelain"),
        "diff": git(root, "diff"),
    }


def test_a_run_reaches_the_branch_retrain_and_no_file_of_the_engineers(project: Project) -> None:
    root = project.root
    (root / "stage.py").write_text((root / "stage.py").read_text() + "# at work\n")
    project.set_params(scale=7)
    git(root, "add", "params.json")
    before = state_of(root)
    with own_worktree(root) as tree:
        assert tree == root / TREE
        assert (tree / "params.json").read_text() == git(root, "show", "HEAD:params.json")
        retrained(tree)
        (tree / paths.TEST_LEDGER).write_text("row\n1\n2\n")
        commit = commit_results(tree, "a night")
    assert state_of(root) == before
    assert git(root, "rev-parse", BRANCH) == commit
    assert git(root, "diff", "--name-only", "HEAD", BRANCH) == paths.TEST_LEDGER.as_posix()


def test_the_cache_is_shared_so_nothing_runs_twice(project: Project) -> None:
    with own_worktree(project.root) as tree:
        retrained(tree)
        assert not list((tree / "runs").iterdir())
        assert (tree / "compared.txt").read_text() == (project.root / "compared.txt").read_text()
        assert not (tree / ".dvc/cache/files").exists()
        assert git(tree, "status", "--porcelain") == ""


def test_a_second_run_uses_the_tree_again_and_keeps_its_results(project: Project) -> None:
    root = project.root
    with own_worktree(root) as tree:
        retrained(tree)
        mark = (tree / "compared.txt").stat().st_ino
        (tree / paths.TEST_LEDGER).write_text("row\n1\n2\n")
        commit_results(tree, "night 1")
    project.set_params(scale=3)
    new_commit(root, "an engineer changes a parameter")
    with own_worktree(root) as tree:
        assert '"scale": 3' in (tree / "params.json").read_text()
        assert (tree / paths.TEST_LEDGER).read_text() == "row\n1\n2\n"
        assert (tree / "compared.txt").stat().st_ino == mark
        retrained(tree)
        assert commit_results(tree, "night 2")
    assert git(root, "merge-base", BRANCH, "HEAD") == git(root, "rev-parse", "HEAD")


def test_what_both_changed_is_taken_from_the_main_branch_whole(project: Project) -> None:
    root = project.root
    with own_worktree(root) as tree:
        (tree / "dvc.lock").write_text((tree / "dvc.lock").read_text() + "# of the night\n")
        (tree / paths.TEST_LEDGER).write_text("row\n1\nnight\n")
        commit_results(tree, "night 1")
    project.set_params(scale=5)
    project.dvc("repro", "--quiet")
    (root / paths.TEST_LEDGER).write_text("row\n1\nday\n")
    new_commit(root, "an engineer retrains by hand")
    with own_worktree(root) as tree:
        assert (tree / "dvc.lock").read_bytes() == (root / "dvc.lock").read_bytes()
        assert sorted((tree / paths.TEST_LEDGER).read_text().split()) == [
            "1",
            "day",
            "night",
            "row",
        ]
        retrained(tree)
        assert not list((tree / "runs").iterdir())
        assert git(tree, "status", "--porcelain") == ""


def test_a_file_that_the_main_branch_removed_is_gone(project: Project) -> None:
    root = project.root
    (root / "reports/old.json").write_text("{}")
    new_commit(root)
    with own_worktree(root) as tree:
        (tree / "reports/old.json").write_text('{"night": 1}')
        commit_results(tree, "night 1")
    git(root, "rm", "--quiet", "reports/old.json")
    new_commit(root, "a model is removed")
    with own_worktree(root) as tree:
        assert not (tree / "reports/old.json").exists()


def test_sources_that_git_does_not_know_are_there(project: Project) -> None:
    root = project.root
    films = {"data/raw/README.md": "kept", "data/raw/set/a.jpeg": "a", "data/films/b.jpeg": "b"}
    for name, text in films.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / ".gitignore").write_text(f"{IGNORED}/data/raw/*\n!README.md\n/data/films\n")
    params = 'a: data/raw\nb: [data/films, raw.txt, "s3://x/y", /etc/hosts, data/../../up/x]\n'
    (root / "params.yaml").write_text(params + "release: {branch: null, git_remote: null}\n")
    new_commit(root)
    with own_worktree(root) as tree:
        assert (tree / "data/films/b.jpeg").read_text() == "b"
        assert (tree / "data/films").is_symlink()
        assert not (tree / "data/raw").is_symlink()
        assert (tree / "data/raw/set/a.jpeg").read_text() == "a"
        assert git(tree, "status", "--porcelain") == ""
    (root / "data/raw/set/a.jpeg").unlink()
    (root / "data/raw/set/c.jpeg").write_text("c")
    with own_worktree(root) as tree:
        assert sorted(path.name for path in (tree / "data/raw/set").iterdir()) == ["c.jpeg"]
    shutil.rmtree(tree)
    assert (root / "data/films/b.jpeg").exists()


def test_a_version_of_the_night_is_in_the_folder_of_the_engineers(project: Project) -> None:
    with own_worktree(project.root) as tree:
        (tree / paths.champion_folder("v0.1.0")).mkdir()
    assert (project.root / paths.champion_folder("v0.1.0")).is_dir()


def test_one_run_at_a_time_uses_the_tree(project: Project) -> None:
    refusal = pytest.raises(FlowError, match="another one holds")
    with own_worktree(project.root), refusal, own_worktree(project.root):
        pass


def test_the_main_branch_must_be_known(project: Project) -> None:
    git(project.root, "switch", "--quiet", "--detach")
    with pytest.raises(FlowError, match=r"release\.branch"), own_worktree(project.root):
        pass
    with own_worktree(project.root, "master") as tree:
        assert tree.is_dir()
    with (
        pytest.raises(FlowError, match="Is nowhere a branch"),
        own_worktree(project.root, "nowhere"),
    ):
        pass


def test_an_edit_that_is_half_done_is_no_matter_of_the_run(project: Project) -> None:
    root = project.root
    params = (ROOT / paths.PARAMS).read_text()
    assert "  branch: null" in params
    (root / paths.PARAMS).write_text(params.replace("  branch: null", "  branch: master"))
    new_commit(root)
    git(root, "switch", "--quiet", "--create", "work")
    for name in ("dvc.yaml", "params.yaml"):
        (root / name).write_text("stages: [half")
    assert project_root(root / "reports") == root
    with own_worktree(root, main_branch(root)) as tree:
        retrained(tree)
        assert git(tree, "log", "--format=%H", "-1", BRANCH) == git(root, "rev-parse", "master")
    (root / paths.PARAMS).write_text("a: 1")
    git(root, "add", paths.PARAMS.as_posix())
    new_commit(root)
    with pytest.raises(ParamsError) as caught:
        main_branch(root)
    assert caught.value.where == "HEAD:params.yaml"


def test_a_full_disk_is_told_before_the_copy(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(project.root)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000_000))
    with (
        pytest.raises(FlowError, match=r"0\.0 GB free, 1\.1 GB needed"),
        own_worktree(project.root),
    ):
        pass
    assert not (project.root / TREE).exists()


def test_git_pull_works_after_a_night(project: Project, tmp_path: Path) -> None:
    root = project.root
    git(tmp_path, "clone", "--quiet", "--bare", str(root), "origin.git")
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    git(tmp_path, "clone", "--quiet", str(tmp_path / "origin.git"), "colleague")
    colleague = tmp_path / "colleague"
    (colleague / "dvc.lock").write_text((colleague / "dvc.lock").read_text() + "# newer\n")
    new_commit(colleague, "of a colleague")
    git(colleague, "push", "--quiet")
    with own_worktree(root) as tree:
        (tree / "dvc.lock").write_text((tree / "dvc.lock").read_text() + "# of the night\n")
        commit_results(tree, "night 1")
    git(root, "pull", "--quiet", "--ff-only", "origin", "master")
    with own_worktree(root) as tree:
        assert (tree / "dvc.lock").read_text().endswith("# newer\n")


def test_a_run_that_publishes_starts_from_committed_code(project: Project) -> None:
    root = project.root
    (root / "dvc.lock").write_text((root / "dvc.lock").read_text() + "\n")
    require_results_only(root)
    project.set_params(scale=9)
    with pytest.raises(FlowError, match=r"found: params\.json"):
        require_results_only(root)
