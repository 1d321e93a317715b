"""Class names have one form; images are known by suffix, junk by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.path_facts import could_be_image, folders_of, is_image, is_junk, is_mask


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


@pytest.mark.parametrize(
    "path",
    [
        "COVID/masks/1.png", "lung masks/1.png", "Lung_Masks/1.png", "masks_png/1.png",
        "ManualMask/leftMask/1.png", "lungmasks/1.png", "infection masks/a/1.png", "mask1/1.png",
        "segmentation/1.png", "COVID/annotations/1.png", "ground_truth/1.png", "a/1_mask.png",
        "CHNCXR_0001_0_mask.png",
    ],
)  # fmt: skip
def test_whatever_is_named_as_a_mask_is_one(path: str) -> None:
    assert is_mask(path)


@pytest.mark.parametrize(
    "path",
    [
        "Lung Segmentation Data/1.png", "annotated/1.png", "masked/1.png", "segment/1.png",
        "maskless/1.png", "a/1.png", "background/1.png",
    ],
)  # fmt: skip
def test_a_word_that_only_begins_as_mask_is_no_mask(path: str) -> None:
    assert not is_mask(path)
