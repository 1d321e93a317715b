"""Readers sign films off: initials, a verdict, perhaps the right class and a comment."""

import csv
import io
from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from tasks.core.params.class_name import canonical_label
from tasks.core.verdicts import MARK_COLUMNS, guarded
from tasks.screen.serve.problems import Refusal
from tasks.screen.serve.state_database import StateDatabase, next_version, time_text
from tasks.screen.serve.worklist_rows import FilmRow

_MAX_COMMENT = 1900  # a mark of 2,000 characters is the longest that ingest reads
_LABEL = "the right class if the answer is wrong; without one, nobody can say"
_EXAMPLE: dict[str, Any] = {
    "initials": "AB",
    "verdict": "poor_film",
    "comment": "the lungs are cut off",
}


def _one_line(text: str) -> str:
    """The text without line ends and invisible signs, which a table could not show."""
    if not text.isprintable():
        raise ValueError("write it in one line, without control characters")
    return text


Initials = Annotated[
    str, StringConstraints(min_length=1, max_length=10, pattern=r"^[^\W_][\w.-]*$")
]
_Line = AfterValidator(_one_line)


class GivenVerdict(BaseModel):
    """Body of `POST /films/{image_id}/verdict`."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"examples": [_EXAMPLE]},
    )

    initials: Annotated[Initials, Field(description="of the reader: letters and digits")]
    verdict: Literal["agree", "wrong_label", "poor_film"] = Field(
        description="the network's answer is right, is wrong, or the film is too poor to say"
    )
    label: Annotated[str, Field(max_length=200, description=_LABEL), _Line] = ""
    comment: Annotated[
        str, Field(max_length=_MAX_COMMENT, description="why, in one line"), _Line
    ] = ""


def store_verdict(
    database: StateDatabase, film: FilmRow, given: GivenVerdict, who: str, classes: Collection[str]
) -> None:
    """Store a verdict; it replaces the one of the same initials on the same film.

    Args:
        database: Of the service.
        film: The film that the reader saw.
        given: What the reader said.
        who: Name of the token.
        classes: Of the network.

    Raises:
        Refusal: 409, the film has no answer yet, or is rejected and the verdict is about its
            answer; 422, the class is unknown, or named though the answer is right.
        OSError: The disk is full.
    """
    label = _checked_label(film, given, classes)
    screened = film.screened
    assert screened is not None  # noqa: S101 - checked above
    values = (film.image_id, given.initials, given.verdict, label, given.comment)
    context = (screened.call or "", screened.model, who, time_text())
    with database.write() as write:
        write(
            "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values + context
        )
        _touch(write, film.image_id)


def take_back(database: StateDatabase, film: FilmRow, initials: str) -> None:
    """Delete the verdict of somebody on a film.

    Raises:
        Refusal: 404, there is none.
    """
    with database.write() as write:
        sql = "DELETE FROM verdicts WHERE film = ? AND initials = ?"
        if not write(sql, (film.image_id, initials)).rowcount:
            raise Refusal(
                404, "a verdict that is taken back was given before",
                found=f"none by {initials} on this film", next_step="load the worklist again",
            )  # fmt: skip
        _touch(write, film.image_id)


def _touch(write: Any, image_id: str) -> None:
    write("UPDATE films SET version = ? WHERE id = ?", (next_version(write), image_id))


def _checked_label(film: FilmRow, given: GivenVerdict, classes: Collection[str]) -> str:
    if film.screened is None:
        raise _conflict("the film waits for the network", "sign it off when it has an answer")
    if film.screened.call is None and given.verdict != "poor_film":
        raise _conflict("a film without a call", "give the verdict poor_film")
    label = canonical_label(given.label)
    if label and (given.verdict != "wrong_label" or label not in classes):
        raise Refusal(
            422,
            f"the verdict wrong_label may name one of {', '.join(classes)}; others name no class",
            found=f"{given.verdict} with the class {label}",
            next_step="choose one of these classes, or none",
        )
    return label


def _conflict(found: str, next_step: str) -> Refusal:
    return Refusal(
        409, "a verdict is about the answer of the network", found=found, next_step=next_step
    )


def corrections_csv(database: StateDatabase) -> str:
    r"""All verdicts as the file that `ingest.corrections` reads, sorted by film and initials.

    The label that the reader saw is the network's call: so the agreement with a call never
    confirms another label that a source gives the film.
    """
    rows = database.read(
        "SELECT film AS image_id, name AS path, label_seen, verdict, label, comment, initials,"
        " model FROM verdicts JOIN films ON films.id = film ORDER BY film, initials"
    )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # Source: RFC 4180
    writer.writerow(MARK_COLUMNS)
    writer.writerows([guarded(row[name]) for name in MARK_COLUMNS] for row in rows)
    return text.getvalue()
