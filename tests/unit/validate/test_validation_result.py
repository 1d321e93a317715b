"""The result counts every file once; the page shows the result and makes no request."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tasks.core import paths
from tasks.core.html.inline_pictures import Picture
from tasks.core.html.site_links import site_links
from tasks.core.params import ValidateParams
from tasks.core.provenance import collect_provenance
from tasks.validate.film_pairs import join_pairs
from tasks.validate.frames import build_frames
from tasks.validate.rule_runner import RuleResult
from tasks.validate.shortcuts import FEWEST_GROUPS, audit_shortcuts
from tasks.validate.validation_page import render_validation_page
from tasks.validate.validation_result import build_validation_result, validation_error
from tests.unit.validate.cases import pairs_of

PASSED = RuleResult(
    group="ranges",
    name="side_long_enough",
    title="Sides are long",
    severity="error",
    passed=True,
    observed="100 px",
    threshold="64 px",
    n_failing=0,
    rows=[],
)
ROWS = [{"path": "a/<script>alert(1)</script>.png", "width": 3}, {"path": "b.png", "width": None}]
FAILED = replace(PASSED, name="aspect", title="Shape fits", passed=False, n_failing=2, rows=ROWS)
WARNING = replace(FAILED, name="patients", title="Patients are known", severity="warning")

PICTURE = Picture("data:image/png;base64,AAAA", 64, 64)


def validation_of(
    manifest: pd.DataFrame,
    results: list[RuleResult],
    *,
    is_synthetic: bool,
    pairs: object = None,
) -> dict[str, Any]:
    near = pairs_of() if pairs is None else pairs
    assert isinstance(near, pd.DataFrame)
    films = build_frames(manifest, near, [], pd.Series(dtype="float64"))["films"]
    validation = build_validation_result(
        films,
        results,
        is_synthetic=is_synthetic,
        shortcuts=audit_shortcuts(manifest, near),
        pairs=join_pairs(films, near),
    )
    return {**validation, "reference_given": False}


@pytest.fixture
def page_of(
    thresholds: ValidateParams, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    def render(validation: dict[str, Any], pictures: dict[str, Picture] | None = None) -> str:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "params.yaml").write_text("ingest: {source: films}\n")
        origin = collect_provenance("validate", [], [])
        return render_validation_page(validation, pictures or {}, thresholds, origin)

    return render


def rejected(manifest: pd.DataFrame) -> pd.DataFrame:
    """2 truncated films (NORMAL, train), 1 junk file without class or split, 18 usable films."""
    manifest = manifest.sort_values("path", ignore_index=True)
    normal = manifest["path"].isin(["train/NORMAL/00.png", "train/NORMAL/01.png"])
    manifest["reason"] = manifest["reason"].astype(object).mask(normal, "truncated")
    manifest["status"] = manifest["status"].mask(normal, "rejected")
    junk = manifest.head(1).assign(
        path="Thumbs.db", label=None, given_split=None, status="rejected", reason="junk"
    )
    return pd.concat([manifest, junk], ignore_index=True)


def test_counts_add_up_to_the_files_found(clean: pd.DataFrame) -> None:
    validation = validation_of(rejected(clean), [PASSED], is_synthetic=False)
    assert (validation["n_rows"], validation["n_usable"], validation["n_rejected"]) == (21, 18, 3)
    assert list(validation["rejected"].items()) == [("truncated", 2), ("junk", 1)]
    assert validation["counts"] == [
        {"label": "NORMAL", "given_split": "train", "ok": 6, "rejected": 2},
        {"label": "NORMAL", "given_split": "test", "ok": 2, "rejected": 0},
        {"label": "PNEUMONIA", "given_split": "train", "ok": 8, "rejected": 0},
        {"label": "PNEUMONIA", "given_split": "test", "ok": 2, "rejected": 0},
        {"label": "none", "given_split": "none", "ok": 0, "rejected": 1},
    ]
    assert validation["rejected_rows"]["junk"] == [
        {"path": "Thumbs.db", "label": None, "given_split": None}
    ]
    assert validation["source"] == {
        "synthetic": False,
        "layouts": ["class_folders"],
        "given_splits": {"train": 16, "test": 4, "none": 1},
    }


@pytest.mark.parametrize(
    ("results", "passed"), [([PASSED], True), ([PASSED, WARNING], True), ([FAILED, WARNING], False)]
)
def test_only_a_failed_error_stops_the_run(
    clean: pd.DataFrame, results: list[RuleResult], passed: bool
) -> None:
    assert validation_of(clean, results, is_synthetic=False)["passed"] is passed


def test_error_names_expectation_rows_and_page() -> None:
    many = replace(FAILED, n_failing=9, rows=[{"path": f"{n}.png"} for n in range(9)])
    message = str(validation_error([PASSED, many, WARNING]))
    assert "aspect: 100 px, accepted: 64 px; 9 row(s): 0.png, 1.png, 2.png, ..." in message
    assert "data/manifest.parquet; reports/validation.html lists the rows" in message
    assert "patients" not in message


def test_page_shows_failed_rules_first_and_escapes_file_names(
    clean: pd.DataFrame, page_of: Callable[..., str]
) -> None:
    page = page_of(validation_of(rejected(clean), [PASSED, WARNING, FAILED], is_synthetic=False))
    order = ["<title>Stopped: 1 error", "Stopped: 1 error</h1>", "Shape fits", "Patients are known"]
    places = [page.index(text) for text in [*order, "Sides are long", "not a medical device"]]
    assert places == sorted(places)
    assert "<script" not in page
    assert "a/&lt;script&gt;alert(1)&lt;/script&gt;.png" in page
    assert "Thumbs.db" in page
    assert "synthetic" not in page


def test_page_shows_the_causes_of_each_reason_and_the_next_step(
    clean: pd.DataFrame, page_of: Callable[..., str]
) -> None:
    films = rejected(clean).astype({"detail": object, "site": object})
    cut = films["reason"] == "truncated"
    films.loc[cut, "detail"] = ["7 bytes <missing>", "9 bytes <missing>"]
    films["site"] = ["A", "B"] * 10 + ["A"]
    warning = replace(WARNING, next_step="ask a radiologist")
    validation = validation_of(films, [warning], is_synthetic=False)
    assert validation["rejected_causes"]["truncated"] == [
        {
            "n_files": 2,
            "detail": "7 bytes <missing>",
            "paths": ["train/NORMAL/00.png", "train/NORMAL/01.png"],
            "next_step": "download or copy these files again",
        }
    ]
    assert [row["ok"] + row["rejected"] for row in validation["sites"]] == [5, 5, 1, 5, 5]
    page = " ".join(page_of(validation).split())
    assert '<tr><td>7 bytes &lt;missing&gt;</td><td class="n">2</td>' in page
    assert "the file ends before its pixels do</td><td>yes</td>" in page
    assert "a file of the operating system</td><td>no</td>" in page
    assert "<b>Next:</b> ask a radiologist." in page
    assert "<h1>May go on, 1 warning</h1>" in page
    assert "Files by site and class" in page


def test_page_of_a_clean_manifest_says_passed_and_synthetic(
    clean: pd.DataFrame, page_of: Callable[..., str]
) -> None:
    page = page_of(validation_of(clean, [PASSED], is_synthetic=True))
    assert "<h1>May go on</h1>" in page
    assert "<strong>Synthetic films.</strong>" in page
    assert 'id="failed"' not in page
    assert 'id="warnings"' not in page


def test_page_makes_no_request(clean: pd.DataFrame, page_of: Callable[..., str]) -> None:
    near = pairs_of(("train/NORMAL/00.png", "test/NORMAL/08.png"))
    validation = validation_of(clean, [PASSED, WARNING], is_synthetic=True, pairs=near)
    page = page_of(validation, {"train/NORMAL/00.png": PICTURE})
    assert not re.search(r"https?:|url\(|@import", page)
    assert set(re.findall(r'src="([^"]*)"', page)) == {PICTURE.uri}
    links = {link for link in re.findall(r'href="([^"]*)"', page) if link[0] != "#"}
    pages = {link.address for link in site_links(paths.VALIDATION_HTML)}
    assert links == {"data:,", "validation.json", *pages}


def test_pair_across_given_splits_is_listed_with_its_faults(
    clean: pd.DataFrame, page_of: Callable[..., str]
) -> None:
    near = pairs_of(
        ("train/NORMAL/00.png", "train/NORMAL/01.png"),
        ("train/NORMAL/02.png", "test/PNEUMONIA/18.png"),
    )
    validation = validation_of(clean, [PASSED], is_synthetic=False, pairs=near)
    assert validation["n_pairs"]["near"] == {"all": 2, "across_classes": 1, "across_splits": 1}
    assert [pair["path"] for pair in validation["pairs"]] == [
        "test/PNEUMONIA/18.png",
        "train/NORMAL/00.png",
    ]
    page = " ".join(page_of(validation).split())
    assert "Two classes, two given splits.</strong> 5 of 256 bits differ, correlation 0.990" in page


def test_page_without_an_audit_says_how_many_patients_it_needs(
    clean: pd.DataFrame, page_of: Callable[..., str]
) -> None:
    few = clean[clean["patient_id"] != "patient-0"]
    page = page_of(validation_of(few, [PASSED], is_synthetic=False))
    assert f"a comparison needs at least {FEWEST_GROUPS} patients on each side" in page
    assert "PNEUMONIA from NORMAL" in page  # named as left out


def test_films_of_unknown_patients_are_not_counted_as_patients(
    clean: pd.DataFrame, page_of: Callable[..., str]
) -> None:
    unknown = clean.assign(patient_id=None)
    validation = validation_of(unknown, [PASSED], is_synthetic=False)
    assert (validation["n_patients"], validation["n_unknown_patients"]) == (20, 20)
    assert "patients unknown: each film counted as one" in page_of(validation)
    known = validation_of(clean, [PASSED], is_synthetic=False)
    assert known["n_unknown_patients"] == 0
    assert known["n_patients"] == clean["patient_id"].nunique()
