import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.core.network.next_steps import clinic_step
from tasks.core.network.screened_film import REFER_REASONS, ScreenedFilm
from tasks.core.reasons import REASONS
from tasks.screen.film_view import film_view
from tests.worklist_films import refused, rejected, scored, ward_films


def test_a_called_film_says_the_class_and_to_read_it_first() -> None:
    view = film_view(scored("b/7.jpeg", 0.93))
    assert view["headline"] == "PNEUMONIA"
    assert view["to_do"] == "Have this film read first."
    assert view["why"] == []
    assert view["call_text"] == "PNEUMONIA (a finding from 0.50 on)"
    assert [(one["name"], one["text"]) for one in view["probabilities"]] == [
        ("PNEUMONIA", "0.93"),
        ("NORMAL", "0.07"),
    ]
    sure = film_view(scored("b/8.jpeg", 0.99999))["probabilities"]
    assert [one["text"] for one in sure] == ["over 0.999", "under 0.001"]
    assert view["novelty_text"] == "1.50 (unlike the training films above 4.70)"


def test_a_referred_film_says_why_and_gives_no_class_in_its_headline() -> None:
    view = film_view(scored("a.png", 0.1, "novel", "set_of_several", novelty=5.0))
    assert view["headline"] == "Not sure"
    assert view["why"] == [
        "Unlike the films that the network learned from.",
        "More than one class is likely.",
    ]
    assert view["call_text"].endswith("not to be relied on")
    assert view["is_novel"]
    assert view["is_referred"]


def test_an_empty_set_is_explained_beside_a_high_probability() -> None:
    (why,) = film_view(scored("a.png", 0.24, "empty_set"))["why"]
    assert why.startswith("No class is likely enough: the set of likely classes is made so")
    assert why.endswith("here no class reaches its limit.")


def test_a_refused_film_has_no_number() -> None:
    view = film_view(refused("a.png"))
    assert (view["headline"], view["call_text"], view["finding"]) == ("No answer", "none", None)
    assert view["probabilities"] == []


def test_numbers_that_are_none_are_null() -> None:
    film = replace(scored("a.png", 0.5), probabilities={"A": float("nan"), "B": 0.2})
    film = replace(film, prob_finding=float("nan"), novelty=float("inf"))
    view = json.loads(json.dumps(film_view(film), allow_nan=False))
    assert view["finding"] is None
    assert view["novelty_text"] == "not measured"
    assert [one["name"] for one in view["probabilities"]] == ["B", "A"]


def test_a_rejected_file_has_reason_and_next_step() -> None:
    film = rejected("c/cut.jpeg", "truncated", "the file ends at byte 812", "copy it again")
    view = film_view(film)
    assert view["why"] == [
        "The file ends before its pixels do.",
        "The file ends at byte 812.",
    ]
    assert view["next_step"] == "Copy it again."
    assert "may show disease" in view["to_do"]


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"junk"}))
def test_every_reason_has_a_step_and_says_that_the_film_is_unseen(reason: str) -> None:
    view = film_view(rejected("a.txt", reason, None, clinic_step(reason, None)))
    assert "the network has not seen" in view["to_do"].lower()
    assert view["next_step"]
    assert "nothing" not in view["next_step"].lower()


def test_only_a_file_of_the_system_needs_nothing() -> None:
    junk = rejected("__MACOSX/._a.jpeg", "junk", None, clinic_step("junk", None))
    view = film_view(junk)
    assert view["is_junk"]
    assert junk.what_to_do() == "no film: nothing to do"
    said = (view["headline"], view["to_do"], view["next_step"])
    assert said == ("No film", "", "No film: nothing to do.")
    detail = "by its content a JPEG"
    film = film_view(rejected(".hidden/a.jpeg", "junk", detail, clinic_step("junk", detail)))
    assert not film["is_junk"]
    assert film["next_step"].startswith("Open the file: if it shows a chest")


def test_no_word_says_that_a_film_needs_no_reading() -> None:
    for film in ward_films():
        view = film_view(film)
        assert "read" in view["to_do"] or view["is_rejected"]
        text = json.dumps([view["headline"], view["to_do"], view["why"]]).lower()
        assert not [word for word in ("healthy", "no need", "safe", "clear") if word in text]


@given(st.text(), st.text(), st.sampled_from([*REFER_REASONS, "a code of tomorrow"]))
def test_text_from_outside_is_printable_and_json(path: str, detail: str, code: str) -> None:
    films = [
        rejected(path, "unreadable", detail, detail),
        scored(path, 0.3, code),
        ScreenedFilm(path, None, "rejected", "ann", "1" * 64, reason=code),
    ]
    for film in films:
        view = film_view(film)
        texts = [view["path"], view["next_step"], *view["why"]]
        assert all(text.isprintable() for text in texts)
        json.dumps(view, allow_nan=False).encode("utf-8")
