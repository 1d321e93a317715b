"""reports/labels.html: the listed films with their pictures, for people who know films."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from tasks.core import paths
from tasks.core.html.inline_pictures import Picture, data_uri
from tasks.core.html.site_links import site_links
from tasks.core.html.templating import render_template
from tasks.core.image_store.store import Pixels
from tasks.core.provenance import Provenance

_TEMPLATES = Path(__file__).parents[1] / "templates"
_SPLIT_TITLES = {"train": "training", "val": "validation", "test": "test"}


def render_label_page(
    audit: Mapping[str, Any], squares: Mapping[str, Pixels], provenance: Provenance
) -> str:
    """Render the page.

    Args:
        audit: Result of `audit_labels`.
        squares: By `image_id`, the (H, W) uint8 square of each listed film.
        provenance: Where the page comes from.

    Returns:
        HTML with its stylesheet and pictures inside; all text from the data is escaped.
    """
    context = {
        "site": site_links(paths.LABELS_HTML),
        "provenance": provenance,
        "audit": audit,
        "splits": _SPLIT_TITLES,
        "pictures": {image_id: png_of_square(square) for image_id, square in squares.items()},
        "n_test": sum(film["split"] == "test" for film in audit["listed"]),
    }
    return render_template(_TEMPLATES, "labels.html.j2", context)


def png_of_square(square: Pixels) -> Picture:
    """A square (H, W) uint8 as a PNG file inside the page, at its own size."""
    content = io.BytesIO()
    Image.fromarray(square).save(content, "PNG", optimize=True)
    return Picture(data_uri("image/png", content.getvalue()), square.shape[1], square.shape[0])
