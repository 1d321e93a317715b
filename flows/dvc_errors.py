"""The errors of DVC, and what they say."""

import sqlite3


def dvc_errors() -> tuple[type[Exception], ...]:
    """Base classes, with those of the database in which DVC keeps hashes.

    They are imported here: DVC takes half a second to import.
    """
    from dvc.exceptions import DvcException
    from dvc.scm import SCMError

    return (DvcException, SCMError, sqlite3.Error)


def messages_of(error: Exception) -> str:
    """Join the messages of an error and its causes, each once."""
    messages: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        text = " ".join(str(cause).split())
        if text and not any(text in message for message in messages):
            messages.append(text)
        cause = cause.__cause__
    return "; ".join(messages)
