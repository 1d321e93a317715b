"""Images are known by suffix, junk by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.examination.file_names import could_be_image, folders_of, is_image, is_junk


@pytest.mark.parametrize(
    "path",
    [
        ".DS_Store",
        "chest_xray/.DS_Store",
        "__MACOSX/chest_xray/train/NORMAL/._IM-0001-0001.jpeg",
        "__MACOSX/chest_xray/train/NORMAL/IM-0001-0001.jpeg",
        "a/.ipynb_checkpoints/x-checkpoint.jpeg",
        "a/.hidden.png",
        "a/Thumbs.db",
        "desktop.ini",
        "NORMAL/Icon\r",
    ],
)
def test_files_of_the_operating_system_are_junk(path: str) -> None:
    assert is_junk(path)


@pytest.mark.parametrize("folder", ["@eaDir/a.png", "__pycache__", "$RECYCLE.BIN", "NORMAL/@eaDir"])
def test_files_of_a_device_or_a_trash_folder_are_junk(folder: str) -> None:
    assert is_junk(f"{folder}/SYNOPHOTO_THUMB_XL.jpg")


@pytest.mark.parametrize(
    "path", ["a.jpeg", "MACOSX/a.jpeg", "a/b.c/d.png", "./a.png", "Icon.png", "a/icon"]
)
def test_films_are_not_junk(path: str) -> None:
    assert not is_junk(path)


def test_images_are_known_by_suffix_in_upper_and_lower_case() -> None:
    films = [
        "a.JPG", "b.Jpeg", "c.png", "d.TIF", "e.tiff", "f.bmp", "g.webp", "h.dcm", "i.DICOM",
    ]  # fmt: skip
    others = ["a.txt", "jpeg", "b.xlsx", "c.png.zip", ".png/x", ".png", "d.", "x/dcm", "e.csv"]
    assert all(map(is_image, films))
    assert not any(map(is_image, others))


@given(st.text(max_size=40))
def test_any_text_is_accepted_as_a_path(path: str) -> None:
    assert all("/" not in name and name not in ("", ".") for name in folders_of(path))
    assert isinstance(is_image(path) or is_junk(path), bool)


def test_only_a_suffix_of_another_kind_says_that_a_file_is_no_picture() -> None:
    films = ["a.jfif", "b.JPE", "c.jp2", "IM0001", "1.2.840.113", "d.0001", "e.xyz", "f.gif", "g."]
    others = [
        "a.csv", "b.XLSX", "c.txt", "d.json", "e.png.zip", "f.npy", "README", "set/LICENSE",
        "DICOMDIR",
    ]  # fmt: skip
    assert all(map(could_be_image, [*films, "a.png", "b.dcm"]))
    assert not any(map(could_be_image, others))
