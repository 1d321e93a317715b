import re
from dataclasses import replace

import pytest

from tasks.screen import worklist_page
from tasks.screen.worklist_page import render_worklist
from tests.worklist_films import drawn_pictures, facts, rejected, scored, ward_films


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page)).replace("&nbsp;", " ")


def rows_of(page: str) -> list[str]:
    return re.findall(r'<bdi data-part="path">(.*?)</bdi>', page)


def test_the_first_line_counts_every_group() -> None:
    page = render_worklist(ward_films(), {}, facts())
    assert (
        "16 files: 5 to read first, 4 where the network is not sure,"
        " 3 files that could not be scored" in text_of(page)
    )
    films = render_worklist([scored("a.png", 0.9)], {}, facts())
    assert "1 film: 1 to read first, 0 where the network is not sure, 0 files" in text_of(films)


def test_rows_stand_in_the_order_of_urgency() -> None:
    films = [
        scored("d.png", 0.2),
        rejected("._0.png", "junk", None, "nothing"),
        rejected("a.png", "constant", None, "take it again"),
        scored("c.png", 0.6),
        scored("b.png", 0.9),
        scored("e.png", 0.3, "novel"),
        scored("f.png", 0.2),
    ]
    page = render_worklist(films, {}, facts())
    assert rows_of(page) == ["b.png", "c.png", "e.png", "a.png", "._0.png", "d.png", "f.png"]


@pytest.mark.parametrize("is_synthetic", [True, False])
def test_a_network_of_synthetic_films_is_named_one(is_synthetic: bool) -> None:
    text = text_of(render_worklist([], {}, facts(is_synthetic=is_synthetic)))
    assert ("its answers mean nothing for patients" in text) is is_synthetic
    assert "Research software, not a medical device." in text


def test_settings_and_methods_are_said_in_words() -> None:
    told = {"heat_method": "occlusion", "heat_reason": "layer fc1_relu lies between"}
    text = text_of(render_worklist([], {}, facts(**told)))
    assert "threshold of a finding: the highest threshold with a sensitivity of 0.97" in text
    assert "covered with the same place of the average training film" in text
    assert "holds the true class in 90 % of such films" in text


def test_measured_rates_are_said_with_the_films_they_come_from() -> None:
    text = text_of(render_worklist([], {}, facts(sensitivity=0.97, specificity=0.88)))
    assert "sensitivity 0.97 and specificity 0.88, measured on the test films" in text
    assert "misses about 3, and it calls about 12 of 100 without" in text
    unknown = text_of(render_worklist([], {}, facts(sensitivity=None, specificity=None)))
    assert "Its sensitivity and specificity are not known here." in unknown


def test_without_a_negative_class_there_is_no_operating_point() -> None:
    none = {
        "negative_class": None,
        "operating_point": None,
        "operating_rule": "",
        "threshold": None,
    }
    film = replace(scored("a.png", 0.9), prob_finding=None, threshold=None, operating_point=None)
    page = render_worklist([film], {}, facts(**none, sensitivity=None, specificity=None))
    assert "the most probable class is the call" in text_of(page)
    assert 'data-finding=""' in page


def test_more_films_than_rows_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worklist_page, "MOST_ROWS", 2)
    films = [scored(f"{n}.png", n / 10) for n in range(6)]
    page = render_worklist(films, {}, facts())
    assert rows_of(page) == ["5.png", "4.png"]
    assert "4 films more, less urgent, stand in worklist.csv only" in text_of(page)
    known = render_worklist(films[:1], {}, facts(), counts={1: 3, 4: 9})
    assert "12 films: 3 to read first" in text_of(known)
    assert "11 films more" in text_of(known)


def test_films_without_a_picture_say_so() -> None:
    films = [scored("a.png", 0.9), scored("b.png", 0.8)]
    page = render_worklist(films, drawn_pictures(films, 1), facts())
    assert page.count('class="film-picture"') == 1
    assert page.count("only the most urgent films of this page have them (1)") == 1
    assert page.count(">No heat map</span>") == 1
    assert "On this page 1 of 2 have one" in text_of(page)


def test_the_heat_of_the_called_class_shows_first() -> None:
    films = [scored("a.png", 0.9), scored("b.png", 0.2)]
    page = render_worklist(films, drawn_pictures(films, 2), facts())
    shown = re.findall(r'<img class="heat"[^>]*alt="Heat map for (\w+)">', page)
    assert shown == ["PNEUMONIA", "NORMAL"]
    assert page.count('+<span data-part="limit">2.00</span>') == 2


def test_only_the_live_page_may_ask_a_server() -> None:
    saved, live = (render_worklist([], {}, facts(is_live=is_live)) for is_live in (False, True))
    assert "connect-src" not in saved.split("</head>")[0]
    assert "fetch(" not in saved
    assert "; connect-src 'self'\">" in live
    assert "img-src data:;" in live


def test_equal_films_give_an_equal_page_that_utf_8_can_write() -> None:
    films = ward_films()
    pages = [render_worklist(order, {}, facts()) for order in (films, films[::-1])]
    assert pages[0] == pages[1]
    pages[0].encode("utf-8")
