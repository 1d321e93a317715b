"""Every rejected file has a step for a clinic; only junk without a film needs nothing."""

import pytest

from tasks.core.network.next_steps import NEXT_STEPS, clinic_step
from tasks.core.reasons import REASONS

# Reasons of labels and of reviewers: no examination of one file gives them
_OF_SETS = {"unknown_label", "nested_copy", "excluded_by_reviewer", "no_class"}


def test_every_reason_of_an_examination_has_a_step() -> None:
    assert set(NEXT_STEPS) == set(REASONS) - _OF_SETS


@pytest.mark.parametrize("reason", sorted(set(REASONS) - {"junk"}))
def test_a_step_tells_somebody_to_do_something(reason: str) -> None:
    first = clinic_step(reason, None).split()[0]
    assert first in {"open", "read", "send", "look"}


def test_a_film_with_the_name_of_junk_is_opened() -> None:
    assert clinic_step("junk", None) == "no film: nothing to do"
    assert clinic_step("junk", "by its content a JPEG").startswith("open the file")


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("permission denied", "right to read"),
        ("the file is a link that leads out of the source", "in place of the link"),
        ("a PNG whose name ends with txt; rename it", "rename the file"),
        ("a zip archive inside the folder, which is not read; give it by itself", "by itself"),
        (None, "send or copy"),
    ],
)
def test_the_detail_decides_before_the_reason(detail: str | None, words: str) -> None:
    assert words in clinic_step("unreadable", detail)
