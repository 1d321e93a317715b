"""Layout `covid_qu_ex`: two trees of splits and classes, with masks beside the films."""

import pytest

from tasks.ingest.layouts.covid_qu_ex import CovidQuEx
from tests.unit.ingest.layouts.listing import layout_of

CLASSES = {"COVID-19": "covid_1", "Non-COVID": "non_COVID (1)", "Normal": "Normal (1)"}


def tree(kind: str, split: str, masks: tuple[str, ...]) -> list[str]:
    top = f"COVID-QU-Ex/{kind} Segmentation Data/{kind} Segmentation Data/{split}"
    return [
        f"{top}/{folder}/{inner}/{name}.png"
        for folder, name in CLASSES.items()
        for inner in ("images", *masks)
    ]


LUNG = tree("Lung", "Train", ("lung masks",))
INFECTION = tree("Infection", "Test", ("lung masks", "infection masks"))


def test_splits_and_classes_are_read_and_no_patients() -> None:
    films = [path for path in LUNG if "/images/" in path]
    layout = layout_of(LUNG)
    facts = [layout.path_facts(path) for path in films]
    assert layout.name == "covid_qu_ex"
    assert [fact.label for fact in facts] == ["COVID", "NON-COVID", "NORMAL"]
    assert {(fact.given_split, fact.patient_id, fact.rejected) for fact in facts} == {
        ("train", None, None)
    }


@pytest.mark.parametrize("paths", [LUNG, INFECTION, [*LUNG, *INFECTION]])
def test_lung_masks_and_infection_masks_are_no_films(paths: list[str]) -> None:
    layout = layout_of(paths)
    masks = [path for path in paths if "masks/" in path]
    assert layout.name == "covid_qu_ex"
    assert {layout.path_facts(path).rejected for path in masks} == {"mask"}


def test_the_second_copy_of_a_film_is_left_out_whatever_its_split() -> None:
    other = INFECTION[0].replace("covid_1", "covid_2")
    layout = layout_of([*LUNG, *INFECTION, other])
    films = [path for path in INFECTION if "/images/" in path]
    assert {layout.path_facts(path).rejected for path in films} == {"nested_copy"}
    assert layout.path_facts(other).rejected is None
    assert layout.path_facts(LUNG[0]).rejected is None


def test_the_infection_tree_alone_is_read() -> None:
    films = [path for path in INFECTION if "/images/" in path]
    layout = layout_of(INFECTION)
    assert [layout.path_facts(path).label for path in films] == ["COVID", "NON-COVID", "NORMAL"]
    assert {layout.path_facts(path).given_split for path in films} == {"test"}


def test_another_class_or_none_of_these_is_another_set() -> None:
    more = [LUNG[0].replace("COVID-19", "Tuberculosis"), *LUNG]
    assert not CovidQuEx(more).recognises(more)
    assert not CovidQuEx(LUNG[:4]).recognises(LUNG[:4])
