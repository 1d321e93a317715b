"""The row of one film: reading order, cells, and the way through a journal."""

from dataclasses import replace

import pytest

from tasks.core.network.screened_film import (
    CANNOT_BE_SCORED,
    GROUPS,
    READ_FIRST,
    READ_SOON,
    REFER_REASONS,
    USUAL_ORDER,
    ScreenedFilm,
    read_screened,
    urgency_group,
    worklist_columns,
)

FILM = ScreenedFilm(
    "films/a.png",
    "a" * 64,
    "scored",
    "small",
    "f" * 64,
    probabilities={"NORMAL": 0.25, "PNEUMONIA": 0.75},
    prob_finding=0.75,
    call="PNEUMONIA",
    called_positive=True,
    threshold=0.5,
    operating_point="half",
    novelty=-0.5,
    novelty_threshold=3.0,
    group=READ_FIRST,
)


@pytest.mark.parametrize(
    ("is_scored", "called_positive", "refer", "group"),
    [
        (True, True, False, READ_FIRST),
        (True, True, True, READ_SOON),
        (True, False, True, READ_SOON),
        (True, None, True, READ_SOON),
        (True, False, False, USUAL_ORDER),
        (False, None, False, CANNOT_BE_SCORED),
    ],
)
def test_group_of_a_film(
    *, is_scored: bool, called_positive: bool | None, refer: bool, group: int
) -> None:
    found = urgency_group(is_scored=is_scored, called_positive=called_positive, refer=refer)
    assert found == group


def test_reading_order_is_group_then_probability_then_path() -> None:
    films = [
        replace(FILM, path="none", group=READ_SOON, prob_finding=None),
        replace(FILM, path="low", group=READ_SOON, prob_finding=0.1),
        replace(FILM, path="b", prob_finding=0.6),
        replace(FILM, path="a", prob_finding=0.6),
        replace(FILM, path="rejected", group=CANNOT_BE_SCORED, prob_finding=None),
        replace(FILM, path="first", prob_finding=0.9),
        replace(FILM, path="last", group=USUAL_ORDER, prob_finding=0.3),
    ]
    ordered = sorted(films, key=ScreenedFilm.urgency)
    assert [one.path for one in ordered] == [
        *("first", "a", "b", "low", "none", "rejected", "last")
    ]


def test_the_row_has_the_columns_of_the_table() -> None:
    row = FILM.to_row()
    assert sorted(row) == sorted(worklist_columns(("NORMAL", "PNEUMONIA")))
    assert (row["prob_PNEUMONIA"], row["novelty"], row["refer"]) == ("0.750000", "-0.500000", "no")
    assert (row["reason"], row["what_to_do"]) == ("", "read first")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(start: str) -> None:
    film = replace(FILM, path=f"{start}cmd|' /C calc'!A0", call=f"{start}1")
    row = film.to_row()
    assert row["path"] == f"'{film.path}"
    assert row["call"] == f"'{start}1"


def test_a_film_comes_back_from_the_journal() -> None:
    film = replace(FILM, path='quo"te\n\u202e', refer=True, refer_reasons=("novel", "empty_set"))
    assert "\n" not in film.to_json()
    assert read_screened(film.to_json()) == film


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"path": 1}', '{"refer_reasons": []}'])
def test_other_text_is_no_film(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_screened(text)


def test_no_words_say_that_a_film_needs_no_reading() -> None:
    words = " ".join([*GROUPS.values(), *REFER_REASONS.values()]).lower()
    assert not {"safe", "healthy", "skip", "ignore", "no need", "nothing"} & set(words.split())
    assert all("read" in text or "open" in text for text in GROUPS.values())
