import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.explain.selection import WHY_SHARED, SelectedFilm, select_films
from tests.unit.explain.calls import KINDS, OUTCOMES, THRESHOLD, of_kinds, two_sided

CLASSES = ["NORMAL", "PNEUMONIA"]


def select(test: pd.DataFrame, n_per_outcome: int, n_shared: int = 0) -> list[SelectedFilm]:
    return select_films(test, CLASSES, OUTCOMES, THRESHOLD, n_shared, n_per_outcome)


def ids(films: list[SelectedFilm]) -> list[str]:
    return [film.image_id for film in films]


def test_most_confident_film_is_first_and_the_film_nearest_the_threshold_second() -> None:
    test = two_sided(
        ("a", "p1", True, 0.70),
        ("b", "p2", True, 0.45),
        ("c", "p3", True, 0.99),
        ("d", "p4", False, 0.01),
        ("e", "p5", False, 0.39),
        ("f", "p6", False, 0.20),
    )
    films = select(test, 2)
    assert ids(films) == ["c", "b", "d", "e"]
    assert [film.why for film in films] == [
        "highest probability among films found",
        "nearest the threshold among films found",
        "lowest probability among films correctly passed",
        "nearest the threshold among films correctly passed",
    ]
    assert films[0].probabilities == {"NORMAL": 1 - 0.99, "PNEUMONIA": 0.99}
    assert films[0].logits == {"NORMAL": 0.0, "PNEUMONIA": 3.96}


def test_most_confident_errors_have_the_lowest_and_the_highest_probability() -> None:
    test = two_sided(
        ("a", "p1", True, 0.30),
        ("b", "p2", True, 0.02),
        ("c", "p3", False, 0.50),
        ("d", "p4", False, 0.95),
    )
    films = select(test, 1)
    assert [(film.outcome, film.image_id) for film in films] == [("FP", "d"), ("FN", "b")]


def test_ties_go_to_the_smaller_image_id() -> None:
    test = two_sided(("b", "p1", True, 0.9), ("a", "p2", True, 0.9), ("c", "p3", True, 0.9))
    assert ids(select(test, 2)) == ["a", "b"]


def test_patient_is_repeated_only_if_no_other_is_left() -> None:
    test = two_sided(
        ("a", "p1", True, 0.99),
        ("b", "p1", True, 0.41),
        ("c", "p2", True, 0.60),
    )
    films = select(test, 3)
    assert ids(films) == ["a", "c", "b"]
    assert films[1].why.startswith("nearest the threshold among films found, number 2 of 3")


def test_outcome_with_the_fewest_patients_is_served_first() -> None:
    test = two_sided(
        ("a", "p1", True, 0.99),
        ("b", "p2", True, 0.98),
        ("c", "p1", True, 0.10),  # the only false negative: p1 is its only patient
    )
    assert ids(select(test, 1)) == ["b", "c"]


def test_shared_films_are_the_smallest_ids_of_each_class_in_turn_one_of_each_patient() -> None:
    test = two_sided(
        ("a", "p1", True, 0.9),
        ("b", "p1", True, 0.9),  # a second film of p1
        ("c", "p2", True, 0.1),
        ("d", "p3", False, 0.2),
    )
    films = select(test, 1, n_shared=3)
    assert ids(films[:3]) == ["d", "a", "c"]
    assert {film.why for film in films[:3]} == {WHY_SHARED}
    assert [film.is_shared for film in films] == [True, True, True, False]
    assert ids(films[3:]) == ["b"]  # no film twice: `a` would be the first of TP


def test_fewer_films_than_asked_are_all_shared() -> None:
    test = two_sided(("a", "p1", True, 0.9), ("b", "p2", False, 0.2))
    assert ids(select(test, 3, n_shared=12)) == ["b", "a"]


def test_right_and_wrong_calls_come_in_turn_from_the_most_and_the_least_confident() -> None:
    test = of_kinds()
    called = test.assign(
        call=test["called_class"],
        prob_called=test["prob"],
        outcome=["right", "wrong", "right", "wrong", "right"],
    )
    films = select_films(called, KINDS, ("right", "wrong"), None, 0, 2)
    assert [(film.outcome, film.image_id, film.called_class) for film in films] == [
        ("right", "a", "COVID"),
        ("right", "c", "NORMAL"),
        ("wrong", "d", "COVID"),
        ("wrong", "b", "VIRAL"),
    ]
    assert films[1].why == "lowest probability among right"


@settings(deadline=None)  # the first example is slow on a busy machine
@given(
    n_films=st.integers(1, 30),
    n_shared=st.integers(0, 12),
    n_per_outcome=st.integers(1, 4),
    seed=st.integers(0, 9),
)
def test_the_choice_depends_neither_on_the_order_of_rows_nor_shared_films_on_the_network(
    n_films: int, n_shared: int, n_per_outcome: int, seed: int
) -> None:
    rows = [(f"i{n:02}", f"p{n % 7}", n % 3 > 0, (n * 37 % 100) / 100) for n in range(n_films)]
    other = [(image, patient, positive, 1 - prob) for image, patient, positive, prob in rows]
    shuffled = two_sided(*rows).sample(frac=1, random_state=seed)
    films = select(two_sided(*rows), n_per_outcome, n_shared)
    assert films == select(shuffled, n_per_outcome, n_shared)
    assert len(set(ids(films))) == len(films)
    shared = ids([film for film in films if film.is_shared])
    assert len(shared) == min(n_shared, n_films)
    of_other = select(two_sided(*other), n_per_outcome, n_shared)
    assert shared == ids([film for film in of_other if film.is_shared])
