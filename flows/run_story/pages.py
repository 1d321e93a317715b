"""Addresses of the report pages.

A browser does not open a file from a page that came by HTTP, and Prefect uploads nothing. So the
story names each page as a file, and as a link if LUNGLINE_REPORTS_URL says where a web server shows
the folder `reports/`: `python -m http.server --directory reports` is enough.
"""

import os
from pathlib import Path

from tasks.core import paths

REPORTS_URL = "LUNGLINE_REPORTS_URL"
# The pages that a reader wants first; those that are there are named
PAGES = {
    "report": paths.INDEX,
    "validation": paths.VALIDATION_HTML,
    "gate": paths.GATE_HTML,
}


def page_lines(root: Path) -> list[str]:
    """Return one line of Markdown for each page that exists."""
    lines = []
    pages = PAGES | {path.stem: path.relative_to(root) for path in _model_pages(root)}
    for name, page in pages.items():
        if (root / page).is_file():
            lines.append(f"- {name}: {_address(root, page)}")
    return lines


def _model_pages(root: Path) -> list[Path]:
    """Page of each model that has metrics."""
    names = sorted(path.parent.name for path in root.glob(paths.metrics("*").as_posix()))
    return [root / paths.page(name) for name in names]


def _address(root: Path, page: Path) -> str:
    file = f"`{root / page}`"
    base = os.environ.get(REPORTS_URL)
    if not base:
        return file
    inside = page.relative_to(paths.INDEX.parent).as_posix()
    return f"[{base.rstrip('/')}/{inside}]({base.rstrip('/')}/{inside}), {file}"
