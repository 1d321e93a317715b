"""Links from each page to the other ones."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from tasks.core import paths


@dataclass(frozen=True)
class SiteLink:
    """A link to a page.

    address: relative to the folder of the page that holds the link. is_current: it is that page.
    """

    title: str
    address: str
    is_current: bool


def site_links(
    page: Path, models: Sequence[str] = (), cohorts: Sequence[str] = ()
) -> list[SiteLink]:
    """Links to all pages of a run, for the template variable `site`.

    Args:
        page: The page that holds the links, for example `paths.INDEX`.
        models: Networks whose pages are linked. A stage that does not depend on `models` of
            params.yaml gives none; its readers find the networks on the index.
        cohorts: External cohorts whose validation is linked.

    Example:
        >>> [link.address for link in site_links(paths.page("ann"), ["ann"])][:2]
        ['index.html', 'ann.html']
    """
    targets = [
        ("All networks", paths.INDEX),
        *((model, paths.page(model)) for model in models),
        ("Validation", paths.VALIDATION_HTML),
        *((f"Validation of {name}", paths.external_validation_html(name)) for name in cohorts),
        ("Labels", paths.LABELS_HTML),
        ("Compliance", paths.COMPLIANCE_HTML),
    ]
    return [
        SiteLink(title, relative_address(page, target), page == target) for title, target in targets
    ]


def relative_address(page: Path, target: Path) -> str:
    """Address of a page or file as a link on another page.

    Example:
        >>> relative_address(Path("reports/external/a/validation.html"), Path("reports/index.html"))
        '../../index.html'
    """
    return quote(posixpath.relpath(target.as_posix(), page.parent.as_posix()))
