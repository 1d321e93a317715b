"""What is known of one screened film: the answer of the network, or why there is none.

A film is in one of four groups. They are the reading order, and no group says that a film needs
no reading.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from tasks.core.verdicts import guarded

FilmStatus = Literal["scored", "rejected"]

READ_FIRST, READ_SOON, CANNOT_BE_SCORED, USUAL_ORDER = 1, 2, 3, 4
GROUPS: Mapping[int, str] = {
    READ_FIRST: "read first",
    READ_SOON: "read soon: the network is not sure",
    CANNOT_BE_SCORED: "cannot be scored: open the file or take the film again",
    USUAL_ORDER: "read in the usual order",
}
REFER_REASONS: Mapping[str, str] = {
    "set_of_several": "more than one class is likely",
    "empty_set": "no class is likely enough",
    "novel": "unlike the films that the network learned from",
    "refused_by_guard": "turned, inverted or scaled: the network gives no answer to such a film",
}
NO_FILM = "no film: nothing to do"  # of a file of the operating system
_DIGITS = 6  # of a number in the table


def urgency_group(*, is_scored: bool, called_positive: bool | None, refer: bool) -> int:
    """The group of the reading order that a film belongs to: a key of GROUPS.

    Args:
        is_scored: Whether the file could be given to the network.
        called_positive: Whether it is called a finding; None if the network gave no answer.
        refer: Whether the network leaves it to a reader.

    Example:
        >>> GROUPS[urgency_group(is_scored=True, called_positive=True, refer=False)]
        'read first'
    """
    if not is_scored:
        return CANNOT_BE_SCORED
    if refer or called_positive is None:
        return READ_SOON
    return READ_FIRST if called_positive else USUAL_ORDER


@dataclass(frozen=True)
class ScreenedFilm:
    """One file that was screened.

    path: as the user named the source, `/`, and the path in it. sha256: of the bytes, hex; None if
        the file could not be read.
    status: `scored`, or `rejected` with `reason` (see tasks/core/reasons.py), `detail`, which may
        be None, and `next_step`.
    probabilities: calibrated, of each class; empty if the film is rejected, or if the guard in the
        network refuses it.
    prob_finding: 1 - probability of the negative class; None if there is no such class or no
        probability.
    call: class at the operating point: the most probable finding from `threshold` on, else the
        negative class. Without a negative class, the most probable class.
    called_positive: whether `call` is a finding; None without a call.
    refer: whether the network leaves the film to a reader; refer_reasons: why, keys of
        REFER_REASONS.
    novelty: how unlike the training films; a film above `novelty_threshold` is novel.
    model_sha256: seal of the file `model.onnx`.
    group: key of GROUPS.
    """

    path: str
    sha256: str | None
    status: FilmStatus
    model: str
    model_sha256: str
    reason: str | None = None
    detail: str | None = None
    next_step: str | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    prob_finding: float | None = None
    call: str | None = None
    called_positive: bool | None = None
    threshold: float | None = None
    operating_point: str | None = None
    refer: bool = False
    refer_reasons: tuple[str, ...] = ()
    novelty: float | None = None
    novelty_threshold: float | None = None
    group: int = CANNOT_BE_SCORED

    def urgency(self) -> tuple[int, float, str]:
        """Sort key of the reading order: group, highest probability of a finding first, path.

        Files of the operating system come last in their group.
        """
        prob = -1.0 - self.is_junk if self.prob_finding is None else self.prob_finding
        return self.group, -prob, self.path

    @property
    def is_junk(self) -> bool:
        """Whether name and content are those of a file of the operating system."""
        return self.reason == "junk" and self.detail is None

    def what_to_do(self) -> str:
        """What the reader is asked to do, in words."""
        return NO_FILM if self.is_junk else GROUPS[self.group]

    def to_row(self) -> dict[str, str]:
        """One row of `worklist.csv`: text by column, without the formulas of spreadsheets.

        Example:
            >>> film = ScreenedFilm("=1.png", "0" * 64, "rejected", "ann", "1" * 64, "constant")
            >>> film.to_row()["path"], film.to_row()["urgency"]
            ("'=1.png", '3')
        """
        values: dict[str, Any] = asdict(self)
        for name, probability in values.pop("probabilities").items():
            values[f"prob_{name}"] = probability
        values["refer_reasons"] = " ".join(self.refer_reasons)
        values["urgency"] = values.pop("group")
        values["what_to_do"] = self.what_to_do()
        return {name: _cell(value) for name, value in values.items()}

    def to_json(self) -> str:
        """The film as JSON text on one line, for a journal or a database; see `read_screened`."""
        return json.dumps(asdict(self), ensure_ascii=False, allow_nan=False)


def read_screened(text: str) -> ScreenedFilm:
    """Read what `ScreenedFilm.to_json` wrote.

    Raises:
        ValueError: The text is no such JSON.

    Example:
        >>> film = ScreenedFilm("a.png", "0" * 64, "rejected", "ann", "1" * 64, "constant")
        >>> read_screened(film.to_json()) == film
        True
    """
    try:
        film = _form().validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"no screened film: {where}: {first['msg']}") from error
    if film.group not in GROUPS:  # it would have no place in the reading order
        raise ValueError(f"no screened film: group {film.group}")
    return film


@cache
def _form() -> TypeAdapter[ScreenedFilm]:
    return TypeAdapter(ScreenedFilm)


def worklist_columns(classes: Sequence[str]) -> list[str]:
    """Columns of `worklist.csv`, for the classes of a network."""
    return [
        *("urgency", "what_to_do", "path", "sha256", "status", "reason", "detail", "next_step"),
        *(f"prob_{name}" for name in classes),
        *("prob_finding", "call", "called_positive", "threshold", "operating_point"),
        *("refer", "refer_reasons", "novelty", "novelty_threshold", "model", "model_sha256"),
    ]


def _cell(value: object) -> str:
    """Text of a cell; an apostrophe before what a spreadsheet would run as a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{_DIGITS}f}" if math.isfinite(value) else ""
    return guarded(str(value))
