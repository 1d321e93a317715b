from dataclasses import replace

import pytest

from tasks.screen.dicom.answer_words import RESEARCH_USE, as_ascii, statements
from tests.screened_answers import REFERRED, REJECTED, SCORED


def test_every_answer_says_research_use_first_and_that_a_person_must_read() -> None:
    for film in (SCORED, REFERRED, REJECTED):
        said = statements(film, is_synthetic=False)
        assert said[0].startswith(RESEARCH_USE)
        assert said[-1].endswith("A person must read every film.")


def test_a_call_is_stated_with_its_probability_and_threshold() -> None:
    said = statements(SCORED, is_synthetic=True)
    assert said[1] == "The network was trained on synthetic films only."
    assert said[2] == (
        "Call: PNEUMONIA, calibrated probability of a finding 0.812, called from 0.564 on"
        " (target_sensitivity)."
    )


def test_without_a_negative_class_the_call_has_its_own_probability() -> None:
    film = replace(SCORED, prob_finding=None, threshold=None)
    assert "Call: PNEUMONIA, calibrated probability 0.812." in statements(film, is_synthetic=False)


def test_a_referred_film_says_why() -> None:
    said = " ".join(statements(REFERRED, is_synthetic=False))
    assert "No call." in said
    assert "leaves this film to the reader: turned, inverted or scaled" in said


def test_a_rejected_file_says_why_and_what_to_do() -> None:
    said = " ".join(statements(REJECTED, is_synthetic=False))
    assert "did not score this file. Reason: truncated: the DICOM file ends" in said
    assert "Next step: send the film again." in said


@pytest.mark.parametrize(
    ("text", "plain"),
    [("a\\b", "a/b"), ("\x1b[2J\n\u202ex", "[2J &#8238;x"), ("\u80ba", "&#32954;")],
)
def test_words_are_ascii_without_separators_and_controls(text: str, plain: str) -> None:
    assert as_ascii(text) == plain


def test_a_statement_fits_its_element() -> None:
    film = replace(REJECTED, detail="x" * 5000)
    assert max(map(len, statements(film, is_synthetic=False))) <= 1024
