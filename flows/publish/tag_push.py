"""Send the tags of all versions to a git remote."""

from pathlib import Path

from flows.dag import FlowError
from flows.git_command import run_git
from flows.publish.errors import PublishError
from tasks.core.champion import ARTIFACT, IN_USE


def push_tags(root: Path, remote: str) -> None:
    """Send the tags of all versions, all of them or none.

    Raises:
        PublishError: The remote cannot be reached, or it has another commit under one of the tags.
    """
    tags = [f"refs/tags/{ARTIFACT}@*", f"refs/tags/{ARTIFACT}#{IN_USE}*"]
    try:
        run_git(root, "push", "--atomic", remote, *(f"{tag}:{tag}" for tag in tags))
    except FlowError as error:
        raise PublishError(
            "The tags of the versions must reach the git remote.",
            found=error.found,
            where=f"{remote}; here the version is in use",
            next_step="Type the command again when the remote answers. If it has another commit"
            " under a tag, someone promoted at the same time: `git fetch --tags` shows theirs.",
        ) from error
