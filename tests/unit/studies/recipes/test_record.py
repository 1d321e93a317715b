"""The record keeps what a new search does not have, and tells searches by their films."""

import copy
from pathlib import Path

import pytest

from tasks.core.atomic import read_json, write_json
from tasks.core.errors import ParamsError
from tests.films import ROOT
from tests.studies.recipes import publish
from tests.studies.recipes.record import joined, read_record
from tests.studies.recipes.rule import RULE


def search(data: str = "films", recipes: str = "ab", test: str = "", **more: object) -> dict:
    rows = [{"recipe": name, "n_seeds": 2} for name in recipes]
    scores = {name: {"auroc": 0.9} for name in test}
    stage = {"data": data, "model": "m", "size_px": 32, "epochs": 2}
    return {**stage, "results": rows, "test": scores, **more}


def test_a_search_of_the_same_films_and_stage_takes_the_place_of_the_former_one():
    one, other = search("one"), search("other")
    assert joined([one, other], [other | {"new": 1}], "r") == [one, other | {"new": 1}]
    larger = search("one", size_px=64)
    assert joined([one], [larger], "r") == [one, larger]


def test_films_are_told_by_their_hash_and_not_by_the_name_of_their_folder():
    ours, theirs = search(films_sha256="1"), search(films_sha256="2")
    assert joined([ours], [theirs], "r") == [ours, theirs]
    moved = search("moved", films_sha256="1")
    assert joined([ours, theirs], [moved], "r") == [theirs, moved]


def test_a_search_of_an_older_release_is_told_by_its_name():
    assert joined([search()], [search(films_sha256="1")], "r") == [search(films_sha256="1")]
    other = search("other", films_sha256="1")
    assert joined([search()], [other], "r") == [search(), other]


@pytest.mark.parametrize(
    ("new", "lost"),
    [
        (search(recipes="a", test="a"), "no b, at 32 px and 2 epochs"),
        (search(recipes="abc"), "no test of a, at"),
        (search(test="a", results=[{"recipe": "a", "n_seeds": 1}, {"recipe": "b", "n_seeds": 3}]),
         "no 2 seeds of a, at"),
    ],
)  # fmt: skip
def test_a_search_that_lacks_results_of_the_record_is_refused(new, lost):
    before = search(test="a")
    with pytest.raises(ParamsError, match=lost) as error:
        joined([before], [new], "record.json")
    assert error.value.where == "record.json"
    assert joined([before], [search(recipes="abc", test="ab")], "r") == [
        search(recipes="abc", test="ab")
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no JSON"),
        ("{}", "no key searches"),
        ("[]", "is a list, not an object"),
        ('{"searches": [3]}', r"searches\[0\] is a whole number"),
    ],
)
def test_a_damaged_record_is_named(tmp_path, text, found):
    record = tmp_path / "record.json"
    record.write_text(text)
    with pytest.raises(SystemExit, match=found) as error:
        publish.main(["--rule", "--record", str(record)])
    assert f"where: {record}" in str(error.value)
    assert record.read_text() == text


def test_a_search_without_what_the_page_shows_is_named(tmp_path):
    record = tmp_path / "record.json"
    write_json(record, {"rule": RULE, "searches": [search()]})
    with pytest.raises(SystemExit, match=r"no key precision in searches\[0\]"):
        publish.main(["--rule", "--record", str(record)])


def test_our_own_record_is_readable_and_writing_it_again_changes_nothing(tmp_path: Path):
    ours = ROOT / publish.RECORD
    record = tmp_path / "recipes.json"
    record.write_bytes(ours.read_bytes())
    before = copy.deepcopy(read_record(record))
    publish.main(["--rule", "--record", str(record)])
    assert read_json(record) == before
    assert record.read_bytes() == ours.read_bytes()
    assert (tmp_path / "recipes.md").read_bytes() == (ROOT / publish.PAGE).read_bytes()
