"""Which version a release gets, and which one a rollback goes to."""

import re
from pathlib import Path

from flows.dag import FlowError
from flows.publish.release_commit import ReleaseCommit, release_at
from tasks.core.champion import ReleaseTags

_FIRST = "v0.1.0"
_VERSION = re.compile(r"v(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


def earlier_version(tags: ReleaseTags) -> str:
    """The version that was in use before the one of now was first put into use.

    Raises:
        FlowError: There is none.

    Example:
        >>> earlier_version(ReleaseTags({}, ("v0.1.0", "v0.2.0", "v0.3.0", "v0.2.0")))
        'v0.1.0'
    """
    first = tags.champions.index(tags.champion) if tags.champion else len(tags.champions)
    before = [one for one in tags.champions[:first] if one]
    if not before:
        raise FlowError(
            "A rollback needs a version that was in use before.",
            found=f"{tags.champion} is the first one" if tags.champion else "none was ever in use",
            where="the git tags classifier#champion#N",
            next_step="`python -m flows.promote --list` lists the versions; name one of them.",
        )
    return before[-1]


def version_of_release(root: Path, release: ReleaseCommit, tags: ReleaseTags) -> str | None:
    """The newest version with the files of a release; None if it has no version."""
    for version, commit in reversed(tags.versions.items()):
        if release_at(root, commit).md5 == release.md5:
            return version
    return None


def name_version(
    version: str | None, known: str | None, release: ReleaseCommit, tags: ReleaseTags
) -> str:
    """The version of a release: the one it has, the one asked for, or the next one."""
    newest = next(reversed(tags.versions), None)
    if version is None or version == known:
        return known or (_next(newest) if newest else _FIRST)
    if known:
        raise _wrong_version(f"the release has the version {known}", version, "Leave it out.")
    if version in tags.versions:
        found = f"it names commit {tags.versions[version][:10]}, not {release.commit[:10]}"
        back = f"`python -m flows.rollback {version}` puts that release into use; or leave it out."
        raise _wrong_version(found, version, back)
    if not _VERSION.fullmatch(version) or (newest and _order(version) <= _order(newest)):
        found = f"the newest version is {newest or 'none'}"
        raise _wrong_version(found, version, "Write a higher one, like v1.0.0, or leave it out.")
    return version


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version[1:].split(".")))


def _next(version: str) -> str:
    """The version after another one.

    Example:
        >>> _next("v0.9.3")
        'v0.10.0'
    """
    major, minor, _ = _order(version)
    return f"v{major}.{minor + 1}.0"


def unknown_version(version: str, tags: ReleaseTags) -> FlowError:
    """The error for a version that no tag names."""
    return FlowError(
        "The version must be a registered one.",
        found=repr(version),
        where=f"the command line; the versions are: {', '.join(tags.versions) or 'none'}",
        next_step="Name one of them; `git fetch --tags` gets those of others.",
    )


def _wrong_version(found: str, version: str, next_step: str) -> FlowError:
    return FlowError(
        "A new version must be free, and higher than all others.",
        found=found,
        where=f"{version} on the command line",
        next_step=next_step,
    )
