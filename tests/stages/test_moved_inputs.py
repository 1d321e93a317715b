"""A real `dvc repro` whose inputs change while the stage runs: DVC must record nothing."""

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.dvc_repository import DvcRepository
from tests.films import ROOT, mooney_files, write_tree

STAGE = '''
"""Stage `make`: writes what it read; it waits while the file `hold` is there."""
import json, time
from pathlib import Path
from tasks.core import paths, stage

def main(arguments):
    from tasks.core.params import load_params
    rate = load_params(paths.PARAMS).train.learning_rate
    films = sorted(film.name for film in Path("films").iterdir())
    Path("started").touch()
    while Path("hold").exists():
        time.sleep(0.01)
    from part import VALUE
    Path("out.json").write_text(json.dumps([rate, films, VALUE]))

stage.run("make", __doc__, main)
'''
PIPELINE = """
stages:
  make:
    cmd: exec python make.py
    params: [train.learning_rate]
    deps: [films, make.py, part.py]
    outs: [out.json]
"""


class Repository(DvcRepository):
    """One stage in a git and DVC repository, which has run once."""

    def rate(self, value: float) -> None:
        params = yaml.safe_load((self.root / "params.yaml").read_text("utf-8"))
        params["train"]["learning_rate"] = value
        (self.root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")

    def lock(self) -> bytes | None:
        return (self.root / "dvc.lock").read_bytes() if (self.root / "dvc.lock").exists() else None

    def recorded_runs(self) -> int:
        return sum(file.is_file() for file in (self.root / ".dvc/cache/runs").rglob("*"))

    def result(self) -> Any:
        return json.loads((self.root / "out.json").read_text())

    def disturbed(self, change: Callable[[], object]) -> tuple[int, str]:
        """Exit code and output of `dvc repro`, with a change while the stage runs."""
        (self.root / "hold").touch()
        (self.root / "started").unlink(missing_ok=True)
        process = subprocess.Popen(
            ["dvc", "repro"],
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        with process:
            end_s = time.monotonic() + 60
            while not (self.root / "started").exists() and time.monotonic() < end_s:
                time.sleep(0.02)
            try:
                assert process.poll() is None
                change()
            finally:
                (self.root / "hold").unlink()
            assert process.stdout is not None
            output = process.stdout.read()
        return process.returncode, output


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The stage ran with a rate of 0.001."""
    base = tmp_path_factory.mktemp("ready")
    repository = Repository(base / "repository", base, base / "site")
    root = repository.root
    write_tree(root, {"films/a.jpeg": b"film", "part.py": b"VALUE = 1\n"})
    (root / "make.py").write_text(STAGE)
    (root / "dvc.yaml").write_text(PIPELINE)
    shutil.copy(ROOT / "params.yaml", root)
    (root / ".dvcignore").write_text("__pycache__\n")
    (root / ".gitignore").write_text("/films\n/started\n/hold\n__pycache__\n")
    (base / ".gitconfig").write_text("[user]\n  name = t\n  email = t@example.org\n")
    repository.run("git", "init", "-q", "-b", "main")
    repository.run("dvc", "init", "-q")
    repository.rate(0.001)
    repository.run("dvc", "repro", "-q")
    repository.run("git", "add", "-A")
    repository.run("git", "commit", "-q", "-m", "one run")
    return repository


@pytest.fixture
def repository(ready: Repository, tmp_path: Path) -> Repository:
    """A copy that a test changes; films are older than the run, as DVC asks."""
    copied = Repository(tmp_path / "repository", tmp_path, tmp_path / "site")
    shutil.copytree(ready.root, copied.root, symlinks=True)
    shutil.copy(ready.root.parent / ".gitconfig", tmp_path)
    return copied


def check_refused(repository: Repository, change: Callable[[], object], found: str) -> None:
    """The run fails, and leaves neither a line in dvc.lock nor a run in the cache."""
    lock, runs = repository.lock(), repository.recorded_runs()
    code, output = repository.disturbed(change)
    assert code != 0, output
    assert "must stay as they are while it runs" in output
    assert f"found: {found}" in output
    assert "where: stage make" in output
    assert (repository.lock(), repository.recorded_runs()) == (lock, runs)


@pytest.mark.slow
def test_parameters_that_change_meanwhile(repository: Repository) -> None:
    repository.rate(0.002)
    check_refused(
        repository, lambda: repository.rate(0.0005), "train.learning_rate in params.yaml changed"
    )
    repository.run("dvc", "repro")
    assert repository.result()[0] == 0.0005
    for value in (0.002, 0.0005, 0.001):  # the first must run; the others come from the run cache
        repository.rate(value)
        said = repository.run("dvc", "repro")
        assert ("is cached" in said) == (value != 0.002)
        assert repository.result()[0] == value


@pytest.mark.slow
def test_parameters_that_are_taken_back_meanwhile(repository: Repository) -> None:
    repository.rate(0.002)
    check_refused(
        repository, lambda: repository.rate(0.001), "train.learning_rate in params.yaml changed"
    )
    repository.run("dvc", "repro")  # dvc.lock has this rate, and another result lies there
    assert repository.result()[0] == 0.001


@pytest.mark.slow
def test_another_branch_that_is_checked_out_meanwhile(repository: Repository) -> None:
    repository.run("git", "checkout", "-q", "-b", "other")
    (repository.root / "part.py").write_text("VALUE = 22\n")
    repository.rate(0.0003)
    repository.run("git", "commit", "-q", "-a", "-m", "other")
    repository.run("git", "checkout", "-q", "main")
    (repository.root / "films/b.jpeg").write_bytes(b"film of main")  # the stage must run
    check_refused(
        repository, lambda: repository.run("git", "checkout", "-q", "other"), "part.py changed"
    )
    repository.run("dvc", "repro")
    assert repository.result() == [0.0003, ["a.jpeg", "b.jpeg"], 22]
    repository.run("git", "checkout", "-q", "-f", "main")
    repository.run("dvc", "repro")
    assert repository.result() == [0.001, ["a.jpeg", "b.jpeg"], 1]


@pytest.mark.slow
def test_code_that_is_edited_meanwhile(repository: Repository) -> None:
    (repository.root / "part.py").write_text("VALUE = 2\n")
    edit = (repository.root / "part.py").write_text
    check_refused(repository, lambda: edit("VALUE = 3\n"), "part.py changed")
    repository.run("dvc", "repro")
    assert repository.result()[2] == 3
    edit("VALUE = 2\n")
    assert "is cached" not in repository.run("dvc", "repro")
    assert repository.result()[2] == 2


def test_what_the_stage_does_not_read_may_change(repository: Repository) -> None:
    repository.rate(0.002)

    def change() -> None:
        params = repository.root / "params.yaml"
        params.write_text(params.read_text().replace("epochs: 40", "epochs: 41"))
        (repository.root / "README.md").write_text("new")

    code, output = repository.disturbed(change)
    assert code == 0, output
    assert repository.result()[0] == 0.002
    assert "up to date" in repository.run("dvc", "status")


def test_a_film_that_is_copied_into_the_source_while_ingest_reads_it(tmp_path: Path) -> None:
    """The stage `ingest` itself, with its lines of dvc.yaml."""
    repository = Repository(tmp_path / "repository", tmp_path, tmp_path / "site")
    root = repository.root
    films = write_tree(root / "films", mooney_files(60))
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text("utf-8"))["stages"]["ingest"]
    stage["deps"] = ["${ingest.source}"]
    (root / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"ingest": stage}}), "utf-8")
    params = yaml.safe_load((ROOT / "params.yaml").read_text("utf-8"))
    params["ingest"] |= {"source": "films", "corrections": "films"}
    (root / "params.yaml").write_text(yaml.safe_dump(params), "utf-8")
    repository.run("git", "init", "-q")
    repository.run("dvc", "init", "-q")
    first = min(films.rglob("*.jpeg"))
    process = subprocess.Popen(["dvc", "repro"], cwd=root, env=repository.environment)
    with process:
        while not list((root / "data").glob(".thumbnails*")):
            assert process.poll() is None
            time.sleep(0.002)
        shutil.copy(first, first.with_name("person999_virus_1.jpeg"))
    assert process.returncode != 0
    assert repository.lock() is None
    assert repository.recorded_runs() == 0
    repository.run("dvc", "repro")
    assert b"nfiles: 121" in (repository.lock() or b"")
