"""Run the pipeline twice, in two fresh clones that differ in all that must not matter; compare.

One clone runs through the flow, the other through `dvc repro`. They lie in different folders and
have other numbers of workers and cores, locale, umask, time zone, hash seed and order of the files
in a folder. dvc.lock and every artifact must be equal to the byte, pages included. The last commit
is cloned; changes since are left out.

Run:   python -m flows.repeatability   (or `make verify`; some minutes)
Exit:  0 all is equal; 1 something differs, or a run failed; 2 it could not start; 130 interrupted
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tasks.core.errors import LunglineError


def main(argv: list[str] | None = None) -> int:
    """Make the clones, run both, print what differs; return the exit code."""
    arguments = _parse(argv)
    from flows.repeatability.clones import DIFFERENT, make_clones, run_clone
    from flows.repeatability.differences import compare_clones

    made = None if arguments.folder else tempfile.mkdtemp(prefix="lungline-verify-")
    folder = Path(made or arguments.folder).absolute()
    code = 2  # until both clones are made
    try:
        clones = make_clones(Path.cwd(), folder, is_small=not arguments.full)
        code = 1
        for clone, surroundings in zip(clones, DIFFERENT, strict=True):
            sys.stdout.write(f"{clone.name}: {surroundings.told}\n")
            sys.stdout.flush()
            run_clone(clone, surroundings)
        found = compare_clones(clones[0], clones[1])
    except LunglineError as error:
        sys.stderr.write(f"ERROR: {error}\n")
        return code
    except KeyboardInterrupt:
        return 130
    sys.stdout.write("\n".join(found.lines()) + "\n")
    if made and not found.differences:
        shutil.rmtree(made)
    return 1 if found.differences else 0


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m flows.repeatability",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--folder", type=Path, help="new folder for the clones, which stay (default: a temporary)"
    )
    parser.add_argument(
        "--full", action="store_true", help="all films and epochs of params.yaml, not a few"
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
