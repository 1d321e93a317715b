"""Thumbnails of the films that the page lists, as PNG inside the page."""

import io
from collections.abc import Mapping
from typing import Any

import pandas as pd
from PIL import Image

from tasks.core.errors import ImageStoreError
from tasks.core.html.inline_pictures import Picture, data_uri
from tasks.core.image_store.store import ImageStore

_MAX_PICTURES = 360  # about 4 kB each, so the page stays below 3 MB
_PATH_COLUMNS = ("path", "other_path", "same_pixels_as", "nearly_the_same_as")


def listed_paths(result: Mapping[str, Any]) -> list[str]:
    """Paths of the files that the page lists, each once, the most important first.

    Rows of failed expectations come first, then pairs, then rejected files.
    """
    failed = [row for row in result["expectations"] if not row["passed"]]
    failed.sort(key=lambda row: str(row["severity"]))  # error before warning
    rows = [row for expectation in failed for row in expectation["rows"]]
    rows += result["pairs"]
    rows += [row for rejected in result["rejected_rows"].values() for row in rejected]
    named = [row[key] for row in rows for key in _PATH_COLUMNS if row.get(key) is not None]
    return list(dict.fromkeys(named))


def thumbnail_pictures(
    result: Mapping[str, Any], films: pd.DataFrame, thumbnails: ImageStore
) -> dict[str, Picture]:
    """Thumbnails of the listed files by path, at most 360.

    Args:
        result: Result of `build_validation_result`.
        films: One row per file, columns `path` and `image_id`.
        thumbnails: Store that ingest wrote; a file that could not be decoded has no thumbnail.
    """
    wanted = listed_paths(result)
    known = films.loc[films["path"].isin(wanted), ["path", "image_id"]].dropna()
    image_id = known.drop_duplicates("path").set_index("path")["image_id"]
    pictures: dict[str, Picture] = {}
    for path in wanted:
        if len(pictures) == _MAX_PICTURES:
            break
        if path in image_id.index:
            picture = _picture(thumbnails, str(image_id[path]))
            if picture is not None:
                pictures[path] = picture
    return pictures


def _picture(thumbnails: ImageStore, image_id: str) -> Picture | None:
    try:
        pixels = thumbnails.read([image_id])[0, :, :, 0]
    except ImageStoreError:  # a file that could not be decoded
        return None
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG", optimize=True)
    return Picture(data_uri("image/png", content.getvalue()), pixels.shape[1], pixels.shape[0])
