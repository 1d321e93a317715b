"""Class names have one form; masks are known by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.params.class_name import canonical_label
from tasks.ingest.layouts.path_facts import is_mask


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
