"""Each mark changes what it says, or is listed with the reason why it changes nothing."""

from time import process_time
from typing import Any

import pandas as pd
import pytest

from tasks.core.corrections import CORRECTIONS_SCHEMA, OUTCOMES_OF_MARKS
from tasks.core.errors import SourceError
from tasks.core.marks_files import MARK_PLACE
from tasks.core.reasons import REASONS
from tasks.core.verdicts import MARK_COLUMNS
from tasks.ingest.corrections.apply_marks import EXCLUDED_BY_REVIEWER, apply_marks


def manifest() -> pd.DataFrame:
    """Five films; c and d have the same pixels; e is damaged."""
    films = pd.DataFrame(
        {
            "image_id": list("abcde"),
            "path": [f"{name}.jpeg" for name in "abcde"],
            "label": ["NORMAL", "PNEUMONIA", "PNEUMONIA", "PNEUMONIA", "NORMAL"],
            "subtype": [None, "virus", "bacteria", "bacteria", None],
            "pixel_hash": ["1", "2", "3", "3", None],
        }
    )
    states = {"status": ["ok"] * 4 + ["rejected"], "reason": [None] * 4 + ["truncated"]}
    return films.assign(**states, detail=None)


def marks(*changes: dict[str, str]) -> pd.DataFrame:
    empty = dict.fromkeys(MARK_COLUMNS, "") | {MARK_PLACE: "ab.csv, line 2"}
    return pd.DataFrame(
        [{**empty, **change} for change in changes], columns=[*MARK_COLUMNS, MARK_PLACE]
    )


def applied(*changes: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows of the manifest by path, and the first correction."""
    films, corrections = apply_marks(manifest(), marks(*changes))
    return films.set_index("path").to_dict("index"), corrections.iloc[0].to_dict()


def test_a_wrong_label_is_replaced_and_who_and_why_are_kept() -> None:
    mark = {"image_id": "b", "path": "b.jpeg", "verdict": "wrong_label", "label": "NORMAL"}
    films, correction = applied(mark | {"initials": "AB", "comment": "clear lungs", "model": "m"})
    assert films["b.jpeg"]["label"] == "NORMAL"
    assert pd.isna(films["b.jpeg"]["subtype"])
    assert correction == {
        "image_id": "b",
        "path": "b.jpeg",
        "verdict": "wrong_label",
        "label_before": "PNEUMONIA",
        "label": "NORMAL",
        "initials": "AB",
        "comment": "clear lungs",
        "model": "m",
        "outcome": "relabelled",
    }


@pytest.mark.parametrize("verdict", ["poor_film", "wrong_label"])
def test_a_film_without_a_right_class_is_excluded(verdict: str) -> None:
    films, correction = applied({"image_id": "a", "verdict": verdict, "initials": "AB"})
    state = [films["a.jpeg"][name] for name in ("status", "reason", "detail", "label")]
    assert state == ["rejected", EXCLUDED_BY_REVIEWER, "by AB", "NORMAL"]
    assert correction["outcome"] == "excluded"
    assert EXCLUDED_BY_REVIEWER in REASONS


def test_an_exact_copy_follows_its_film() -> None:
    films, _ = applied({"image_id": "c", "verdict": "wrong_label", "label": "NORMAL"})
    assert [films[f"{name}.jpeg"]["label"] for name in "bcd"] == ["PNEUMONIA", "NORMAL", "NORMAL"]


def test_agreement_changes_nothing_and_is_counted() -> None:
    films, correction = applied({"image_id": "a", "verdict": "agree", "label_seen": "NORMAL"})
    assert films == manifest().set_index("path").to_dict("index")
    assert correction["outcome"] == "confirmed"


@pytest.mark.parametrize(
    ("mark", "outcome"),
    [
        ({"image_id": "z", "path": "a.jpeg", "verdict": "poor_film"}, "film changed"),
        ({"image_id": "z", "path": "z.jpeg", "verdict": "poor_film"}, "film gone"),
        ({"image_id": "e", "verdict": "poor_film"}, "not used"),
        ({"image_id": "a", "verdict": "wrong_label", "label": "NORMAL"}, "already so"),
        ({"image_id": "a", "verdict": "agree", "label_seen": "PNEUMONIA"}, "label changed"),
    ],
)
def test_a_mark_that_fits_nothing_is_listed_and_changes_nothing(
    mark: dict[str, str], outcome: str
) -> None:
    films, correction = applied(mark)
    assert films == manifest().set_index("path").to_dict("index")
    assert correction["outcome"] == outcome
    assert outcome in OUTCOMES_OF_MARKS


def test_reviewers_who_differ_change_nothing() -> None:
    films, correction = applied(
        {"image_id": "a", "verdict": "agree", "initials": "CD"},
        {"image_id": "a", "verdict": "poor_film", "initials": "AB"},
    )
    assert films["a.jpeg"]["status"] == "ok"
    assert correction["outcome"] == "contradicted"
    assert (correction["initials"], correction["verdict"]) == ("AB; CD", "agree; poor_film")


def test_two_reviewers_of_one_mind_are_one_correction() -> None:
    mark = {"image_id": "a", "verdict": "wrong_label", "label": "PNEUMONIA"}
    films, corrections = apply_marks(manifest(), marks(mark, mark | {"initials": "CD"}))
    assert films["label"].tolist().count("NORMAL") == 1
    assert corrections["outcome"].tolist() == ["relabelled"]


@pytest.mark.parametrize("seen", ["PNEUMONIA", "VIRUS"])
def test_the_class_that_was_seen_may_be_that_of_a_label_scheme(seen: str) -> None:
    mark = {"image_id": "b", "verdict": "wrong_label", "label": "NORMAL", "label_seen": seen}
    _, correction = applied(mark)
    assert correction["outcome"] == "relabelled"


def test_an_unknown_class_stops_the_run() -> None:
    with pytest.raises(SourceError, match="PNEUMONA; the classes are BACTERIA, NORMAL") as refusal:
        applied({"image_id": "a", "path": "a.jpeg", "verdict": "wrong_label", "label": "PNEUMONA"})
    assert refusal.value.where == "ab.csv, line 2, film a.jpeg"


def test_no_mark_gives_an_empty_table() -> None:
    films, corrections = apply_marks(manifest(), marks())
    assert films.equals(manifest())
    assert corrections.columns.tolist() == CORRECTIONS_SCHEMA.names
    assert corrections.empty


def test_who_agrees_with_the_corrected_label_does_not_undo_the_correction() -> None:
    films, correction = applied(
        {"image_id": "a", "verdict": "wrong_label", "label": "PNEUMONIA", "label_seen": "NORMAL"},
        {"image_id": "a", "verdict": "agree", "label_seen": "PNEUMONIA"},
    )
    assert films["a.jpeg"]["label"] == "PNEUMONIA"
    assert correction["outcome"] == "relabelled"


def test_marks_of_a_film_and_its_copy_that_differ_change_nothing() -> None:
    films, corrections = apply_marks(
        manifest(),
        marks(
            {"image_id": "c", "verdict": "wrong_label", "label": "NORMAL"},
            {"image_id": "d", "verdict": "poor_film"},
        ),
    )
    assert films.equals(manifest())
    assert corrections["outcome"].tolist() == ["contradicted", "contradicted"]


def test_the_size_of_the_source_does_not_count_for_each_mark() -> None:
    many = pd.concat([manifest()] * 6000, ignore_index=True)
    many["image_id"] = many["pixel_hash"] = [f"{number:064x}" for number in range(len(many))]
    asked = [{"image_id": f"{number:064x}", "verdict": "poor_film"} for number in range(0, 600, 3)]
    begin = process_time()
    _, corrections = apply_marks(many, marks(*asked))
    assert process_time() - begin < 6  # 200 marks; looked up in the whole source: 15 s or more
    assert set(corrections["outcome"]) == {"excluded", "not used"}
