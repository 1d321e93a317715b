"""Write the phantom: a synthetic set of chest films in Kaggle's layout, with the truth.

Reads nothing. Writes, below the given folder:

    kaggle/chest_xray/{train,val,test}/{NORMAL,PNEUMONIA}/<film>.jpeg
    kaggle/chest_xray/SYNTHETIC.txt   says that the films are synthetic
    masks/<film>_<k>.png   one per opacity, 0 or 255, in the size of the film
    lungs/<film>.png       both lungs, 0 or 255
    truth.csv, README.md, phantom.json

It is a stage of the dvc.yaml beside it: `dvc repro` runs it if `ingest.source` is in data/phantom.
Fails when that folder holds anything else than a phantom, or cannot be written.
Run: python -m tasks.core.phantom [--out data/phantom] [--seed 0] [--films 640]
"""

import argparse
import logging
import sys
from pathlib import Path

from tasks.core import paths, stage
from tasks.core.errors import LunglineError
from tasks.core.phantom.plan import PhantomSettings
from tasks.core.phantom.write import write_phantom

logger = logging.getLogger(__name__)


def main() -> None:
    """Read the command line, write the phantom, log its counts."""
    arguments = _arguments()
    stage.end_with_parent()
    form = "[phantom] %(message)s"
    logging.basicConfig(level=logging.INFO, format=form, stream=sys.stderr, force=True)
    try:
        settings = PhantomSettings(arguments.seed)
        if arguments.films is not None:
            settings = PhantomSettings.of_size(arguments.films, arguments.seed)
        summary = write_phantom(arguments.out, settings)
    except LunglineError as error:
        sys.exit(f"[phantom] ERROR: {error}")
    except KeyboardInterrupt:
        logger.error("interrupted; no incomplete file was left")
        sys.exit(130)
    verb = "wrote" if summary.written else "unchanged:"
    counts = f"{summary.n_normal} normal, {summary.n_bacteria} bacteria, {summary.n_virus} virus"
    whole = f"{summary.n_films} synthetic films of {summary.n_patients} patients"
    logger.info("%s %s (%s) in %s", verb, whole, counts, arguments.out)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tasks.core.phantom",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--out", type=Path, default=paths.PHANTOM)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--films", type=int, help="number of films, 16 or more (default 640)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
