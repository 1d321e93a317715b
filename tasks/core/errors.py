"""Expected errors: each message states the rule, what was found, where, and the next step."""

from functools import partial


class LunglineError(Exception):
    """An expected failure; a stage prints it as one message, without a traceback.

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
        self.rule = rule
        self.found = found
        self.where = where
        self.next_step = next_step
        super().__init__(f"{rule}\n  found: {found}\n  where: {where}\n  next:  {next_step}")

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


class CohortError(LunglineError):
    """The films cannot be divided into train, validation and test splits."""


class ImageStoreError(LunglineError):
    """The image store is missing or incomplete, or it lacks an image."""


class TrainingError(LunglineError):
    """A network cannot be built or trained with these settings."""


class EvaluationError(LunglineError):
    """A metric is undefined for these predictions."""
