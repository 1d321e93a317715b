"""Put a release into use, or an earlier one back: the last of five steps changes what users see.

The commit is checked, its data is sent to the remote, the folder of the version is filled, the
version is tagged, and the tag of the champion is written. A tag is there or not. Whatever ends a
promotion before the last step leaves the old champion, and the next one goes on from there.
"""

from collections.abc import Callable
from pathlib import Path

from flows.publish.champion_copy import fill_champion, remove_other_champions
from flows.publish.data_push import push_data
from flows.publish.gate_decision import require_consent
from flows.publish.publish_lock import only_promotion
from flows.publish.release_commit import ReleaseCommit, release_at, require_fit_commit
from flows.publish.tag_push import push_tags
from flows.publish.version_choice import (
    earlier_version,
    name_version,
    unknown_version,
    version_of_release,
)
from flows.publish.version_tags import (
    message_of,
    put_into_use,
    register_version,
    require_identity,
)
from tasks.core import paths
from tasks.core.atomic import read_json
from tasks.core.champion import ARTIFACT, ReleaseTags, read_release_tags

Report = Callable[[str], None]


def promote(
    root: Path,
    report: Report,
    *,
    version: str | None = None,
    override: str | None = None,
    git_remote: str | None = None,
) -> str:
    """Put the release of the current commit into use.

    Args:
        root: Root of the repository.
        report: Gets a line for each step.
        version: The version to give to a release that has none; None: the next one.
        override: Why the release goes into use without the consent of the gate.
        git_remote: Remote that gets the tags; None: none.

    Returns:
        The version that is in use now.

    Raises:
        FlowError: A condition is not met; nothing was changed.
        PublishError: The gate refuses, or data or tags could not be sent.
    """
    with only_promotion(root):
        person = require_identity(root)
        release = require_fit_commit(root)
        tags = read_release_tags(root)
        known = version_of_release(root, release, tags)
        name = name_version(version, known, release, tags)
        old = tags.champion
        gate = "" if override or name == old else _consent(root, tags)
        stored = push_data(root)
        report(f"data {stored}")
        fill_champion(root, name, _named(root, name, release, tags))
        if name not in tags.versions:
            notes = _notes(root, stored) | {"Gate": gate, "Override": override or ""}
            message = message_of(f"{ARTIFACT} {name}", notes)
            register_version(root, name, release.commit, message, person)
            report(f"{name} is the version of commit {release.commit[:10]}")
        if name != old:
            why = {"Before": old or "none", "Gate": gate, "Override": override or ""}
            put_into_use(root, name, message_of(f"{ARTIFACT} {name} is in use", why), person)
        return _finish(root, name, old, git_remote, report)


def roll_back(
    root: Path, report: Report, *, version: str | None = None, git_remote: str | None = None
) -> str:
    """Put an earlier version into use again.

    Args:
        root: Root of the repository; its tree and index stay as they are.
        report: Gets a line for each step.
        version: None: the one that was in use before the version of now was first promoted.
        git_remote: Remote that gets the tags; None: none.

    Returns:
        The version that is in use now.

    Raises:
        FlowError: There is no such version, or its files cannot be found; nothing was changed.
        PublishError: The tags could not be sent.
    """
    with only_promotion(root):
        person = require_identity(root)
        tags = read_release_tags(root)
        name = version or earlier_version(tags)
        if name not in tags.versions:
            raise unknown_version(name, tags)
        fill_champion(root, name, release_at(root, tags.versions[name]))
        old = tags.champion
        if name != old:
            why = {"Before": old or "none", "Reason": "rollback"}
            put_into_use(root, name, message_of(f"{ARTIFACT} {name} is in use", why), person)
        return _finish(root, name, old, git_remote, report)


def _consent(root: Path, tags: ReleaseTags) -> str:
    """What the gate says; the folder of the champion is filled, because it is compared."""
    champion = tags.champion
    if champion is None:
        return require_consent(root, None)
    folder = fill_champion(root, champion, release_at(root, tags.versions[champion]))
    return require_consent(root, folder)


def _named(root: Path, name: str, release: ReleaseCommit, tags: ReleaseTags) -> ReleaseCommit:
    """The release under the commit of its version, if it has one already."""
    return release_at(root, tags.versions[name]) if name in tags.versions else release


def _notes(root: Path, stored: str) -> dict[str, str]:
    """What the tag of a version says of its release."""
    released = read_json(paths.release_json(root / paths.RELEASE))
    aurocs = {kind: released[kind]["auroc"] for kind in ("validation", "test")}
    return {
        "Network": released["model"],
        "Films": "synthetic" if released["is_synthetic"] else "",
        **{
            f"Auroc of {kind}": f"{found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
            for kind, found in aurocs.items()
        },
        "Stored": stored,
    }


def _finish(root: Path, name: str, old: str | None, remote: str | None, report: Report) -> str:
    """Send the tags, keep the folders of two versions, and say what is in use."""
    report(f"{name} is in use" + (" already" if name == old else f"; before: {old or 'none'}"))
    if remote:
        push_tags(root, remote)
        report(f"tags sent to {remote}")
    remove_other_champions(root, {name, *([old] if old else [])})
    return name
