"""The top level shows the project and nothing else."""

import re
import subprocess
import tomllib

from tests.contract.imports import ROOT

SHOWN = {
    "README.md", "pyproject.toml", "Makefile", "dvc.yaml", "params.yaml",
    "flows", "tasks", "data", "reports", "tests",
}  # fmt: skip
NEEDED_BY_TOOLS = {
    ".ci", ".dvc", ".dvcignore", ".gitignore", "CHANGELOG.md", "LICENSE", "dvc.lock",
    "requirements.txt",
}  # fmt: skip


def test_nothing_else_lies_at_the_top() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    top = {path.split("/")[0] for path in tracked if path}
    assert top <= SHOWN | NEEDED_BY_TOOLS


def test_every_requirement_is_pinned_and_hashed_and_names_no_index() -> None:
    text = (ROOT / "requirements.txt").read_text()
    blocks = re.split(r"\n(?=[a-z])", text.strip())
    assert all(re.match(r"[a-z0-9._-]+==\S+", block) for block in blocks)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "--index" not in text


def test_requirements_hold_every_direct_dependency_within_its_cap() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    pinned = dict(re.findall(r"^([a-z0-9._-]+)==([\d.]+)", _requirements(), flags=re.MULTILINE))
    for requirement in wanted:
        form = r"([a-z0-9-]+)(?:\[[a-z]+\])?>=([\d.]+),<([\d.]+)"
        name, low, high = re.match(form, requirement).groups()
        assert _parts(low) <= _parts(pinned[name])[: len(_parts(low))], requirement
        assert _parts(pinned[name]) < _parts(high), requirement


def test_files_stay_short() -> None:
    for module in [*(ROOT / "tasks").rglob("*.py"), *(ROOT / "flows").rglob("*.py")]:
        assert len(module.read_text().splitlines()) <= 300, module


def _requirements() -> str:
    return (ROOT / "requirements.txt").read_text()


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
