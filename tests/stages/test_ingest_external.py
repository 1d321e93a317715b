"""The stage `ingest-external`: every kind of source ends in tables, and a fault in source.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.core import paths
from tasks.core.errors import ParamsError
from tasks.core.image_store.store import ImageStore
from tasks.core.tables import MANIFEST_SCHEMA, PAIRS_SCHEMA, read_table
from tests.external_cohorts import SOURCES, make_sources, run_cohort, run_here
from tests.films import run_stage, tree_hash, workspace


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_sources(tmp_path_factory.mktemp("cohorts"))
    run_here("ingest", root)
    for cohort in SOURCES:
        run_cohort(root, cohort, "ingest")
    return root


def manifest_in(root: Path, cohort: str) -> Any:
    return read_table(MANIFEST_SCHEMA, root / paths.external_manifest(cohort))


def fault_in(root: Path, cohort: str) -> dict[str, str] | None:
    found = json.loads((root / paths.external_source(cohort)).read_text("utf-8"))
    assert found["name"] == cohort
    fault: dict[str, str] | None = found["fault"]
    return fault


@pytest.mark.parametrize(
    ("cohort", "n_usable", "found"),
    [
        ("clinic", 19, None),
        ("ill", 6, None),
        ("plain", 6, "no label: 6 images among 6 files, for instance 0.jpeg"),
        ("strange", 8, None),
        ("empty", 0, "no file at all"),
        ("half", 0, "zip"),
        ("gone", 0, "no such file or folder"),
    ],
)
def test_every_source_ends_in_tables_and_its_fault_is_stated(
    root: Path, cohort: str, n_usable: int, found: str | None
) -> None:
    manifest, fault = manifest_in(root, cohort), fault_in(root, cohort)
    assert (manifest["status"] == "ok").sum() == n_usable
    assert len(ImageStore(root / paths.external_thumbnails(cohort))) >= n_usable - 1
    if found is None:
        assert fault is None
    else:
        assert fault is not None
        assert found in " ".join(fault.values())
        assert "ingest.source" not in " ".join(fault.values())
        assert str(root) not in " ".join(fault.values())


def test_films_that_are_at_home_too_are_found(root: Path) -> None:
    overlap = read_table(PAIRS_SCHEMA, root / paths.external_overlap("clinic"))
    assert overlap[["path_a", "path_b", "kind"]].to_numpy().tolist() == [
        ["Covid/seen.jpeg", "chest_xray/train/PNEUMONIA/person0_bacteria_0.jpeg", "exact"],
        ["Normal/tested.jpeg", "chest_xray/test/NORMAL/IM-0005-0001.jpeg", "exact"],
    ]
    pairs = read_table(PAIRS_SCHEMA, root / paths.external_pairs("clinic"))
    assert pairs[["path_a", "path_b"]].to_numpy().tolist() == [["Covid/c0.jpeg", "Covid/copy.jpeg"]]


def test_a_cohort_is_one_set_with_the_labels_of_its_folders(root: Path) -> None:
    assert manifest_in(root, "ill")["label"].tolist() == ["COVID"] * 6
    assert manifest_in(root, "plain")["label"].isna().all()
    assert manifest_in(root, "clinic")["given_split"].isna().all()


def test_the_program_says_what_it_found_and_changes_no_source(root: Path) -> None:
    before = tree_hash(root / "clinic")
    tables = (root / paths.external_manifest("clinic")).read_bytes()
    end = run_stage("ingest.external", root, "--cohort", "clinic")
    assert end.returncode == 0, end.stderr
    assert end.stderr.splitlines()[-1] == (
        "[ingest-external] clinic: 19 files found: 19 usable films, 0 rejected; 2 films are at home"
        " too"
    )
    assert tree_hash(root / "clinic") == before
    assert (root / paths.external_manifest("clinic")).read_bytes() == tables


def test_a_fault_is_a_warning_in_the_log(root: Path, caplog: pytest.LogCaptureFixture) -> None:
    run_here("ingest.external", root, cohort="gone")
    (warning,) = [line for line in caplog.records if line.levelname == "WARNING"]
    assert warning.getMessage().startswith(
        "gone: evaluate.external.gone must exist; found: no such"
    )


def test_an_unknown_cohort_is_an_error_by_name(root: Path) -> None:
    with pytest.raises(ParamsError, match="other; the keys are clinic, empty, gone"):
        run_here("ingest.external", root, cohort="other")


def test_the_check_has_a_line_for_each_cohort_and_names_all_that_cannot_be_read(
    root: Path, tmp_path: Path
) -> None:
    readable = {name: str(root / name) for name in ("clinic", "ill", "plain")}
    home = {"source": str(root / "home")}
    lines = check(workspace(tmp_path / "a", ingest=home, evaluate={"external": readable}), 0)
    found = "COVID 9 as PNEUMONIA, NORMAL 8 as NORMAL, TUBERCULOSIS 2 left out"
    why = "(no such class in the model)"
    few = "; fewer than two classes of the model are left, so there is no AUROC"
    how = "; write an index.csv (columns path, label) above the films"
    assert lines[-3:] == [
        f"  clinic       19 files, layout class_folders: {found} {why}",
        f"  ill          6 files, layout known_folders: COVID 6 as PNEUMONIA{few}",
        f"  plain        6 files, layout known_folders: no label, so no metrics{how}",
    ]
    unreadable = {name: str(root / name) for name in ("empty", "gone", "ill")}
    lines = check(workspace(tmp_path / "b", ingest=home, evaluate={"external": unreadable}), 1)
    assert [line.strip() for line in lines[-9:-4]] == [
        f"ill          6 files, layout known_folders: COVID 6 as PNEUMONIA{few}",
        "ERROR: evaluate.external.empty must hold films",
        "evaluate.external.gone must exist",
        "found: no file at all",
        "no such file or folder",
    ]


def check(run: Path, returncode: int) -> list[str]:
    end = run_stage("ingest.check", run)
    assert end.returncode == returncode, end.stderr
    return [line.removeprefix("[ingest.check] ") for line in end.stderr.splitlines()]
