"""What the gate decided about a release; without its consent, a reason must be given."""

from pathlib import Path
from typing import Any

from flows.publish.errors import PublishError
from tasks.core import paths
from tasks.core.decision.hashes import hash_file
from tasks.core.errors import TableError
from tasks.core.json_form import read_form

_RELEASE_FORM = {"release_sha256": str}
_GATE_FORM = {
    "decision": str,
    "headline": str,
    "reasons": [str],
    "champion": (None, _RELEASE_FORM),
    "challenger": _RELEASE_FORM,
}
_CONSENT = ("promote", "first")


def require_consent(root: Path, champion: Path | None) -> str:
    """Check that the gate let exactly this release pass against the champion of now.

    Args:
        root: Root of the repository; its data/classifier is the release.
        champion: Folder of the version in use.

    Returns:
        The decision with its headline.

    Raises:
        PublishError: The gate has not decided, decided about other networks, or refused.
    """
    decided = _read(root)
    other = _other_network(decided, root, champion)
    if other:
        raise _no_consent(f"a decision about another network than {other}", root, _AGAIN)
    if decided["decision"] not in _CONSENT:
        found = f"{decided['decision']}: {'; '.join(decided['reasons'])}"
        raise _no_consent(
            found,
            root,
            "Improve the network, or say why it must go into use all the same: --override REASON.",
        )
    return f"{decided['decision']}: {decided['headline']}"


def is_decided(root: Path, champion: Path | None) -> bool:
    """Whether the gate has decided about the release of now and the champion of now."""
    try:
        return not _other_network(_read(root), root, champion)
    except PublishError:
        return False


def decision_on_release(root: Path) -> tuple[str, str] | None:
    """The decision about the release of now, and its headline; None if the gate judged no such one.

    A release that is in use already is not judged again, so the file may be about another network.
    """
    release = paths.release_json(root / paths.RELEASE)
    try:
        judged = _read(root)["challenger"]["release_sha256"]
    except PublishError:
        return None
    is_release = release.exists() and judged == hash_file(release)
    return describe_decision(root) if is_release else None


def describe_decision(root: Path) -> tuple[str, str]:
    """The decision of the gate, and its headline.

    Raises:
        PublishError: There is none.
    """
    decided = _read(root)
    return decided["decision"], decided["headline"]


def _other_network(decided: Any, root: Path, champion: Path | None) -> str:
    """Which of the two networks is another one than the gate compared; empty if none is."""
    pairs = {
        "the release": (decided["challenger"], root / paths.RELEASE),
        "the version in use": (decided["champion"], champion),
    }
    for name, (judged, folder) in pairs.items():
        if (judged or {}).get("release_sha256") != _identity(folder):
            return name
    return ""


_AGAIN = "Run `python -m flows.retrain`, which ends with the gate; then type the command again."


def _read(root: Path) -> Any:
    path = root / paths.GATE_JSON
    try:
        return read_form(path, _GATE_FORM)
    except FileNotFoundError as error:
        raise _no_consent("no decision", root, _AGAIN) from error
    except TableError as error:
        raise _no_consent(error.found, root, _AGAIN) from error


def _identity(folder: Path | None) -> str | None:
    """Hash of the file that holds the hash of each other file of a release."""
    return None if folder is None else hash_file(paths.release_json(folder))


def _no_consent(found: str, root: Path, next_step: str) -> PublishError:
    return PublishError(
        "The gate must let exactly this release pass before it goes into use.",
        found=found,
        where=str(root / paths.GATE_JSON),
        next_step=next_step,
    )
