"""Promote: give the release of this commit a version, and put it into use.

The gate must have let exactly this release pass (`python -m flows.retrain` ends with it), or
`--override` says why it is not asked; the reason is kept in the tags. The data goes to the DVC
remote first. Kill it at any moment: either the old version or the new one is in use, whole, and
the same command goes on.

Reads       dvc.lock of the commit, reports/gate.json, the tags of git
Writes      data/champions/VERSION/; the tags classifier@VERSION and classifier#champion#N
Params      release
Fails when  a file in git differs from the commit, no branch is checked out, the release is not up
            to date, the gate refuses, git has no name for you, the version is taken, the data
            cannot reach the DVC remote, or another promotion runs
Run         python -m flows.promote [VERSION] [--override REASON] [--push]; --list
Exit        0 the version is in use; 1 refused, or something could not be sent; 2 a condition is
            not met; 130 interrupted
"""

import argparse
import sys

from flows.publish.command import publish_parser, run_publish, say


def main(argv: list[str] | None = None) -> int:
    """Promote or list; return the exit code."""
    parser = publish_parser("promote", __doc__)
    parser.add_argument(
        "--override", metavar="REASON", help="promote without the consent of the gate"
    )
    parser.add_argument("--list", action="store_true", help="list all versions and stop")
    arguments = parser.parse_args(argv)
    if arguments.override is not None and not arguments.override.strip():
        parser.error("--override needs a reason in words")
    return run_publish(_list if arguments.list else _promote, arguments)


def _promote(arguments: argparse.Namespace) -> None:
    from flows.publish.promotion import promote

    promote(
        arguments.root,
        say,
        version=arguments.version,
        override=arguments.override,
        git_remote=arguments.push,
    )


def _list(arguments: argparse.Namespace) -> None:
    from flows.publish.version_table import version_table

    say(version_table(arguments.root))


if __name__ == "__main__":
    sys.exit(main())
