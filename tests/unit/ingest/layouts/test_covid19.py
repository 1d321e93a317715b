"""Layout `covid19`: three classes in split folders; a name tells no patient."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.layouts.covid19 import Covid19
from tasks.ingest.layouts.path_facts import PathFacts
from tests.unit.ingest.layouts.listing import layout_of

NAMES = [
    "01.jpeg", "COVID-00022.jpg", "COVID-00003b.jpg", "010.png",
    "auntminnie-a-2020_01_28_23_51_6665_2020_01_28_Vietnam_coronavirus.jpeg",
    "radiopaedia-2019-novel-coronavirus-infected-pneumonia.jpg",
]  # fmt: skip
COVID19 = [
    f"Covid19-dataset/{split}/{folder}/{name}"
    for split in ("train", "test")
    for folder in ("Covid", "Normal", "Viral Pneumonia")
    for name in NAMES
]


def test_classes_and_splits_are_read_but_no_patients() -> None:
    layout = layout_of(COVID19)
    assert layout.name == "covid19"
    assert [layout.path_facts(path) for path in COVID19] == [
        PathFacts(label, given_split=split)
        for split in ("train", "test")
        for label in ("COVID", "NORMAL", "VIRAL PNEUMONIA")
        for _ in NAMES
    ]


@given(st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1))
def test_only_the_folders_tell_class_and_split(name: str) -> None:
    path = f"Covid19-dataset/val/Viral Pneumonia/{name}"
    assert Covid19([path]).path_facts(path) == PathFacts("VIRAL PNEUMONIA", given_split="val")


def test_a_name_of_kermanys_form_tells_no_patient() -> None:
    path = "Covid19-dataset/train/Normal/IM-0001-0001.jpeg"
    assert Covid19([path]).path_facts(path).patient_id is None


@pytest.mark.parametrize(
    "paths",
    [
        [path for path in COVID19 if "/Normal/" not in path],
        [*COVID19, "Covid19-dataset/train/Tumour/1.png"],
        [*COVID19, "Covid19-dataset/train/1.png"],
        [path.replace("/train", "").replace("/test", "") for path in COVID19],
    ],
    ids=["two classes", "four classes", "no class", "no splits"],
)
def test_other_trees_are_not_this_set(paths: list[str]) -> None:
    assert not Covid19(paths).recognises(paths)


def test_a_picture_beside_the_splits_does_not_hide_the_layout() -> None:
    layout = layout_of(["Covid19-dataset/sample.png", *COVID19])
    assert layout.name == "covid19"
    assert layout.path_facts("Covid19-dataset/sample.png") == PathFacts()
