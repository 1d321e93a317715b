"""Label schemes map each label to a class, or refuse it."""

import pandas as pd
import pytest

from tasks.core.errors import CohortError
from tasks.core.labels import map_labels


def films(*rows: tuple[str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["label", "subtype"], dtype="str")


def test_folder_keeps_the_labels() -> None:
    table = films(("NORMAL", None), ("TUBERCULOSIS", None), ("PNEUMONIA", "virus"))
    assert map_labels(table, "folder").tolist() == ["NORMAL", "TUBERCULOSIS", "PNEUMONIA"]


@pytest.mark.parametrize(
    "label",
    [
        "PNEUMONIA",
        "VIRAL PNEUMONIA",
        "BACTERIAL PNEUMONIA",
        "BACTERIA",
        "VIRUS",
        "COVID",
        "COVID-19",
        "LUNG OPACITY",
        "NON-COVID",
    ],
)
def test_binary_maps_every_pneumonia_to_pneumonia(label: str) -> None:
    assert map_labels(films((label, None)), "binary").tolist() == ["PNEUMONIA"]


def test_normal_is_normal_under_every_scheme() -> None:
    for scheme in ("folder", "binary", "subtype"):
        assert map_labels(films(("NORMAL", None)), scheme).tolist() == ["NORMAL"]


def test_subtype_uses_the_subtype_of_the_film_or_the_label() -> None:
    table = films(
        ("PNEUMONIA", "bacteria"),
        ("PNEUMONIA", "virus"),
        ("VIRAL PNEUMONIA", None),
        ("BACTERIAL PNEUMONIA", None),
        ("VIRUS", "virus"),
        ("BACTERIA", "bacteria"),
    )
    assert map_labels(table, "subtype").tolist() == [
        "BACTERIA",
        "VIRUS",
        "VIRUS",
        "BACTERIA",
        "VIRUS",
        "BACTERIA",
    ]


@pytest.mark.parametrize(
    ("scheme", "rows", "found"),
    [
        ("binary", [("TUBERCULOSIS", None), ("NORMAL", None)], "TUBERCULOSIS 1"),
        (
            "subtype",
            [("PNEUMONIA", None), ("PNEUMONIA", "virus"), ("COVID", None), ("PNEUMONIA", None)],
            "COVID 1, PNEUMONIA 2",
        ),
        ("folder", [(None, None), ("NORMAL", None)], "no label 1"),
    ],
)
def test_films_without_a_class_are_counted_by_label(
    scheme: str, rows: list[tuple[str | None, str | None]], found: str
) -> None:
    with pytest.raises(CohortError) as caught:
        map_labels(films(*rows), scheme)
    assert caught.value.found == f"films without a class: {found}"
    assert scheme in caught.value.rule


def test_rows_keep_their_index() -> None:
    table = films(("VIRUS", None), ("NORMAL", None)).set_axis([5, 2])
    assert map_labels(table, "binary").to_dict() == {5: "PNEUMONIA", 2: "NORMAL"}
