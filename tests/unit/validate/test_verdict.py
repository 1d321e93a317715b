"""The verdict counts every file once; the page says what the verdict says, and asks no network."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from tasks.core.html.inline_pictures import Picture
from tasks.core.params import ValidateParams
from tasks.validate import html
from tasks.validate.frames import build_frames
from tasks.validate.gate import Outcome
from tasks.validate.pairs import join_pairs
from tasks.validate.shortcuts import audit
from tasks.validate.verdict import build_verdict as verdict_of
from tasks.validate.verdict import failure
from tests.unit.validate.cases import pairs_of

HOLDS = Outcome(
    "ranges", "side_long_enough", "Sides are long", "error", True, "100 px", "64 px", 0, []
)
ROWS = [{"path": "a/<script>alert(1)</script>.png", "width": 3}, {"path": "b.png", "width": None}]
BROKEN = replace(HOLDS, name="aspect", title="Shape fits", passed=False, n_failing=2, rows=ROWS)
WARNS = replace(BROKEN, name="patients", title="Patients are known", severity="warning")

PICTURE = Picture("data:image/png;base64,AAAA", 64, 64)


def build_verdict(
    manifest: pd.DataFrame, outcomes: list[Outcome], *, synthetic: bool, pairs: object = None
) -> dict[str, Any]:
    near = pairs_of() if pairs is None else pairs
    assert isinstance(near, pd.DataFrame)
    films = build_frames(manifest, near, [], pd.Series(dtype="float64"))["films"]
    verdict = verdict_of(
        films,
        outcomes,
        synthetic=synthetic,
        shortcuts=audit(manifest, near),
        pairs=join_pairs(films, near),
    )
    return {**verdict, "reference_given": False}


@pytest.fixture
def render_page(thresholds: ValidateParams) -> Callable[..., str]:
    def render(verdict: dict[str, Any], pictures: dict[str, Picture] | None = None) -> str:
        return html.render_page(verdict, pictures or {}, thresholds)

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
    verdict = build_verdict(rejected(clean), [HOLDS], synthetic=False)
    assert (verdict["n_rows"], verdict["n_usable"], verdict["n_rejected"]) == (21, 18, 3)
    assert list(verdict["rejected"].items()) == [("truncated", 2), ("junk", 1)]
    assert verdict["counts"] == [
        {"label": "NORMAL", "given_split": "train", "ok": 6, "rejected": 2},
        {"label": "NORMAL", "given_split": "test", "ok": 2, "rejected": 0},
        {"label": "PNEUMONIA", "given_split": "train", "ok": 8, "rejected": 0},
        {"label": "PNEUMONIA", "given_split": "test", "ok": 2, "rejected": 0},
        {"label": "none", "given_split": "none", "ok": 0, "rejected": 1},
    ]
    assert verdict["rejected_rows"]["junk"] == [
        {"path": "Thumbs.db", "label": None, "given_split": None}
    ]
    assert verdict["source"] == {
        "synthetic": False,
        "layouts": ["class_folders"],
        "given_splits": {"train": 16, "test": 4, "none": 1},
    }


@pytest.mark.parametrize(
    ("outcomes", "passed"), [([HOLDS], True), ([HOLDS, WARNS], True), ([BROKEN, WARNS], False)]
)
def test_only_a_broken_error_closes_the_gate(
    clean: pd.DataFrame, outcomes: list[Outcome], passed: bool
) -> None:
    assert build_verdict(clean, outcomes, synthetic=False)["passed"] is passed


def test_failure_names_expectation_rows_and_page() -> None:
    many = replace(BROKEN, n_failing=9, rows=[{"path": f"{n}.png"} for n in range(9)])
    message = str(failure([HOLDS, many, WARNS], table="manifest.parquet", page="page.html"))
    assert "aspect: 100 px, accepted is 64 px; 9 row(s): 0.png, 1.png, 2.png, ..." in message
    assert "manifest.parquet; page.html names the rows" in message
    assert "patients" not in message


def test_page_shows_what_broke_first_and_escapes_file_names(
    clean: pd.DataFrame, render_page: Callable[..., str]
) -> None:
    page = render_page(build_verdict(rejected(clean), [HOLDS, WARNS, BROKEN], synthetic=False))
    order = ["<title>Validation</title>", "Failed:", "Shape fits", "Patients are known"]
    places = [page.index(text) for text in [*order, "Sides are long", "not a medical device"]]
    assert places == sorted(places)
    assert "<script" not in page
    assert "a/&lt;script&gt;alert(1)&lt;/script&gt;.png" in page
    assert "Thumbs.db" in page
    assert "synthetic" not in page


def test_page_of_a_clean_manifest_says_passed_and_names_synthetic_films(
    clean: pd.DataFrame, render_page: Callable[..., str]
) -> None:
    page = render_page(build_verdict(clean, [HOLDS], synthetic=True))
    assert "Passed: the films may go on." in page
    assert "These films are synthetic" in page
    assert ">Broken<" not in page
    assert ">Warnings<" not in page


def test_no_request_leaves_the_page(clean: pd.DataFrame, render_page: Callable[..., str]) -> None:
    near = pairs_of(("train/NORMAL/00.png", "test/NORMAL/08.png"))
    verdict = build_verdict(clean, [HOLDS, WARNS], synthetic=True, pairs=near)
    page = render_page(verdict, {"train/NORMAL/00.png": PICTURE})
    assert not re.search(r"https?:|url\(|@import", page)
    assert set(re.findall(r'src="([^"]*)"', page)) == {PICTURE.uri}
    assert {link for link in re.findall(r'href="([^"]*)"', page) if link[0] != "#"} == {"data:,"}


def test_pair_across_given_splits_is_listed_side_by_side_with_what_is_wrong(
    clean: pd.DataFrame, render_page: Callable[..., str]
) -> None:
    near = pairs_of(
        ("train/NORMAL/00.png", "train/NORMAL/01.png"),
        ("train/NORMAL/02.png", "test/PNEUMONIA/18.png"),
    )
    verdict = build_verdict(clean, [HOLDS], synthetic=False, pairs=near)
    assert verdict["n_pairs"]["near"] == {"all": 2, "across_classes": 1, "across_splits": 1}
    assert [pair["path"] for pair in verdict["pairs"]] == [
        "test/PNEUMONIA/18.png",
        "train/NORMAL/00.png",
    ]
    page = " ".join(render_page(verdict).split())
    assert "Two classes, two given splits.</strong> 5 of 256 bits differ, correlation 0.990" in page
