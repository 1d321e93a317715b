"""The page that describes the routes, from the OpenAPI description, without a script."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.core.html.templating import render_template

_TEMPLATES = Path(__file__).parent / "templates"
_Json = Mapping[str, Any]
_TYPES = {"string": "text", "integer": "a whole number", "boolean": "true or false"}
_PLACES = {"path": "in the path", "query": "after the ?"}
_LIMITS = {  # words of JSON Schema, and ours
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "pattern": "of the form {}",
}
_STATUSES = {
    "200": "done",
    "202": "taken in, and on the disk",
    "400": "no HTTP, or a part of a body",
    "401": "no token, or an unknown one",
    "403": "sent by a page of another place",
    "404": "not there",
    "408": "the body came too slowly",
    "409": "there is no answer to sign off",
    "413": "too large",
    "415": "another Content-Type",
    "421": "asked by another name of the machine",
    "422": "of another form",
    "503": "too busy, or failing: ask again later",
    "507": "the disk is full",
}


@dataclass(frozen=True)
class AskedService:
    """How the service is asked.

    address: such as `http://localhost:8000`, without a slash at its end. has_tokens: whether it
    runs with tokens.
    """

    address: str
    has_tokens: bool


def api_page(description: _Json, asked: AskedService) -> str:
    """Fill the page.

    Args:
        description: OpenAPI 3.1, as FastAPI makes it.
        asked: The service that the reader asked for the page.
    """
    schemas = description["components"]["schemas"]
    routes = [
        _route(path, method, operation, schemas)
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    ]
    context = {"about": description["info"]["description"], "routes": routes, "asked": asked}
    return render_template(_TEMPLATES, "api.html.j2", context)


def _route(path: str, method: str, operation: _Json, schemas: _Json) -> dict[str, Any]:
    """What the page says of one route."""
    body = operation.get("requestBody", {}).get("content", {})
    form = _form(body.get("application/json", {}).get("schema", {}), schemas)
    return {
        "name": f"{method.upper()} {path}",
        "summary": operation["summary"],
        "text": _in_parts(operation.get("description", "")),
        "parameters": [_parameter(one) for one in operation.get("parameters", [])],
        "body": ", ".join(body),
        "fields": _fields(form),
        "examples": [json.dumps(one, ensure_ascii=False) for one in form.get("examples", [])],
        "statuses": [(code, _STATUSES.get(code, "")) for code in sorted(operation["responses"])],
    }


def _form(schema: _Json, schemas: _Json) -> _Json:
    """The form that a schema names, or the schema itself."""
    name = schema.get("$ref", "").rpartition("/")[2]
    form: _Json = schemas[name] if name else schema
    return form


def _parameter(parameter: _Json) -> dict[str, Any]:
    place = _PLACES[parameter["in"]]
    words = [place, *_words(parameter["schema"], is_needed=parameter.get("required", False))]
    return {"name": parameter["name"], "text": "; ".join(words)}


def _fields(form: _Json) -> list[dict[str, Any]]:
    """What the page says of the fields of a body of JSON."""
    needed = form.get("required", [])
    return [
        {"name": name, "text": "; ".join(_words(schema, is_needed=name in needed))}
        for name, schema in form.get("properties", {}).items()
    ]


def _words(schema: _Json, *, is_needed: bool) -> list[str]:
    """A schema in words.

    Example:
        >>> _words({"type": "string", "maxLength": 9, "description": "a name"}, is_needed=False)
        ['a name', 'text', 'at most 9 characters', 'may be left out']
    """
    limits = [text.format(schema[name]) for name, text in _LIMITS.items() if name in schema]
    kind = " or ".join(schema["enum"]) if "enum" in schema else _TYPES.get(schema.get("type", ""))
    words = [schema.get("description"), kind, *limits, None if is_needed else "may be left out"]
    return [word for word in words if word]


def _in_parts(text: str) -> list[str]:
    """A text at its backticks: every second part is code."""
    return text.split("`")
