"""The errors of DVC, and what they say."""

import sqlite3

from tasks.core.source.file_name import shown_name


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


def cure_of(error: Exception) -> str:
    """Next step after DVC could not open or compare a project."""
    from dvc.scm import SCMError

    if isinstance(error, UnicodeEncodeError):
        name = shown_name(str(error.object))
        return f"Rename {name}: DVC can track only names that are UTF-8 (`convmv` renames many)."
    if isinstance(error, SCMError):
        return (
            "Type `git init && git add --all && git commit -m Lungline`, or clone the repository."
        )
    if isinstance(error, (OSError, sqlite3.Error)):
        return "Free some space, or correct the rights of that file; DVC writes below `.dvc`."
    return "Run `dvc status`, which reads the same files, and correct what it names."
