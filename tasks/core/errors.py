"""Expected errors: each message states the rule, what was found, where, and the next step."""

from functools import partial

CONTINUED = "\n         "  # further lines of one part, below its first one


def printable(text: str) -> str:
    r"""Escape the characters that a terminal would obey or hide: ESC, line ends, bidi marks.

    A file name may hold them, and would then write its own lines into a log.

    Args:
        text: One line, perhaps with the name of a file.

    Example:
        >>> print(printable("film\x1b[2J\u202egnp.jpeg"))
        film\x1b[2J\u202egnp.jpeg
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


class LunglineError(Exception):
    """An expected failure; a stage prints it as one message, without a traceback.

    Characters that a terminal would obey are escaped in every part (see `printable`); lines that
    begin as `CONTINUED` stay.

    Args:
        rule: Rule that is broken.
        found: What was found instead.
        where: File, folder, row or setting in which it was found.
        next_step: What the reader can do about it.

    Example:
        >>> error = LunglineError(
        ...     "a film must be readable", found="0 bytes", where="a.jpeg", next_step="delete it"
        ... )
        >>> print(error)
        a film must be readable
          found: 0 bytes
          where: a.jpeg
          next:  delete it
    """

    def __init__(self, rule: str, *, found: str, where: str, next_step: str) -> None:
        self.rule, self.found, self.where, self.next_step = (
            CONTINUED.join(map(printable, part.split(CONTINUED)))
            for part in (rule, found, where, next_step)
        )
        super().__init__(
            f"{self.rule}\n  found: {self.found}\n  where: {self.where}\n  next:  {self.next_step}"
        )

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle the four parts, so that a worker process can raise the error in its parent."""
        parts = {name: getattr(self, name) for name in ("found", "where", "next_step")}
        return partial(type(self), **parts), (self.rule,)


class ParamsError(LunglineError):
    """params.yaml breaks a rule."""


class SourceError(LunglineError):
    """The source of films cannot be read."""


class TableError(LunglineError):
    """A table lacks a promised column, or its row counts do not add up."""


class ValidationFailed(LunglineError):  # noqa: N818 - the data failed, not the program
    """At least one expectation of severity `error` failed."""


class InputMovedError(LunglineError):
    """An input of a stage changed while the stage ran."""


class ChainError(LunglineError):
    """A page does not belong to the artifacts of a repository, or cannot be signed."""


class CohortError(LunglineError):
    """The films cannot be divided into train, validation and test splits."""


class ImageStoreError(LunglineError):
    """The image store is missing or incomplete, or it lacks an image."""


class TrainingError(LunglineError):
    """A network cannot be built or trained with these settings."""


class EvaluationError(LunglineError):
    """A metric is undefined for these predictions."""


class GateError(LunglineError):
    """Two networks cannot be compared: a folder is damaged, or a table has another form."""


class ScreeningError(LunglineError):
    """Films cannot be screened: the network, the films or the folder of the answers is wrong."""


class OnnxFileError(LunglineError):
    """A file `model.onnx` is damaged, was edited, or has a form of another release."""
