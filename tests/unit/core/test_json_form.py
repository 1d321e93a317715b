import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.core import result_forms
from tasks.core.errors import TableError
from tasks.core.json_form import read_form
from tests.form_examples import example

FORMS = {name: form for name, form in vars(result_forms).items() if name.endswith("_FORM")}
OTHERS = {
    "NoneType": st.none(),
    "bool": st.booleans(),
    "number": st.integers() | st.floats(allow_nan=False),
    "str": st.text(),
    "list": st.lists(st.none() | st.integers() | st.text(), max_size=3),
    "dict": st.dictionaries(st.text(), st.none() | st.integers(), max_size=3),
}


def places(form: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to every part that must be there and has one form, from the outside to the inside."""
    inner = form[0] if isinstance(form, tuple) else form
    found = [] if isinstance(form, tuple) or form is object else [place]
    if isinstance(inner, dict):
        found += [one for key in inner for one in places(inner[key], (*place, key))]
    if isinstance(inner, list):
        found += places(inner[0], (*place, 0))
    return found


def replaced(content: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = json.loads(json.dumps(content))
    part = copy
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    return copy


@pytest.mark.parametrize("name", FORMS)
def test_the_smallest_content_of_each_form_is_read(tmp_path: Path, name: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(example(FORMS[name])))
    assert read_form(file, FORMS[name]) == example(FORMS[name])


@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_part_of_another_kind_is_refused_by_the_name_of_the_file(
    tmp_path: Path, name: str, data: st.DataObject
) -> None:
    content = example(FORMS[name])
    place = data.draw(st.sampled_from(places(FORMS[name])))
    part = content
    for key in place:
        part = part[key]
    value = data.draw(st.one_of(*(one for kind, one in OTHERS.items() if kind != _kind(part))))
    file = tmp_path / "a.json"
    file.write_text(json.dumps(replaced(content, place, value)))
    with pytest.raises(TableError) as refusal:
        read_form(file, FORMS[name])
    assert refusal.value.where == str(file)
    assert "dvc repro" in refusal.value.next_step


def _kind(value: Any) -> str:
    """Kinds of JSON; a number is a number, whole or not."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "number" if is_number else type(value).__name__


def test_the_place_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"methods": [{"rank": 1}, {}]}')
    with pytest.raises(TableError) as refusal:
        read_form(file, {"methods": [{"rank": int}]})
    assert refusal.value.found == "no key rank in methods[1]"


@pytest.mark.parametrize("content", [b"", b"{", b"\xff{}", b"nothing"])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(content)
    with pytest.raises(TableError, match="no JSON"):
        read_form(file, object)
