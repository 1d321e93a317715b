"""Section `ingest.table` of params.yaml: what the columns of a table mean."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from tasks.core.params.class_name import canonical_label
from tasks.core.params.section import Section

Uncertain = Literal["positive", "negative", "leave_out"]


def _finding(value: Any) -> Any:
    """A number as text; YAML reads unquoted Yes, No and null as something else than a text."""
    if isinstance(value, bool) or value is None:
        raise ValueError('write Yes, No, true, false and null in "quotation marks"')
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int | float) else value


_Text = Annotated[str, Field(min_length=1)]
_Column = Annotated[str, Field(min_length=1), BeforeValidator(_finding)]


class TableParams(Section):
    """A table that lists the films and what was found in each.

    With `file` and `path` it describes a table that no layout knows. Without them, `classes` and
    `uncertain` replace those of the layout that knows the table.

    file: path of the table below the source, or its name if no other file has it.
    path: column with the path or the file name of each film, with or without the suffix.
    label: column with the findings: one, several joined by `|`, or a list. null: each finding that
        `classes` lists is the name of a column that holds 1 or 0, and -1 if it is uncertain.
    patient, split, site, age, sex: columns; null if there is none.
    view: column with the projection; films that are not frontal (AP, PA) are rejected.
    separator: of a CSV; null finds it.
    classes: for each class the findings that stand for it. A film has each class that lists at
        least one of its findings; other findings do not count; "*" lists all that no other class
        does. A film with no class, or with two, is left out: no class comes first. null takes each
        finding as a class.
    uncertain: what -1 counts as. `leave_out`: a film is left out if a listed finding is uncertain.
    """

    file: _Text | None = None
    path: _Column | None = None
    label: _Column | None = None
    patient: _Column | None = None
    split: _Column | None = None
    site: _Column | None = None
    view: _Column | None = None
    age: _Column | None = None
    sex: _Column | None = None
    separator: Literal[",", ";", "\t", "|", " "] | None = None
    classes: dict[_Column, Annotated[list[_Column], Field(min_length=1)]] | None = None
    uncertain: Uncertain = "leave_out"

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        columns = (self.label, self.patient, self.split, self.site, self.view, self.age, self.sex,
                   self.separator)  # fmt: skip
        if (self.file is None) != (self.path is None):
            raise ValueError("state both file and path, or neither")
        if self.file is None and any(column is not None for column in columns):
            raise ValueError("columns need the file and the path column that they belong to")
        if self.file is not None and self.label is None and self.classes is None:
            raise ValueError("state the column label, or classes whose findings are columns")
        if self.file is not None and self.label is None and "*" in self._findings():
            raise ValueError('"*" needs a column label: name the columns instead')
        return self

    @model_validator(mode="after")
    def _classes_differ(self) -> Self:
        if self.classes is None:
            return self
        if len({canonical_label(name) for name in self.classes}) < 2:
            raise ValueError("classes must name at least two classes")
        findings = [canonical_label(finding) for finding in self._findings()]
        twice = sorted({finding for finding in findings if findings.count(finding) > 1})
        if twice:
            raise ValueError(f"a finding stands for one class: {', '.join(twice)} is listed twice")
        return self

    def _findings(self) -> list[str]:
        return [finding for found in (self.classes or {}).values() for finding in found]
