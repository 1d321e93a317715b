"""Class names have one form; images are known by suffix, junk by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.layouts.path_facts import canonical_label, folders_of, is_image, is_junk


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        ("Viral Pneumonia", "VIRAL PNEUMONIA"),
        ("Viral_Pneumonia", "VIRAL PNEUMONIA"),
        (" viral  PNEUMONIA ", "VIRAL PNEUMONIA"),
        ("Lung_Opacity", "LUNG OPACITY"),
        ("Covid", "COVID"),
        ("COVID-19", "COVID-19"),
    ],
)
def test_class_names_have_one_form(folder: str, label: str) -> None:
    assert canonical_label(folder) == label


@given(st.text(max_size=30))
def test_the_canonical_form_does_not_change_again(text: str) -> None:
    assert canonical_label(canonical_label(text)) == canonical_label(text)


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
