import hashlib
import subprocess
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.atomic import write_json, write_text
from tasks.core.code_commit import code_commit
from tasks.core.html.templating import render_template
from tasks.core.provenance import HashedFile, collect_provenance

PARAMS = """
ingest: {source: "https://me:pw@clinic.org/films.zip?X-Amz-Signature=1f", patient_salt: mine}
evaluate: {seed: 3, n_bootstrap: 50, external: {other: "s3://key:word@bucket/x"}}
per_model: {ann: {epochs: 2}}
"""


FILMS_MD5 = hashlib.md5(b"films", usedforsecurity=False).hexdigest()


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    write_text(paths.PARAMS, PARAMS)
    write_text(Path("tasks", "a.py"), "1\n")
    return tmp_path


def git(*arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def commit(message: str) -> str:
    git("add", "-A")
    git("commit", "-q", "-m", message)
    return git("rev-parse", "HEAD")


def test_a_commit_of_results_alone_changes_nothing() -> None:
    git("init", "-q")
    code = commit("code")
    write_text(Path("reports/ann/metrics.json"), "{}\n")
    commit("results")
    assert (code_commit().sha, code_commit().has_changes) == (code, False)


def test_changes_of_code_are_told() -> None:
    git("init", "-q")
    commit("code")
    write_text(Path("tasks", "a.py"), "2\n")  # the same length
    assert code_commit().has_changes
    write_text(Path("tasks", "a.py"), "1\n")
    assert not code_commit().has_changes
    write_text(Path("tasks", "new.py"), "1\n")
    assert code_commit().has_changes


def test_outside_git_the_commit_is_unknown() -> None:
    assert code_commit().sha is None
    assert not any("checkout" in line for line in collect_provenance("report", [], []).commands)


def test_secrets_stay_secret() -> None:
    found = collect_provenance("report", [], ["ingest", "evaluate"])
    text = repr(found)
    assert not any(secret in text for secret in ("me:pw", "1f", "mine", "word@"))
    assert found.source == "https://***@clinic.org/films.zip?X-Amz-Signature=***"
    assert found.parameters["ingest.patient_salt"] == "(hidden)"


def test_hashes_seeds_and_resamples_of_a_network() -> None:
    write_json(
        paths.contract_file(paths.model_dir("ann")),
        {"seed": 4, "n_seeds": 2, "precision": "float32"},
    )
    write_text(paths.decision_file("ann"), "contract")
    write_text(paths.MANIFEST, "films")
    found = collect_provenance(
        "page", [paths.SAMPLES, paths.MANIFEST], ["per_model.ann", "evaluate", "no.such"], "ann"
    )
    assert found.inputs == (
        HashedFile("data/manifest.parquet", FILMS_MD5),
        HashedFile("data/samples.parquet", None),
    )
    assert [file.path for file in found.network] == ["data/models/ann", "data/contracts/ann"]
    assert found.checks == (
        HashedFile("data/contracts/ann/contract.json", hashlib.sha256(b"contract").hexdigest()),
    )
    assert found.seeds == {"evaluate.seed": "3", "of the networks": "4, 5"}
    assert (found.n_resamples, found.precision) == ("50", "float32")
    assert found.parameters["per_model.ann.epochs"] == "2"
    assert found.commands[-1] == "dvc repro page@ann"
    assert found == collect_provenance(
        "page", [paths.MANIFEST, paths.SAMPLES], ["per_model.ann", "evaluate"], "ann"
    )


def test_settings_of_the_training_go_before_those_of_params_yaml() -> None:
    write_text(paths.PARAMS, "{ingest: {source: x}, train: {epochs: 40, augment: {zoom: null}}}")
    settings = {"epochs": 30, "augment": {"zoom": 0.1}}
    write_json(paths.contract_file(paths.model_dir("ann")), {"seed": 4, "settings": settings})
    of_network = collect_provenance("page", [], ["train"], "ann").parameters
    assert of_network == {"train.epochs": "30", "train.augment.zoom": "0.1"}
    assert collect_provenance("report", [], ["train"]).parameters["train.epochs"] == "40"


def test_every_part_is_on_the_page(root: Path) -> None:
    (root / "t.html.j2").write_text('{% extends "base.html.j2" %}')
    write_text(paths.MANIFEST, "films")
    found = collect_provenance("report", [paths.MANIFEST, paths.SAMPLES], ["evaluate"])
    page = render_template(root, "t.html.j2", {"provenance": found})
    shown = (
        FILMS_MD5,
        "not there",
        "evaluate.n_bootstrap",
        "dvc repro report",
    )
    assert all(text in page for text in (*shown, found.libraries["keras"], found.source))
