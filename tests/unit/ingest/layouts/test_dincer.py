"""Layout `dincer`: Mooney's films under other names give the same facts."""

from collections import defaultdict
from pathlib import PurePosixPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.layouts.dincer import Dincer
from tasks.ingest.layouts.mooney import Mooney, parse_kermany_name
from tests.films import pack
from tests.unit.ingest.layouts.listing import files_below, layout_of

DINCER = [
    "chest_xray/train/NORMAL/NORMAL-1003233-0001.jpeg",
    "chest_xray/train/PNEUMONIA/BACTERIA-1008087-0001.jpeg",
    "chest_xray/test/NORMAL/NORMAL-11419-0001.jpeg",
    "chest_xray/test/PNEUMONIA/VIRUS-5660566-0009.jpeg",
]


@given(
    st.sampled_from(["NORMAL", "BACTERIA", "VIRUS"]),
    st.integers(0, 99_999_999),
    st.integers(1, 9999),
)
def test_every_name_gives_back_its_parts(family: str, number: int, film: int) -> None:
    subtype = {"NORMAL": None, "BACTERIA": "bacteria", "VIRUS": "virus"}[family]
    patient = f"{subtype or 'NORMAL'}:{number}"
    assert parse_kermany_name(f"{family}-{number}-{film:04d}.jpeg") == (subtype, patient)


@given(st.text(max_size=20))
def test_any_text_after_the_family_is_accepted(text: str) -> None:
    subtype, patient_id = parse_kermany_name(f"BACTERIA-{text}")
    assert (subtype is None) == (patient_id is None)


@pytest.mark.parametrize(
    "name",
    ["BACTERIA-1.jpeg", "BACTERIA-1-2-3.jpeg", "FUNGUS-1-0001.jpeg", "bacteria-1-0001.jpeg"],
)
def test_a_name_with_a_small_error_tells_nothing(name: str) -> None:
    assert parse_kermany_name(name) == (None, None)


def test_file_names_distinguish_the_tree_from_mooneys() -> None:
    layout = layout_of(DINCER)
    assert layout.name == "dincer"
    facts = [layout.path_facts(path) for path in DINCER]
    assert [fact.label for fact in facts] == ["NORMAL", "PNEUMONIA"] * 2
    assert [fact.subtype for fact in facts] == [None, "bacteria", None, "virus"]
    assert [fact.given_split for fact in facts] == ["train", "train", "test", "test"]
    assert [fact.patient_id for fact in facts] == [
        "NORMAL:1003233", "bacteria:1008087", "NORMAL:11419", "virus:5660566",
    ]  # fmt: skip


def test_the_majority_of_names_decides_and_both_forms_are_read() -> None:
    one = "chest_xray/train/PNEUMONIA/person1_virus_1.jpeg"
    two = "chest_xray/train/PNEUMONIA/person2_virus_2.jpeg"
    mixed = layout_of([*DINCER, one])
    assert mixed.name == "dincer"
    assert mixed.path_facts(one).patient_id == "virus:1"
    assert layout_of([*DINCER[:2], one, two]).name == "mooney"  # a tie
    assert layout_of([*DINCER[:2], one, two]).path_facts(DINCER[0]).patient_id == "NORMAL:1003233"


def test_the_second_copy_of_a_tree_is_a_nested_copy_here_too() -> None:
    nested = [f"chest_xray/{path}" for path in DINCER]
    layout = layout_of([*DINCER, *nested])
    assert [layout.path_facts(path).rejected for path in nested] == ["nested_copy"] * 4


def test_dincers_names_in_another_tree_are_not_this_layout() -> None:
    paths = ["NORMAL/NORMAL-1-0001.jpeg", "PNEUMONIA/VIRUS-1-0001.jpeg"]
    assert not Dincer(paths).recognises(paths)
    assert layout_of(paths).name == "class_folders"
    assert layout_of(paths).path_facts(paths[1]).patient_id == "virus:1"


def renamed(paths: list[str]) -> dict[str, str]:
    """Dincer's path for each of Mooney's; patients get random numbers."""
    films: dict[tuple[str, str | None], list[str]] = defaultdict(list)
    for path in paths:
        subtype, patient_id = parse_kermany_name(PurePosixPath(path).name)
        films[((subtype or "normal").upper(), patient_id)].append(path)
    numbers = np.random.default_rng(0).choice(10_000_000, len(films), replace=False)
    return {
        path: str(PurePosixPath(path).parent / f"{family}-{number}-{film:04d}.jpeg")
        for ((family, _), group), number in zip(films.items(), numbers, strict=True)
        for film, path in enumerate(group, start=1)
    }


@pytest.mark.parametrize("name", ["kermany-224", "kermany-original"])
def test_renamed_films_give_the_same_cohort_up_to_names(name: str) -> None:
    paths = files_below(pack(name))
    new_names = renamed(paths)
    mooney, dincer = layout_of(paths), layout_of(sorted(new_names.values()))
    assert (mooney.name, dincer.name) == ("mooney", "dincer")
    new_keys: dict[str | None, set[str | None]] = defaultdict(set)
    old_keys: dict[str | None, set[str | None]] = defaultdict(set)
    for old, new in new_names.items():
        before, after = mooney.path_facts(old), dincer.path_facts(new)
        assert (before.label, before.subtype, before.given_split, before.rejected) == (
            after.label, after.subtype, after.given_split, after.rejected
        )  # fmt: skip
        new_keys[before.patient_id].add(after.patient_id)
        old_keys[after.patient_id].add(before.patient_id)
    assert all(len(keys) == 1 for keys in (*new_keys.values(), *old_keys.values()))


def test_a_mooney_tree_is_not_dincers() -> None:
    paths = [
        "chest_xray/train/NORMAL/IM-0001-0001.jpeg",
        "chest_xray/train/PNEUMONIA/person1_virus_1.jpeg",
    ]
    assert Mooney(paths).recognises(paths)
    assert not Dincer(paths).recognises(paths)
