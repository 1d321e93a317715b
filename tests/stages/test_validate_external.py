"""The stage `validate-external`: a broken expectation is written, and stops nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tasks.core import paths
from tests.external_cohorts import make_sources, run_cohort, run_here
from tests.films import run_stage


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_sources(
        tmp_path_factory.mktemp("cohorts"),
        validate={"reference": "data/manifest.parquet"},
        resample={"labels": "folder"},
    )
    run_here("ingest", root)
    for cohort in ("clinic", "plain", "gone"):
        run_cohort(root, cohort, "validate")
    return root


def result_in(root: Path, cohort: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / paths.external_validation_json(cohort)).read_text())
    return found


@pytest.mark.parametrize(
    ("cohort", "broken"),
    [
        ("clinic", {"enough_films", "class_has_films", "few_duplicates"}),
        ("plain", {"label_named", "enough_films", "two_classes"}),
        ("gone", {"enough_films", "two_classes", "few_rejected"}),
    ],
)
def test_the_whole_suite_is_asked_and_the_page_is_written(
    root: Path, cohort: str, broken: set[str]
) -> None:
    found = result_in(root, cohort)
    names = {row["name"] for row in found["expectations"] if not row["passed"]}
    assert names >= broken
    assert not found["passed"]
    page = (root / paths.external_validation_html(cohort)).read_text("utf-8")
    assert "enough_films" in page or "enough usable films" in page


def test_questions_about_the_source_at_home_are_not_asked(root: Path) -> None:
    found = result_in(root, "plain")
    groups = {row["group"] for row in found["expectations"]}
    assert "drift" not in groups
    assert not found["reference_given"]
    (asked,) = [row for row in found["expectations"] if row["name"] == "negative_class_present"]
    assert (asked["passed"], asked["observed"]) == (True, "no classes to check")


def test_the_program_ends_with_success_and_names_what_is_broken(root: Path) -> None:
    before = (root / paths.external_validation_json("plain")).read_bytes()
    end = run_stage("validate.external", root, "--cohort", "plain")
    assert end.returncode == 0, end.stderr
    assert "plain: " in end.stderr
    assert "broken: label_named, enough_films" in end.stderr
    assert (root / paths.external_validation_json("plain")).read_bytes() == before
