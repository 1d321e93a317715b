"""Section `release` of params.yaml."""

from typing import Annotated

from pydantic import Field

from tasks.core.params.section import Section

# No option of git: it begins with no dash
GitName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")]


class ReleaseParams(Section):
    """What happens to a version besides its tags in this repository; no stage reads it.

    branch: whose newest commit an unattended run retrains; its results go to the branch `retrain`.
        null: the branch that is checked out.
    git_remote: name of the git remote that gets the tags of each promotion and rollback; null:
        none, unless `--push` asks for it.
    """

    branch: GitName | None
    git_remote: GitName | None
