"""Layout `radiography`: classes of the old and the new version are read; masks are not films."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.layouts.path_facts import PathFacts
from tasks.ingest.layouts.radiography import Radiography, parse_radiography_name
from tests.unit.ingest.layouts.listing import layout_of

OLD = [
    "COVID-19 Radiography Database/COVID-19/COVID-19 (1).png",
    "COVID-19 Radiography Database/COVID-19/COVID-19(204).png",
    "COVID-19 Radiography Database/NORMAL/NORMAL (12).png",
    "COVID-19 Radiography Database/Viral Pneumonia/Viral Pneumonia (1345).png",
]
NEW_FOLDERS = ("COVID", "Normal", "Lung_Opacity", "Viral Pneumonia")
NEW = [
    f"COVID-19_Radiography_Dataset/{folder}/{kind}/{folder}-1.png"
    for folder in NEW_FOLDERS
    for kind in ("images", "masks")
]
MIRROR = ["COVID/COVID-1.png", "Normal/Normal-10192.png"]  # a copy without images/ and masks/
BESIDE = [
    "COVID-19_Radiography_Dataset/COVID.metadata.xlsx",
    "COVID-19_Radiography_Dataset/README.md.txt",
]
CANONICAL = {
    "COVID": "COVID",
    "COVID-19": "COVID",
    "Normal": "NORMAL",
    "NORMAL": "NORMAL",
    "Lung_Opacity": "LUNG OPACITY",
    "Viral Pneumonia": "VIRAL PNEUMONIA",
}


@given(st.sampled_from(sorted(CANONICAL)), st.integers(0, 99_999))
def test_every_name_of_both_versions_states_its_class(label: str, number: int) -> None:
    for name in (f"{label} ({number}).png", f"{label}({number}).JPG", f"{label}-{number}"):
        assert parse_radiography_name(name) == CANONICAL[label]


@given(st.sampled_from(["", "COVID-", "COVID-19 (", "Normal-"]), st.text(max_size=20))
def test_any_name_is_accepted(start: str, text: str) -> None:
    assert parse_radiography_name(f"{start}{text}") in {None, *CANONICAL.values()}


@pytest.mark.parametrize(
    "name",
    [
        "COVID-1.png.tmp",
        "COVID-00001a.png",
        "COVID 1.png",
        "COVID-19.1.png",
        "Tumour-1.png",
        "1.png",
    ],
)
def test_a_name_with_a_small_error_states_no_class(name: str) -> None:
    assert parse_radiography_name(name) is None


def test_the_old_version_is_read() -> None:
    layout = layout_of(OLD)
    assert layout.name == "radiography"
    assert [layout.path_facts(path) for path in OLD] == [
        PathFacts("COVID"), PathFacts("COVID"), PathFacts("NORMAL"), PathFacts("VIRAL PNEUMONIA")
    ]  # fmt: skip


def test_the_new_version_is_read_and_its_masks_are_not_films() -> None:
    layout = layout_of([*NEW, *BESIDE])
    assert layout.name == "radiography"
    labels = ["COVID", "NORMAL", "LUNG OPACITY", "VIRAL PNEUMONIA"]
    assert [layout.path_facts(path) for path in NEW[0::2]] == [PathFacts(label) for label in labels]
    assert [layout.path_facts(path) for path in NEW[1::2]] == [
        PathFacts(label, rejected="mask") for label in labels
    ]
    assert [layout.path_facts(path) for path in BESIDE] == [PathFacts(), PathFacts()]


def test_copies_without_image_folders_are_read() -> None:
    layout = layout_of(MIRROR)
    assert layout.name == "radiography"
    assert [layout.path_facts(path).label for path in MIRROR] == ["COVID", "NORMAL"]


def test_a_mask_beside_the_classes_has_no_class() -> None:
    mask = "set/masks/COVID-1.png"
    layout = layout_of(["set/COVID/COVID-1.png", "set/Normal/Normal-1.png", mask])
    assert layout.name == "radiography"
    assert layout.path_facts(mask) == PathFacts(rejected="mask")


def test_split_folders_of_a_user_are_read() -> None:
    paths = ["db/train/COVID-19/COVID-19 (1).png", "db/test/NORMAL/NORMAL (1).png"]
    layout = layout_of(paths)
    assert layout.name == "radiography"
    assert [layout.path_facts(path).given_split for path in paths] == ["train", "test"]


@pytest.mark.parametrize(
    "paths",
    [
        ["COVID/COVID-1.png"],
        ["COVID/1.png", "Normal/2.png"],
        ["COVID/Normal-1.png", "Normal/COVID-1.png"],
        [*MIRROR, "Tuberculosis/Tuberculosis-1.png"],
        [*MIRROR, "COVID/more/COVID-2.png"],
        ["COVID/masks/COVID-1.png", "Normal/masks/Normal-1.png"],
    ],
    ids=["one class", "other names", "crossed", "a class more", "deeper", "only masks"],
)
def test_other_trees_are_not_this_set(paths: list[str]) -> None:
    assert not Radiography(paths).recognises(paths)


def test_a_picture_above_the_class_folders_does_not_hide_the_layout() -> None:
    stray = ["cover.png", "COVID-19_Radiography_Dataset/sample.png"]
    layout = layout_of([*NEW, *stray])
    assert layout.name == "radiography"
    assert [layout.path_facts(path) for path in stray] == [PathFacts(), PathFacts()]
