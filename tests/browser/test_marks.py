"""Marks: made, kept, exported as CSV, read back, and never lost without a word."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsed_cases import HOSTILE_NAMES, write_case_page
from tests.interactive_page import CHROMIUM, complaints_of

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH")

COLUMNS = ["image_id", "path", "label_seen", "verdict", "label", "comment", "initials", "model"]
COMMENT = 'mirrored, "L" on the wrong side \N{EN DASH} 95 %'


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pd.DataFrame]:
    return write_case_page(tmp_path_factory.mktemp("marks"))


@pytest.fixture(scope="module")
def films(written: tuple[Path, pd.DataFrame]) -> pd.DataFrame:
    return written[1]


def visited(browser: Browser, path: Path, script: str = "") -> Page:
    """The page in a browser without a past."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.complaints = complaints_of(page)  # type: ignore[attr-defined]
    page.goto(path.as_uri(), wait_until="load")
    page.wait_for_selector("#film-canvas[data-film]")
    return page


@pytest.fixture
def page(browser: Browser, written: tuple[Path, pd.DataFrame]) -> Iterator[Page]:
    page = visited(browser, written[0])
    yield page
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()


def open_film(page: Page, image_id: str) -> None:
    page.evaluate("address => { location.hash = address; }", f"film={image_id}")
    page.wait_for_selector(f"#film-canvas[data-film='{image_id}']")


def exported(page: Page, folder: Path) -> pd.DataFrame:
    with page.expect_download() as download:
        page.click("#marks-export")
    assert download.value.suggested_filename == "lungline-corrections.csv"
    path = folder / "lungline-corrections.csv"
    download.value.save_as(path)
    return pd.read_csv(path, dtype="str", keep_default_na=False, encoding="utf-8")


def mark_three(page: Page, films: pd.DataFrame) -> list[dict[str, str]]:
    """Mark a film of each kind; return the rows that the export must hold."""
    page.fill("#mark-initials", "AB")
    rows = []
    for number, verdict in ((1, "agree"), (5, "wrong_label"), (9, "poor_film")):
        film = films.iloc[number]
        open_film(page, film["image_id"])
        other = "NORMAL" if film["label"] == "PNEUMONIA" else "PNEUMONIA"
        comment = COMMENT if number == 9 else ""
        page.fill("#mark-comment", comment)
        page.click(f"[data-verdict='{verdict}']")
        label = other if verdict == "wrong_label" else ""
        if label:
            page.select_option("#mark-class", label)
        rows.append(
            {
                **{"image_id": film["image_id"], "path": film["path"]},
                **{"label_seen": film["label"], "verdict": verdict, "label": label},
                **{"comment": comment, "initials": "AB", "model": "minivggnet"},
            }
        )
    return rows


def test_export_holds_every_mark(page: Page, films: pd.DataFrame, tmp_path: Path) -> None:
    wanted = mark_three(page, films)
    found = exported(page, tmp_path)
    assert found.columns.tolist() == COLUMNS
    by_id = {row["image_id"]: row for row in found.to_dict("records")}
    assert films["path"].iloc[5] == "=1+1.png"
    wanted[1]["path"] = "'=1+1.png"  # a spreadsheet must not count it
    assert by_id == {row["image_id"]: row for row in wanted}
    expect(page.locator("#marks-count")).to_have_text("3 marks.")


@pytest.mark.slow
def test_comments_come_back_from_the_file(
    page: Page, browser: Browser, written: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    comments = ["=cmd()", "+1", "-1", "@SUM(A1)", "a, b", 'say "no"', "'x", "'=x"]
    ids = written[1]["image_id"].iloc[20 : 20 + len(comments)].tolist()
    for image_id, comment in zip(ids, comments, strict=True):
        open_film(page, image_id)
        page.fill("#mark-comment", comment)
        page.click("[data-verdict='agree']")
    cells = exported(page, tmp_path).set_index("image_id")["comment"]
    guarded = [f"'{one}" if one.lstrip("'")[0] in "=+-@" else one for one in comments]
    assert cells[ids].tolist() == guarded
    later = visited(browser, written[0])
    later.set_input_files("#marks-import", tmp_path / "lungline-corrections.csv")
    expect(later.locator("#marks-said")).to_have_text(f"Taken: {len(comments)}.")
    for image_id, comment in zip(ids, comments, strict=True):
        open_film(later, image_id)
        assert later.input_value("#mark-comment") == comment
    later.context.close()


def test_keys_mark_and_take_back(page: Page, films: pd.DataFrame) -> None:
    open_film(page, films["image_id"].iloc[3])
    page.keyboard.press("a")
    assert page.get_attribute("[data-verdict='agree']", "aria-pressed") == "true"
    page.keyboard.press("w")
    assert page.get_attribute("[data-verdict='wrong_label']", "aria-pressed") == "true"
    assert page.locator("#marks-table tbody tr").count() == 1
    page.keyboard.press("c")
    page.keyboard.type("paw")  # letters of the comment are no verdicts
    assert "paw" in page.inner_text("#marks-table")
    page.locator("#film-view").focus()
    page.keyboard.press("u")
    expect(page.locator("#marks-count")).to_have_text("No mark yet.")
    assert page.is_disabled("#marks-export")


def test_take_back_in_the_list_and_filter_by_mark(page: Page, films: pd.DataFrame) -> None:
    mark_three(page, films)
    page.select_option("[data-filter='state']", "marked")
    assert page.locator("#cases-list li").count() == 3
    page.click("#marks-table button >> nth=0")
    assert page.locator("#marks-table tbody tr").count() == 2


def test_own_label_is_no_proposal(page: Page, films: pd.DataFrame) -> None:
    film = films.iloc[12]
    open_film(page, film["image_id"])
    closed = page.eval_on_selector_all(
        "#mark-class option", "all => all.filter(one => one.disabled).map(one => one.value)"
    )
    assert closed == [film["label"]]


def test_comment_without_verdict_is_told_and_waits(page: Page, films: pd.DataFrame) -> None:
    open_film(page, films["image_id"].iloc[3])
    page.fill("#mark-comment", "rotated")
    expect(page.locator("#mark-state")).to_contain_text("needs a verdict")
    open_film(page, films["image_id"].iloc[4])
    assert page.input_value("#mark-comment") == ""
    open_film(page, films["image_id"].iloc[3])
    assert page.input_value("#mark-comment") == "rotated"


def test_marks_are_there_at_the_next_visit(
    page: Page, films: pd.DataFrame, written: tuple[Path, Any]
) -> None:
    mark_three(page, films)
    later = page.context.new_page()
    later.goto(written[0].as_uri(), wait_until="load")
    expect(later.locator("#marks-said")).to_contain_text("3 marks of an earlier visit are back.")
    assert later.input_value("#mark-initials") == "AB"


def test_leaving_with_marks_that_are_not_exported_warns(
    page: Page, films: pd.DataFrame, tmp_path: Path
) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    mark_three(page, films)
    page.reload()
    assert asked == ["beforeunload"]
    page.wait_for_selector("#film-canvas[data-film]")
    page.click("#film-next")
    exported(page, tmp_path)
    page.reload()
    assert asked == ["beforeunload"]


def test_a_browser_that_keeps_nothing_says_so(
    browser: Browser, written: tuple[Path, pd.DataFrame], tmp_path: Path
) -> None:
    refuse = """Object.defineProperty(window, "localStorage", {
        get() { throw new DOMException("no", "SecurityError"); },
    });"""
    page = visited(browser, written[0], refuse)
    assert page.is_visible("#marks-unkept")
    page.keyboard.press("p")
    assert len(exported(page, tmp_path)) == 1
    assert page.complaints == []  # type: ignore[attr-defined]
    page.context.close()


def test_import_tells_what_it_did_with_each_row(
    page: Page, films: pd.DataFrame, tmp_path: Path
) -> None:
    marked, free, moved = (films.iloc[number] for number in (10, 11, 12))
    open_film(page, marked["image_id"])
    page.keyboard.press("a")
    base = dict.fromkeys(COLUMNS, "") | {"verdict": "poor_film", "model": "other"}
    other = "NORMAL" if moved["label"] == "PNEUMONIA" else "PNEUMONIA"
    rows = [
        base | {"image_id": marked["image_id"], "label_seen": marked["label"]},
        base | {"image_id": free["image_id"], "label_seen": free["label"]},
        base | {"image_id": moved["image_id"], "label_seen": other},
        base | {"image_id": "f" * 64, "path": "elsewhere.png", "comment": "kept"},
        base | {"image_id": free["image_id"], "verdict": "perhaps"},
    ]
    path = tmp_path / "earlier.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8-sig")
    page.set_input_files("#marks-import", path)
    said = page.locator("#marks-said")
    for words in (
        "Taken: 2.",
        "1 film had another label",
        "1 film already marked here",
        "1 film not on this page: kept",
        "Not taken: 1 row with",
    ):
        expect(said).to_contain_text(words)
    found = exported(page, tmp_path).set_index("image_id")
    assert len(found) == 4
    assert found.loc["f" * 64, ["path", "comment", "model"]].tolist() == [
        "elsewhere.png",
        "kept",
        "other",
    ]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", 'image_id,path\n"open'])
def test_a_foreign_file_is_refused_with_words(page: Page, tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text, encoding="utf-8")
    page.set_input_files("#marks-import", path)
    expect(page.locator("#marks-said")).to_contain_text("The file was not taken")
    expect(page.locator("#marks-count")).to_have_text("No mark yet.")


def test_hostile_names_survive_the_round_trip(
    page: Page, films: pd.DataFrame, tmp_path: Path
) -> None:
    for image_id in films["image_id"].iloc[: len(HOSTILE_NAMES)]:
        open_film(page, image_id)
        page.keyboard.press("p")
    found = exported(page, tmp_path)["path"].str.removeprefix("'")
    assert set(found) == set(HOSTILE_NAMES)
