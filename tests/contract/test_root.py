"""The top level holds the project only, and the requirements are complete and pinned."""

import re
import subprocess
import tomllib

import pytest

from tests.contract.imports import ROOT

SHOWN = {
    "README.md", "pyproject.toml", "Makefile", "dvc.yaml", "params.yaml",
    "flows", "tasks", "data", "reports", "tests",
}  # fmt: skip
NEEDED_BY_TOOLS = {
    ".ci", ".dvc", ".dvcignore", ".gitignore", "CHANGELOG.md", "LICENSE", "dvc.lock",
    "prefect.yaml", ".gitattributes",
    *(f"requirements{name}.txt" for name in ("", "-screen", "-dicom", "-dev")),
}  # fmt: skip
REQUIREMENTS = tuple(f"requirements{name}.txt" for name in ("", "-dev", "-screen", "-dicom"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = PROJECT["project"]["optional-dependencies"]
WANTED = {
    "requirements.txt": EXTRAS["pipeline"],
    "requirements-dev.txt": PROJECT["dependency-groups"]["dev"],
    "requirements-screen.txt": EXTRAS["screen"],
    "requirements-dicom.txt": EXTRAS["dicom"],
}


def test_the_top_level_holds_nothing_else() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    top = {path.split("/")[0] for path in tracked if path}
    assert top <= SHOWN | NEEDED_BY_TOOLS


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_every_requirement_is_pinned_and_hashed_and_names_no_index(name: str) -> None:
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[a-z])", text.strip())
    assert all(re.match(r"[a-z0-9._-]+==\S+", block) for block in blocks)
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_requirements_hold_every_direct_dependency_within_its_cap(name: str) -> None:
    pinned = pins_of(name)
    for requirement in WANTED[name]:
        form = r"([a-z0-9-]+)(?:\[[a-z]+\])?>=([\d.]+),<([\d.]+)"
        package, low, high = re.match(form, requirement).groups()
        for version in pinned[package]:
            assert _parts(low) <= _parts(version)[: len(_parts(low))], requirement
            assert _parts(version) < _parts(high), requirement


@pytest.mark.parametrize("name", REQUIREMENTS[1:])
def test_a_package_of_two_files_has_the_same_version_in_both(name: str) -> None:
    run, other = pins_of("requirements.txt"), pins_of(name)
    assert {name: other[name] for name in other.keys() & run} == {
        name: run[name] for name in other.keys() & run
    }


def test_screening_needs_no_package_of_the_training() -> None:
    heavy = {"tensorflow", "keras", "pandas", "pyarrow", "scipy", "scikit-image", "dvc", "prefect"}
    assert not heavy & pins_of("requirements-screen.txt").keys()


def test_running_needs_no_package_of_the_group_dev() -> None:
    names = {re.match(r"[a-z0-9-]+", requirement)[0] for requirement in WANTED[REQUIREMENTS[1]]}
    assert not names & pins_of("requirements.txt").keys()


def test_the_optional_cluster_package_has_the_cap_of_the_group_dev() -> None:
    assert set(EXTRAS["cluster"]) <= set(WANTED["requirements-dev.txt"])


def pins_of(name: str) -> dict[str, set[str]]:
    """Versions of each package of a requirements file; two where Python versions differ."""
    pins: dict[str, set[str]] = {}
    for package, version in re.findall(
        r"^([a-z0-9._-]+)==([\d.]+)", (ROOT / name).read_text(), flags=re.MULTILINE
    ):
        pins.setdefault(package, set()).add(version)
    return pins


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
