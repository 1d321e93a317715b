"""Rollback: put an earlier version into use again, by default the one before.

One more tag of git names it; no file in git changes, and nothing is trained. Its files come from
DVC's cache, or from the DVC remote.

Reads       the tags of git, dvc.lock of the version
Writes      data/champions/VERSION/; the tag classifier#champion#N
Params      release
Fails when  there is no such version, none was in use before, its files are neither in the cache nor
            in the remote, git has no name for you, or another promotion runs
Run         python -m flows.rollback [VERSION] [--push]
Exit        0 the version is in use; 1 the tags could not be sent; 2 a condition is not met;
            130 interrupted
"""

import argparse
import sys

from flows.publish.command import publish_parser, run_publish, say


def main(argv: list[str] | None = None) -> int:
    """Roll back; return the exit code."""
    return run_publish(_roll_back, publish_parser("rollback", __doc__).parse_args(argv))


def _roll_back(arguments: argparse.Namespace) -> None:
    from flows.publish.promotion import roll_back

    roll_back(arguments.root, say, version=arguments.version, git_remote=arguments.push)


if __name__ == "__main__":
    sys.exit(main())
