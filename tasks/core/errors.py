"""Errors that a person can act on: the rule, what was found, where, and the next step."""

from functools import partial


class LunglineError(Exception):
    """An expected failure; a stage prints it as one message, without a traceback.

    Args:
        rule: What must hold.
        found: What was found instead.
        where: The file, folder, row or setting it was found in.
        next_step: What the reader can do about it.
    """

    def __init__(self, rule: str, *, found: str, where: str, next_step: str) -> None:
        self.rule = rule
        self.found = found
        self.where = where
        self.next_step = next_step
        super().__init__(f"{rule}\n  found: {found}\n  where: {where}\n  next:  {next_step}")

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error cross from a worker process to its parent."""
        words = {name: getattr(self, name) for name in ("found", "where", "next_step")}
        return partial(type(self), **words), (self.rule,)


class ParamsError(LunglineError):
    """params.yaml breaks a rule."""


class SourceError(LunglineError):
    """The folder or zip of films cannot be used."""


class TableError(LunglineError):
    """A table between two stages does not have the promised columns or counts."""


class ValidationFailed(LunglineError):  # noqa: N818 - a verdict on the data, not a fault
    """The data gate is closed: at least one expectation of severity `error` failed."""


class CohortError(LunglineError):
    """The films cannot be made into train, validation and test splits."""


class ImageStoreError(LunglineError):
    """The image store is missing, incomplete or does not hold an image asked for."""


class TrainingError(LunglineError):
    """A network cannot be built or trained as asked."""


class EvaluationError(LunglineError):
    """A metric is undefined for the predictions at hand."""
