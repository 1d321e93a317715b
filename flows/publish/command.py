"""What `flows.promote` and `flows.rollback` share: their arguments, messages and exit codes."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from flows.program import program_parser, run_until_stopped

PublishWork = Callable[[argparse.Namespace], None]


def publish_parser(program: str, doc: str | None) -> argparse.ArgumentParser:
    """A parser with the arguments that both programs take."""
    parser = program_parser(program, doc)
    parser.add_argument("version", nargs="?", metavar="VERSION", help="such as v0.2.0")
    parser.add_argument(
        "--push",
        nargs="?",
        const="origin",
        metavar="REMOTE",
        help="send the tags to a git remote (origin; default: release.git_remote)",
    )
    parser.add_argument(
        "--root", type=Path, default=Path(), metavar="DIR", help="repository (default: here)"
    )
    return parser


def run_publish(work: PublishWork, arguments: argparse.Namespace) -> int:
    """Do the work in the root of the repository, and return the exit code.

    1: refused or not sent. 2: a condition is not met, and nothing was changed. 130: interrupted.
    """

    def publish() -> int:
        # DVC takes half a second to import, so `--help` is answered first
        from flows.publish.errors import PublishError

        try:
            arguments.root = _project_root(arguments.root)
            arguments.push = arguments.push or _git_remote(arguments.root)
            work(arguments)
        except PublishError as error:
            sys.stderr.write(f"ERROR: {error}\n")
            return 1
        return 0

    return run_until_stopped(publish, "stopped; the same command goes on from there")


def say(line: str) -> None:
    """Print a line of progress at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _project_root(folder: Path) -> Path:
    """The folder or its nearest parent with `.dvc`; a broken dvc.yaml must not stop a rollback."""
    from flows.dag import FlowError

    for place in (folder.absolute(), *folder.absolute().parents):
        if (place / ".dvc").is_dir():
            return place
    raise FlowError(
        "Versions belong to a DVC project.",
        found="no `.dvc` folder here or in a parent folder",
        where=str(folder.absolute()),
        next_step="Type the command in the project, or name its folder with `--root`.",
    )


def _git_remote(root: Path) -> str | None:
    """The git remote that params.yaml names."""
    from tasks.core import paths
    from tasks.core.params import load_params

    return load_params(root / paths.PARAMS).release.git_remote
