"""A mark on its whole way: page, exported file, `ingest`, and the index that says who and why."""

import shutil
from pathlib import Path

import pytest

from tasks.core import paths
from tasks.core.tables import MANIFEST_SCHEMA, read_table
from tests.browsed_cases import write_case_page
from tests.films import mooney_files, run_stage, workspace, write_tree
from tests.index_state import write_index
from tests.interactive_page import CHROMIUM, chromium

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no `chromium` on PATH"),
    pytest.mark.slow,
]
COMMENTS = ("'=left base, seen twice", "rotated; a corner is missing")


def exported_marks(page_file: Path, folder: Path, ids: list[str]) -> None:
    """Call the first film wrong and the second one poor, and export both marks to the folder."""
    with chromium() as browser:
        page = browser.new_page()
        page.goto(page_file.as_uri(), wait_until="load")
        page.fill("#mark-initials", "AB")
        for image_id, verdict, text in zip(
            ids, ("wrong_label", "poor_film"), COMMENTS, strict=True
        ):
            page.evaluate("address => { location.hash = address; }", f"film={image_id}")
            page.wait_for_selector(f"#film-canvas[data-film='{image_id}']")
            page.fill("#mark-comment", text)
            page.click(f"[data-verdict='{verdict}']")
            if verdict == "wrong_label":
                page.select_option("#mark-class", "PNEUMONIA")
        with page.expect_download() as download:
            page.click("#marks-export")
        download.value.save_as(folder / "ab.csv")


def test_marks_of_the_page_are_applied_and_told_in_the_index(tmp_path: Path) -> None:
    write_tree(tmp_path / "source", mooney_files(6))
    run = workspace(tmp_path / "run", ingest={"source": "../source"})
    assert run_stage("ingest", run).returncode == 0
    manifest = read_table(MANIFEST_SCHEMA, run / paths.MANIFEST)
    films = manifest[manifest["label"] == "NORMAL"].head(2)
    (tmp_path / "page").mkdir()
    page_file, _ = write_case_page(tmp_path / "page", real=films)
    exported_marks(page_file, run / "data/corrections", films["image_id"].tolist())

    again = run_stage("ingest", run)

    assert again.returncode == 0, again.stderr
    after = read_table(MANIFEST_SCHEMA, run / paths.MANIFEST).set_index("image_id")
    first, second = films["image_id"]
    assert after.loc[first, "label"] == "PNEUMONIA"
    assert after.loc[second, "reason"] == "excluded_by_reviewer"
    index = told_by_the_index(tmp_path / "index", run / paths.CORRECTIONS)
    assert "Reviewers marked 2 films: 1 relabelled, 1 excluded" in index
    for words in ("AB", "&#39;=left base, seen twice", COMMENTS[1], *films["path"]):
        assert words in index


def told_by_the_index(root: Path, corrections: Path) -> str:
    """Section on corrections of an index that reads them; spaces are plain ones."""
    root.mkdir()
    write_index(root)
    shutil.copy(corrections, root / paths.CORRECTIONS)
    done = run_stage("report", root)
    assert done.returncode == 0, done.stderr
    index = (root / paths.INDEX).read_text(encoding="utf-8").replace("&nbsp;", " ")
    return index.partition('<section id="corrections"')[2].partition("</section>")[0]
