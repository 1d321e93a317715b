"""Pictures for the page: thumbnails of the films that it names, as PNG inside the page."""

import io
from collections.abc import Mapping
from typing import Any

import pandas as pd
from PIL import Image

from tasks.core.errors import ImageStoreError
from tasks.core.html.inline_pictures import Picture, data_uri
from tasks.core.image_store.store import ImageStore

MAX_PICTURES = 360  # about 4 kB each: the page stays well under 3 MB
PATHS = ("path", "other_path", "same_pixels_as", "nearly_the_same_as")


def paths_shown(verdict: Mapping[str, Any]) -> list[str]:
    """Files that the page names with a picture, in the order of their weight, each once.

    What broke comes first, then pairs, then rejected files.
    """
    broken = [one for one in verdict["expectations"] if not one["passed"]]
    broken.sort(key=lambda one: str(one["severity"]))  # error before warning
    rows = [row for one in broken for row in one["rows"]]
    rows += verdict["pairs"]
    rows += [row for some in verdict["rejected_rows"].values() for row in some]
    named = [row[key] for row in rows for key in PATHS if row.get(key) is not None]
    return list(dict.fromkeys(named))


def draw_pictures(
    verdict: Mapping[str, Any], films: pd.DataFrame, thumbnails: ImageStore
) -> dict[str, Picture]:
    """The first MAX_PICTURES thumbnails that the page asks for, by path.

    Args:
        verdict: From `verdict.build_verdict`.
        films: One row per file with `path` and `image_id`.
        thumbnails: As ingest wrote them; files that could not be decoded have none.
    """
    wanted = paths_shown(verdict)
    known = films.loc[films["path"].isin(wanted), ["path", "image_id"]].dropna()
    image_id = known.drop_duplicates("path").set_index("path")["image_id"]
    pictures: dict[str, Picture] = {}
    for path in wanted:
        if len(pictures) == MAX_PICTURES:
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
