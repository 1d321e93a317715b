"""Classes of a cohort are mapped by what is stated, then by name, then by the label schemes."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.class_mapping import check_stated_classes, map_classes
from tasks.core.errors import ParamsError
from tasks.core.labels import BINARY, SUBTYPE

BINARY_HOME = ["NORMAL", "PNEUMONIA"]
NAMES = st.sampled_from([*BINARY, *SUBTYPE, "TB", "NO FINDING", "0"])


def films(*rows: tuple[str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["label", "subtype"])


@pytest.mark.parametrize(
    ("label", "home", "mapped"),
    [
        ("NORMAL", BINARY_HOME, "NORMAL"),
        ("COVID", BINARY_HOME, "PNEUMONIA"),
        ("LUNG OPACITY", BINARY_HOME, "PNEUMONIA"),
        ("VIRAL PNEUMONIA", BINARY_HOME, "PNEUMONIA"),
        ("TB", BINARY_HOME, None),
        ("COVID", ["COVID", "NORMAL", "VIRAL PNEUMONIA"], "COVID"),
        ("PNEUMONIA", ["COVID", "NORMAL", "VIRAL PNEUMONIA"], None),
        ("VIRUS", ["COVID", "NORMAL", "VIRAL PNEUMONIA"], "VIRAL PNEUMONIA"),
        ("BACTERIAL PNEUMONIA", ["BACTERIA", "NORMAL", "VIRUS"], "BACTERIA"),
    ],
)
def test_a_class_takes_its_name_or_that_of_its_scheme(
    label: str, home: list[str], mapped: str | None
) -> None:
    assert map_classes(films((label, None)), home, {}, "folder").table == {label: mapped}


def test_a_stated_class_that_the_cohort_lacks_is_an_error() -> None:
    labels = pd.Series(["COVID", "NORMAL", None], dtype="str")
    check_stated_classes(labels, {"COVID": None}, "city")
    with pytest.raises(ParamsError, match=r"COVDI; its classes are COVID, NORMAL(.|\n)*city"):
        check_stated_classes(labels, {"COVDI": "PNEUMONIA"}, "city")
    check_stated_classes(labels.mask(labels.notna()), {"COVDI": "PNEUMONIA"}, "without labels")


def test_what_is_stated_goes_first_and_null_leaves_films_out() -> None:
    stated = {"TB": "PNEUMONIA", "COVID": None}
    found = map_classes(films(("TB", None), ("COVID", None)), BINARY_HOME, stated, "folder")
    assert found.table == {"COVID": None, "TB": "PNEUMONIA"}
    assert found.labels.isna().tolist() == [False, True]


def test_subtypes_that_are_mapped_apart_have_an_entry_each() -> None:
    rows = films(("PNEUMONIA", "virus"), ("PNEUMONIA", "bacteria"), ("PNEUMONIA", None))
    found = map_classes(rows, ["COVID", "NORMAL", "VIRAL PNEUMONIA"], {}, "folder")
    assert found.table == {
        "PNEUMONIA (bacteria)": None,
        "PNEUMONIA (no subtype)": None,
        "PNEUMONIA (virus)": "VIRAL PNEUMONIA",
    }


def test_the_scheme_at_home_goes_before_the_other_one() -> None:
    home = ["BACTERIA", "NORMAL", "PNEUMONIA", "VIRUS"]
    of = {
        scheme: map_classes(films(("VIRAL PNEUMONIA", None)), home, {}, scheme).labels[0]
        for scheme in ("binary", "subtype")
    }
    assert of == {"binary": "PNEUMONIA", "subtype": "VIRUS"}


def test_films_without_a_label_stay_without_one() -> None:
    found = map_classes(films((None, None), ("NORMAL", None)), BINARY_HOME, {}, "folder")
    assert found.labels.isna().tolist() == [True, False]
    assert found.table == {"NORMAL": "NORMAL"}


def test_a_stated_class_that_the_model_lacks_is_an_error() -> None:
    with pytest.raises(ParamsError, match="ILL; the classes are NORMAL, PNEUMONIA"):
        map_classes(films(("TB", None)), BINARY_HOME, {"TB": "ILL"}, "folder")


@given(
    labels=st.lists(NAMES, min_size=1, max_size=6),
    home=st.lists(NAMES, min_size=2, max_size=4, unique=True),
    scheme=st.sampled_from(["folder", "binary", "subtype"]),
    data=st.data(),
)
def test_every_film_has_a_class_of_the_model_or_none_and_own_names_are_kept(
    labels: list[str], home: list[str], scheme: str, data: st.DataObject
) -> None:
    choices = st.sampled_from([*home, None])
    stated = data.draw(st.dictionaries(NAMES, choices, max_size=3))
    found = map_classes(films(*((label, None) for label in labels)), home, stated, scheme)
    assert set(found.table) == set(labels)
    assert set(found.labels.dropna()) <= set(home)
    for label, mapped in zip(labels, found.labels, strict=True):
        ours = None if pd.isna(mapped) else mapped
        assert ours == found.table[label]
        if label in stated:
            assert ours == stated[label]
        elif label in home:
            assert ours == label
