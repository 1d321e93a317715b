"""Read a JSON file and check its form, so that one message names a file of another form."""

import json
from pathlib import Path
from typing import Any

from tasks.core.errors import TableError

# type | None | {key: form} | {"*": form of each value} | [form of each item] | (form, or form, ...)
Form = Any


def read_form(path: Path, form: Form) -> Any:
    """Read a JSON file whose content has a form.

    Args:
        path: The file.
        form: A type (`float` takes whole numbers too, `object` takes anything), None, a dictionary
            of the keys that must be there (more may be), `{"*": form}` for a dictionary with any
            keys, a list with the form of its items, or a tuple of forms of which one must fit.

    Raises:
        TableError: The file is no JSON, or its content has another form. It names the place.

    Example:
        >>> Path("grades.json").write_text('{"methods": [{"rank": "first"}]}')
        32
        >>> try:
        ...     read_form(Path("grades.json"), {"methods": [{"rank": int}]})
        ... except TableError as error:
        ...     print(error.found)
        methods[0].rank is text, not a whole number
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:  # of JSON, and of bytes that are no UTF-8
        found = " ".join(str(error).split())
        raise _broken(path, f"no JSON: {found}") from error
    found = _mismatch(content, form, "")
    if found:
        raise _broken(path, found)
    return content


def _mismatch(value: Any, form: Form, place: str) -> str:
    """What differs from the form; empty if nothing does."""
    if isinstance(form, tuple):
        found = [_mismatch(value, one, place) for one in form]
        return "" if "" in found else found[0]
    if isinstance(form, dict) and isinstance(value, dict):
        return _mismatch_of_keys(value, form, place)
    if isinstance(form, list) and isinstance(value, list):
        items = (_mismatch(one, form[0], f"{place}[{n}]") for n, one in enumerate(value))
        return next(filter(None, items), "")
    if _fits(value, form):
        return ""
    return f"{place.removeprefix('.') or 'the content'} is {_words(value)}, not {_wanted(form)}"


def _mismatch_of_keys(value: dict[str, Any], form: dict[str, Form], place: str) -> str:
    if "*" in form:
        form = dict.fromkeys(value, form["*"])
    for key, of_key in form.items():
        if key not in value:
            return f"no key {key} in {place.removeprefix('.') or 'the content'}"
        found = _mismatch(value[key], of_key, f"{place}.{key}")
        if found:
            return found
    return ""


def _fits(value: Any, form: Form) -> bool:
    if form is None or value is None:
        return form is value or form is object
    if not isinstance(form, type):
        return False
    if isinstance(value, bool):
        return form in (bool, object)
    return isinstance(value, (int, float) if form is float else form)


def _words(value: Any) -> str:
    return "null" if value is None else _wanted(type(value))


def _wanted(form: Form) -> str:
    """A kind of JSON values in words."""
    kind = form if isinstance(form, type) or form is None else type(form)
    names: dict[Form, str] = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    numbers: dict[Form, str] = {int: "a whole number", float: "a number"}
    return names.get(kind, numbers.get(kind, "null"))


def _broken(path: Path, found: str) -> TableError:
    return TableError(
        "a result that an earlier stage wrote must have the form that the stage gives it",
        found=found,
        where=str(path),
        next_step="delete it and run `dvc repro`, which writes it again",
    )
