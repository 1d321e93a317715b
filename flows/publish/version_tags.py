"""Write the tags of versions with GTO, and read what their messages say."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.dag import FlowError
from flows.git_command import run_git
from tasks.core.champion import ARTIFACT, IN_USE

_PERSON = re.compile(r"(?P<name>.*) <(?P<email>.*)> [0-9]+ [+-][0-9]{4}")
_NOTE = re.compile(r"^(?P<key>[A-Z][a-z ]+): (?P<value>.*)$", flags=re.MULTILINE)


@dataclass(frozen=True)
class Tagger:
    """Name and e-mail address of who makes a tag."""

    name: str
    email: str


def require_identity(root: Path) -> Tagger:
    """Name and address that the tags will bear.

    Raises:
        FlowError: git does not know them.
    """
    cure = 'Type `git config user.name "Your Name"` and `git config user.email you@example.org`.'
    said = run_git(root, "var", "GIT_COMMITTER_IDENT", cure=cure)
    match = _PERSON.fullmatch(said)
    if match is None or not match["name"]:
        raise FlowError(
            "A version bears the name of who made it.",
            found=repr(said),
            where="git config user.name",
            next_step=cure,
        )
    return Tagger(match["name"], match["email"])


def register_version(root: Path, version: str, commit: str, message: str, person: Tagger) -> None:
    """Tag a commit as a version: `classifier@v0.1.0`.

    Raises:
        FlowError: GTO refuses.
    """
    from gto import api

    _with_gto(
        root,
        lambda: api.register(
            str(root),
            ARTIFACT,
            commit,
            version=version,
            message=message,
            author=person.name,
            author_email=person.email,
        ),
    )


def put_into_use(root: Path, version: str, message: str, person: Tagger) -> None:
    """Tag the commit of a version as the champion: `classifier#champion#7`.

    Raises:
        FlowError: GTO refuses.
    """
    from gto import api

    # force: a version may come back into use
    _with_gto(
        root,
        lambda: api.assign(
            str(root),
            ARTIFACT,
            IN_USE,
            version=version,
            message=message,
            force=True,
            author=person.name,
            author_email=person.email,
        ),
    )


def message_of(title: str, notes: Mapping[str, str]) -> str:
    """Message of a tag: a title, and a line for each note that says something."""
    lines = [f"{key}: {' '.join(value.split())}" for key, value in notes.items() if value]
    return "\n".join([title, "", *lines]) + "\n"


def notes_of(root: Path, tag: str) -> dict[str, str]:
    """The notes in the message of a tag, by key, and `Date` (YYYY-MM-DD)."""
    shown = run_git(
        root, "for-each-ref", "--format=Date: %(taggerdate:short)%0a%(contents)", f"refs/tags/{tag}"
    )
    return {match["key"]: match["value"] for match in _NOTE.finditer(shown)}


def _with_gto(root: Path, write: Callable[[], object]) -> None:
    from gto.exceptions import GTOException
    from scmrepo.exceptions import SCMError

    try:
        write()
    except (GTOException, SCMError, OSError) as error:
        raise FlowError(
            "GTO must be able to write the tag of the version.",
            found=" ".join(f"{error} {error.__cause__ or ''}".split()),
            where=str(root.absolute()),
            next_step="Correct what is named; `git tag --list 'classifier*'` shows the tags.",
        ) from error
