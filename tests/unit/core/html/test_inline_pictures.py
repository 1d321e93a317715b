from pathlib import Path

import pytest
from PIL import Image

from tasks.core.html.inline_pictures import (
    PictureError,
    inline_jpeg,
    inline_png,
    opened_picture,
)


def test_png_is_inlined_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    Image.new("L", (7, 5)).save(path)

    picture = inline_png(path)

    assert (picture.width_px, picture.height_px) == (7, 5)
    assert picture.uri.startswith("data:image/png;base64,iVBORw0KGgo")


def test_file_that_is_not_a_png_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.png"
    path.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(PictureError, match="must be a whole PNG file"):
        inline_png(path)


def test_jpeg_is_inlined_with_its_size(tmp_path: Path) -> None:
    path = tmp_path / "films.jpg"
    Image.new("L", (7, 5)).save(path)

    picture = inline_jpeg(path)

    assert (picture.width_px, picture.height_px) == (7, 5)
    assert picture.uri.startswith("data:image/jpeg;base64,/9j/")


@pytest.mark.parametrize("size", [0, 60, -1])
def test_a_jpeg_that_was_cut_is_refused_by_name(tmp_path: Path, size: int) -> None:
    path = tmp_path / "films.jpg"
    Image.new("L", (70, 50)).save(path)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(PictureError, match="no whole JPEG file") as refusal:
        inline_jpeg(path)
    assert refusal.value.where == str(path)


def test_a_picture_that_cannot_be_decoded_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "overlay.png"
    Image.effect_noise((70, 50), 40).save(path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PictureError) as refusal, opened_picture(path, "PNG") as picture:
        picture.convert("L")
    assert refusal.value.where == str(path)


def test_an_absent_picture_stays_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), opened_picture(tmp_path / "gone.png", "PNG"):
        pass
