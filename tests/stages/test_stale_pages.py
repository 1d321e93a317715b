"""The mark of an old page, in a real DVC repository whose cache is linked to."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.dvc_repository import DvcRepository

PAGE = Path("reports/ann.html")
STAGE = """
import sys
from pathlib import Path
from tasks.core import stage
from tasks.core.html.templating import render_template

def work(arguments):
    text = Path("source.txt").read_text()
    if "fail" in text:
        raise KeyboardInterrupt
    Path("data").mkdir(exist_ok=True)
    Path("data/result.txt").write_text(text.split()[0])

def write_page(arguments):
    result = Path("data/result.txt").read_text()
    Path("reports").mkdir(exist_ok=True)
    Path("reports/ann.html").write_text(render_template(Path("."), "t.html.j2", {"t": result}))

stage.run(sys.argv.pop(1), "", write_page if "page" in sys.argv[0] else work)
"""
PIPELINE = {
    "stages": {
        "evaluate": {
            "cmd": "python work.py evaluate",
            "deps": ["source.txt"],
            "outs": ["data/result.txt"],
        },
        "report": {
            "cmd": "python page.py report",
            "deps": ["data/result.txt"],
            "outs": ["reports/ann.html"],
        },
    }
}


@pytest.fixture
def repository(tmp_path: Path) -> DvcRepository:
    root = tmp_path / "repository"
    root.mkdir()
    for name in ("work.py", "page.py"):
        (root / name).write_text(STAGE)
    (root / "t.html.j2").write_text(
        '{% extends "base.html.j2" %}{% block content %}{{ t }}{% endblock %}'
    )
    (root / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE))
    (root / "params.yaml").write_text("models: [ann]\nevaluate: {external: {}}\n")
    (root / "source.txt").write_text("one\n")
    repository = DvcRepository(root, tmp_path, tmp_path / "site")
    repository.run("dvc", "init", "--no-scm", "--quiet")
    repository.run("dvc", "config", "cache.type", "symlink")
    repository.run("dvc", "repro", "--quiet")
    return repository


def is_marked(repository: DvcRepository) -> bool:
    return 'class="stale"' in (repository.root / PAGE).read_text()


def test_a_run_leaves_marked_pages_only_if_it_fails(repository: DvcRepository) -> None:
    page = repository.root / PAGE
    first = page.read_bytes()
    cached = page.resolve()
    assert page.is_symlink()

    (repository.root / "source.txt").write_text("fail\n")
    with pytest.raises(AssertionError):
        repository.run("dvc", "repro", "--quiet")
    assert is_marked(repository)
    assert cached.read_bytes() == first  # the link was replaced, not what it points to

    (repository.root / "source.txt").write_text("one more\n")  # the result stays: DVC restores
    repository.run("dvc", "repro", "--quiet")
    assert page.read_bytes() == first
    assert "up to date" in repository.run("dvc", "status")

    repository.run("dvc", "repro", "--quiet")  # nothing has changed: no stage starts
    assert page.read_bytes() == first
    assert "up to date" in repository.run("dvc", "status")

    (repository.root / "source.txt").write_text("two\n")
    repository.run("dvc", "repro", "--quiet")
    assert page.read_bytes() != first
    assert not is_marked(repository)
    assert "up to date" in repository.run("dvc", "status")


def test_a_stage_without_dvc_marks_until_the_next_run(repository: DvcRepository) -> None:
    first = (repository.root / PAGE).read_bytes()
    (repository.root / "data/result.txt").unlink()  # it is a link into the cache
    repository.run("python", "work.py", "evaluate")
    assert is_marked(repository)
    repository.run("dvc", "repro", "--quiet")
    assert (repository.root / PAGE).read_bytes() == first


def test_the_mark_survives_a_kill(repository: DvcRepository) -> None:
    """The stage is killed while it works: the page is whole and marked."""
    root = repository.root
    (root / "work.py").write_text(
        STAGE.replace("text = Path", "print(1, flush=True); sys.stdin.read(); text = Path")
    )
    with subprocess.Popen(
        ["python", "work.py", "evaluate"], cwd=root, env=repository.environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as stage:  # fmt: skip
        assert stage.stdout is not None
        stage.stdout.readline()
        stage.kill()
    assert is_marked(repository)
    assert (root / PAGE).read_text().endswith("</html>\n")
