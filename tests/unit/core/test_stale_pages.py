import os
from pathlib import Path

import pytest
import yaml

from tasks.core import paths
from tasks.core.atomic import write_text
from tasks.core.html.templating import render_template
from tasks.core.stale_pages import mark_pages
from tests.films import ROOT

MODELS = ("ann", "cnn4")
OTHER = paths.external_validation_html("clinic")
PAGES = (paths.INDEX, paths.VALIDATION_HTML, paths.LABELS_HTML, OTHER, *map(paths.page, MODELS))


@pytest.fixture(autouse=True)
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """A page at the place of each page of the real pipeline with two models and a cohort."""
    monkeypatch.chdir(tmp_path)
    write_text(paths.PIPELINE, (ROOT / "dvc.yaml").read_text(encoding="utf-8"))
    params = {"models": list(MODELS), "evaluate": {"external": {"clinic": "films"}}}
    write_text(paths.PARAMS, yaml.safe_dump(params))
    (tmp_path / "t.html.j2").write_text(
        '{% extends "base.html.j2" %}{% block title %}T{% endblock %}'
    )
    page = render_template(tmp_path, "t.html.j2", {})
    for place in PAGES:
        write_text(place, page)
    return page.encode()


def marked() -> set[Path]:
    return {page for page in PAGES if b'<section class="stale"' in page.read_bytes()}


@pytest.mark.parametrize(
    ("stage", "item", "expected"),
    [
        ("ingest", None, set(PAGES)),  # an external cohort is compared with the films of the source
        ("explain", "ann", {paths.page("ann"), paths.INDEX}),
        ("page", "cnn4", {paths.page("cnn4"), paths.INDEX}),
        ("report", None, {paths.INDEX}),
        ("explain", "unknown", set()),
        ("phantom", None, set()),
    ],
)
def test_a_stage_marks_the_pages_that_depend_on_it(
    stage: str, item: str | None, expected: set[Path]
) -> None:
    mark_pages(stage, item)
    assert marked() == expected


def test_a_page_of_a_program_is_not_taken_for_one_that_no_stage_writes_any_more(
    pages: bytes,
) -> None:
    write_text(paths.GATE_HTML, pages.decode())
    mark_pages("ingest")
    assert paths.GATE_HTML.read_bytes() == pages


@pytest.mark.parametrize(
    ("stage", "item", "page"),
    [("evaluate-labels", None, paths.LABELS_HTML), ("validate-external", "clinic", OTHER)],
)
def test_a_stage_marks_its_own_page(stage: str, item: str | None, page: Path) -> None:
    mark_pages(stage, item)
    assert page in marked()
    assert paths.VALIDATION_HTML not in marked()


def test_the_mark_names_the_stage_and_stands_first(pages: bytes) -> None:
    mark_pages("explain", "ann")
    before, _, after = paths.page("ann").read_bytes().partition(b"<body>\n")
    mark, _, rest = after.partition(b"</section>\n")
    assert b"stage <code>explain@ann</code> has started again" in mark
    assert before + b"<body>\n" + rest == pages


def test_a_marked_page_keeps_its_first_mark() -> None:
    mark_pages("explain", "ann")
    first = paths.page("ann").read_bytes()
    mark_pages("page", "ann")
    assert paths.page("ann").read_bytes() == first


def test_a_page_of_a_removed_model_says_so() -> None:
    write_text(paths.PARAMS, yaml.safe_dump({"models": ["ann"], "evaluate": {"external": {}}}))
    mark_pages("report")
    assert marked() == {paths.INDEX, paths.page("cnn4"), OTHER}
    assert b"no stage writes this page any more" in paths.page("cnn4").read_bytes()


def test_pages_of_others_stay_as_they_are(pages: bytes) -> None:
    foreign = pages.replace(b"Lungline", b"Another")
    Path("reports/notes.html").write_bytes(foreign)
    mark_pages("ingest")
    assert Path("reports/notes.html").read_bytes() == foreign


@pytest.mark.parametrize("link", ["symlink_to", "hardlink_to"])
def test_a_link_into_the_cache_is_replaced_and_its_target_stays(pages: bytes, link: str) -> None:
    target = Path("cached").absolute()
    target.write_bytes(pages)
    target.chmod(0o444)
    paths.INDEX.unlink()
    getattr(paths.INDEX, link)(target)
    mark_pages("report")
    assert target.read_bytes() == pages
    assert paths.INDEX in marked()
    assert not paths.INDEX.is_symlink()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_page_that_cannot_be_replaced_is_named(caplog: pytest.LogCaptureFixture) -> None:
    paths.INDEX.parent.chmod(0o555)
    mark_pages("report")
    paths.INDEX.parent.chmod(0o755)
    assert "cannot mark reports/index.html as out of date" in caplog.text


def test_a_broken_pipeline_marks_nothing_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    paths.PIPELINE.write_text("stages: [")
    mark_pages("report")
    assert marked() == set()
    assert "cannot read dvc.yaml" in caplog.text


def test_without_a_pipeline_nothing_is_marked() -> None:
    paths.PIPELINE.unlink()
    mark_pages("report")
    assert marked() == set()


def test_a_page_of_a_program_is_not_gone(pages: bytes) -> None:
    write_text(paths.MONITOR_HTML, pages.decode())
    mark_pages("ingest")
    assert paths.MONITOR_HTML.read_bytes() == pages


def test_a_page_in_a_folder_that_a_stage_writes_is_marked_only_by_stages_before_it(
    pages: bytes,
) -> None:
    page = Path("reports/compliance/index.html")
    write_text(page, pages.decode())
    mark_pages("monitor-reference")
    assert page.read_bytes() == pages
    mark_pages("report-compliance")
    assert b'<section class="stale"' in page.read_bytes()
