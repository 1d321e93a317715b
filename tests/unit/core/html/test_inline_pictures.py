from pathlib import Path

import pytest
from PIL import Image

from tasks.core.html.inline_pictures import PictureError, inline_jpeg, inline_png


def test_png_is_inlined_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    Image.new("L", (7, 5)).save(path)

    picture = inline_png(path)

    assert (picture.width_px, picture.height_px) == (7, 5)
    assert picture.uri.startswith("data:image/png;base64,iVBORw0KGgo")


def test_file_that_is_not_a_png_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(PictureError, match="must be a PNG file"):
        inline_png(path)


def test_jpeg_is_inlined_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "films.jpg"
    Image.new("L", (7, 5)).save(path)

    picture = inline_jpeg(path)

    assert (picture.width_px, picture.height_px) == (7, 5)
    assert picture.uri.startswith("data:image/jpeg;base64,/9j/")
